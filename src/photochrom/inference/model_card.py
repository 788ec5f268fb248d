"""What an exported network says about itself in the metadata of its ONNX file.

The file is the model: weights from a stranger work without an entry in the registry, because system, bins, stride and
default temperature travel inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from photochrom.color.distribution import check_temperature
from photochrom.inference.weights import WeightsError
from photochrom.inference.working_size import SIZE_MULTIPLE

PREFIX = "photochrom."
FORMAT = "1"  # of the metadata; a file of another format is refused rather than guessed at


@dataclass(frozen=True)
class ModelCard:
    """The metadata of one exported network."""

    system: str  # a row of the paper's table: "lite", "eccv16", ...
    output: Literal["distribution", "point"]  # 313 logits and ab, or ab alone
    bins: npt.NDArray[np.float32] | None  # [Q, 2] ab centers in the logits' order; None for a point estimate
    stride: int  # pixels of lightness to one of ab, along each side
    size_multiple: int  # height and width of the input are multiples of this
    default_temperature: float  # in (0, 1]
    license: str  # of the weights
    training: Mapping[str, Any]  # recipe and data manifest
    prior_sha256: str  # of the prior behind the rarity weights; "" where none was used


def read_model_card(metadata: Mapping[str, str], *, name: str) -> ModelCard:
    """Check an ONNX file's metadata and give it types.

    Args:
        metadata: the file's string properties, keys prefixed `photochrom.`.
        name: of the file, for messages.
    Raises: WeightsError, in one line, for metadata that is missing, of another format, or does not make sense.

    Example:
        >>> read_model_card({}, name="some.onnx")
        Traceback (most recent call last):
        ...
        photochrom.inference.weights.WeightsError: some.onnx is an ONNX file but not one of photochrom's ...
    """
    if PREFIX + "format" not in metadata:
        raise WeightsError(
            f"{name} is an ONNX file but not one of photochrom's (its metadata has no {PREFIX}format); "
            f"export it with `photochrom export` or `photochrom weights import`"
        )
    if metadata[PREFIX + "format"] != FORMAT:
        raise WeightsError(
            f"{name} has metadata of format {metadata[PREFIX + 'format']}, this photochrom reads format {FORMAT}; "
            f"install the photochrom that exported it, or export it again"
        )
    try:
        return _typed(metadata)
    except KeyError as error:
        raise WeightsError(f"{name} lacks {error.args[0]} in its metadata; export it again") from None
    except (ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise WeightsError(f"{name} has metadata that does not make sense ({reason}); export it again") from None


def _typed(metadata: Mapping[str, str]) -> ModelCard:
    output = metadata[PREFIX + "output"]
    if output not in ("distribution", "point"):
        raise ValueError(f"{PREFIX}output is {output!r}, not 'distribution' or 'point'")
    bins = None
    if output == "distribution":
        bins = np.asarray(json.loads(metadata[PREFIX + "bins"]), dtype=np.float32)
        if bins.ndim != 2 or bins.shape[1] != 2 or not np.isfinite(bins).all():
            raise ValueError(f"{PREFIX}bins must be a list of [a, b], got shape {bins.shape}")
    stride, size_multiple = int(metadata[PREFIX + "stride"]), int(metadata[PREFIX + "size_multiple"])
    if stride < 1 or size_multiple < 1 or size_multiple % stride or SIZE_MULTIPLE % size_multiple:
        raise ValueError(
            f"{PREFIX}stride {stride} must divide {PREFIX}size_multiple {size_multiple}, and that {SIZE_MULTIPLE}"
        )
    temperature = float(metadata[PREFIX + "default_temperature"])
    check_temperature(temperature)
    training = json.loads(metadata.get(PREFIX + "training") or "{}")
    if not isinstance(training, dict):
        raise ValueError(f"{PREFIX}training must be a JSON object, got {type(training).__name__}")
    return ModelCard(
        system=metadata[PREFIX + "system"],
        output="distribution" if output == "distribution" else "point",
        bins=bins,
        stride=stride,
        size_multiple=size_multiple,
        default_temperature=temperature,
        license=metadata.get(PREFIX + "license", ""),
        training=training,
        prior_sha256=metadata.get(PREFIX + "prior_sha256", ""),
    )
