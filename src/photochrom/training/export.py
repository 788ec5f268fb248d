"""From a run, or any network, to the one file that the runtime reads: an ONNX graph that describes itself.

The graph holds the choice of color, so that the common path never brings 313 channels out of the runtime. A system with
a point estimate (a regression, or hue and chroma) becomes a graph of lightness to ab alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

import photochrom
from photochrom.color.ab_bins import ab_bins, rarity_weights
from photochrom.color.distribution import DEFAULT_TEMPERATURE, check_temperature
from photochrom.training.checkpoint import Run, write_whole
from photochrom.training.graph import AnnealedNetwork, PointNetwork, compare, write_graph
from photochrom.training.objectives import Objective
from photochrom.training.systems import load_run, prediction_layer, size_multiple

LARGEST_DIFFERENCE = 0.05  # ab units between PyTorch and ONNX Runtime, in float32


class ExportError(Exception):
    """An export whose file does not do what the network does; nothing is written."""


@dataclass(frozen=True)
class Description:
    """What a file says of itself, as strings under `photochrom.` in its metadata.

    `output` is `distribution` or `point`; a point estimate has no bins, and no temperature changes it.
    """

    system: str
    size_multiple: int
    license: str
    training: dict[str, Any]
    prior_sha256: str = ""
    default_temperature: float = DEFAULT_TEMPERATURE
    output: str = "distribution"

    def metadata(self) -> dict[str, str]:
        """The metadata entries."""
        entries = {
            "photochrom.format": "1",
            "photochrom.version": photochrom.__version__,
            "photochrom.system": self.system,
            "photochrom.output": self.output,
            "photochrom.stride": "4",
            "photochrom.size_multiple": str(self.size_multiple),
            "photochrom.default_temperature": str(self.default_temperature),
            "photochrom.license": self.license,
            "photochrom.training": json.dumps(self.training, sort_keys=True),
            "photochrom.prior_sha256": self.prior_sha256,
        }
        if self.output == "distribution":
            entries["photochrom.bins"] = json.dumps(ab_bins().astype(int).tolist(), separators=(",", ":"))
        return entries


def export_run(
    run: Path,
    out: Path,
    *,
    quantize: bool = False,
    calibration: Path | None = None,
    license: str = "not stated",
    moderation: float = 0.0,
    temperature: float = DEFAULT_TEMPERATURE,
    average: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write the averaged weights of a run as an ONNX file.

    Args:
        run: the run's folder.
        out: the file to write.
        quantize: to 8-bit integers, with photographs of `calibration` to choose the ranges.
        calibration: Parquet file or folder of photographs; also what the file is checked on. Without it the check uses
            the held-out photographs kept with the run, and quantizing is refused.
        license: of the weights, as the file will state it.
        moderation: how much of the rarity weighting is taken back, 0..1, see `moderate`.
        temperature: of the annealed mean, in (0, 1], where the file's user names none.
        average: other runs, one begun from another, whose weights are averaged with this one's, all alike.
    Returns: what was written: bytes, sha256, and the largest and mean difference of ab from PyTorch.

    Raises:
        RunError: not a run, or one without a checkpoint.
        ExportError: ONNX Runtime disagrees with PyTorch, or photographs to calibrate with are missing.
        ValueError: a temperature outside (0, 1].
    """
    check_temperature(temperature)
    if quantize and calibration is None:
        raise ExportError("quantizing needs photographs to choose its ranges by: add --calibration FOLDER")
    folder = Run(run)
    settings, data = folder.settings(), folder.data()
    network, objective = load_run(run)
    if average:
        network.load_state_dict(average_weights([folder, *(Run(other) for other in average)]))
    if objective.is_point and moderation:
        raise ExportError(
            f"moderation={moderation:g} takes back a rarity weighting, and {settings.objective} has none; leave it out"
        )
    if not objective.is_point:
        moderate(network, rarity_weights(folder.prior(), settings.uniform_share), moderation)
    description = Description(
        system=settings.system,
        output="point" if objective.is_point else "distribution",
        default_temperature=temperature,
        size_multiple=size_multiple(settings.system),
        license=license,
        training={
            "data": data,
            "recipe": dataclasses.asdict(settings),
            "moderation": moderation,
            "averaged with": [
                {"data": Run(o).data(), "recipe": dataclasses.asdict(Run(o).settings())} for o in average
            ],
        },
        prior_sha256="" if objective.is_point else hashlib.sha256(folder.prior().tobytes()).hexdigest(),
    )
    photographs = read_lightness(calibration) if calibration else [photo[None] for photo in folder.photographs()]
    return export_network(network, out, description, photographs, objective=objective, quantize=quantize)


def average_weights(runs: Sequence[Run]) -> dict[str, Tensor]:
    """The mean of the runs' weights, float for float; a single run's own.

    Between a run and one begun from it the mean is often as good as the better on each kind of photograph.

    Raises: ExportError for runs of different systems.
    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903.
    """
    kinds = {f"{told.system} ({told.objective})" for told in (run.settings() for run in runs)}
    if len(kinds) > 1:
        raise ExportError(f"runs of {' and '.join(sorted(kinds))} cannot be averaged; name runs of one system")
    weights = [run.weights() for run in runs]
    return {
        name: torch.stack([each[name] for each in weights]).mean(dim=0) if value.is_floating_point() else value
        for name, value in weights[0].items()
    }


def moderate(network: nn.Module, rarity: np.ndarray, moderation: float) -> None:
    """Take back a part of the rarity weighting from a trained network, in place, without training again.

    A loss weighed by w teaches probabilities in proportion to w p; `logits - m log w` divides them by w^m. 0 leaves the
    network as trained, 1 gives what it would have learned unweighted, in between common colors gain on rare ones.

    Args:
        network: a system over the bins.
        rarity: float32 [Q], the weights it was trained with.
        moderation: m in 0..1.
    Raises: ExportError for m outside 0..1.
    Source: Menon et al. 2021, "Long-tail learning via logit adjustment", arXiv:2007.07314, section 4.
    """
    if not 0 <= moderation <= 1:
        raise ExportError(f"moderation must lie in 0..1, got {moderation:g}; 0 leaves the colors as they were learned")
    with torch.no_grad():
        prediction_layer(network).bias -= moderation * torch.from_numpy(rarity).log()


def export_network(
    network: nn.Module,
    out: Path,
    description: Description,
    photographs: list[np.ndarray],
    *,
    objective: Objective | None = None,
    scale: float = 1.0,
    quantize: bool = False,
) -> dict[str, Any]:
    """Write any network as an ONNX file, checked against PyTorch.

    Args:
        network: lightness to logits over the bins, or to what `objective` makes a color of.
        out: the file to write.
        description: what the file will say of itself.
        photographs: float32 [1, 1, H, W] each, to check on, and to choose the ranges of 8-bit layers by.
        objective: what the network was trained for; None for a network over the bins.
        scale: see `AnnealedNetwork`.
        quantize: to 8-bit layers.
    Raises: ExportError where ONNX Runtime disagrees with PyTorch; nothing is written then.
    """
    is_point = objective is not None and objective.is_point
    whole = (PointNetwork(network, objective) if is_point else AnnealedNetwork(network, scale=scale)).eval()
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        write_graph(whole, exact, photographs[0])
        differences = compare(whole, exact, photographs)
        if not differences["largest"] < LARGEST_DIFFERENCE:
            raise ExportError(
                f"ONNX Runtime differs from PyTorch by {differences['largest']:.3f} ab units where at most "
                f"{LARGEST_DIFFERENCE} is rounding: nothing was written; report it with the version of onnxruntime"
            )
        file = exact
        if quantize:
            from photochrom.training.quantize import quantize_graph

            file = Path(folder) / "quantized.onnx"
            quantize_graph(exact, file, photographs)
            description = replace(description, training={**description.training, "quantized": "int8"})
        graph = onnx.load(file)
        onnx.helper.set_model_props(graph, description.metadata())
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, lambda path: onnx.save(graph, path))
    written = out.read_bytes()
    result = {"file": str(out), "bytes": len(written), "sha256": hashlib.sha256(written).hexdigest()}
    return {**result, "float32": differences, **({"int8": compare(whole, out, photographs)} if quantize else {})}


def read_lightness(source: Path, *, count: int = 48, size: int = 256) -> list[np.ndarray]:
    """The lightness of the middle squares of photographs, float32 [1, 1, size, size] each."""
    from photochrom.data.crops import center_squares
    from photochrom.data.decoding import decode_all
    from photochrom.data.sources import read_source
    from photochrom.training.targets import lightness_and_ab

    squares = center_squares(decode_all(islice(read_source(source), count), short_side=size), size)
    lightness, _ = lightness_and_ab(squares, target="mean")
    return [photograph[None].numpy() for photograph in lightness]


def noise_lightness(size: int = 256) -> np.ndarray:
    """A smooth random picture, float32 [1, 1, size, size] in 0..100, for a check where no photographs are at hand."""
    coarse = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 100
    return nn.functional.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 100).numpy()
