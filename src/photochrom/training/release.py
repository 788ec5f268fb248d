"""The authors' released PyTorch weights, brought into the runtime's form.

The release decodes with a softmax and no temperature, while the paper anneals with T = 0.38 and the released Caffe
graph multiplies the logits by 2.606 first. Whether that factor was folded into the last layer of the PyTorch file is
documented nowhere, so it is read off the file: unfolded, the last layer's weights have a standard deviation of 0.0416
(in the Caffe weights); folded it would be 2.606 times that.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import torch

from photochrom.networks.eccv16 import ECCV16, SIZE_MULTIPLE, decoding_weight
from photochrom.training.export import Description, export_network, noise_lightness

FOLDED_SCALE = 2.606
UNFOLDED_SPREAD = 0.04157  # standard deviation of conv8_313's weights in the released Caffe model
KNOWN_FILES = {
    "9b330a0bae53f4ded77b1e23defbf78beaa09c10ebc4c4999e8e4f4a160b93f9": "colorization_release_v2-9b330a0b.pth",
}
CHOICES = ("auto", "folded", "not-folded")


class ReleaseError(Exception):
    """A file that is not the released network; the message says what differs."""


def import_release(pth: Path, out: Path, *, annealed: str = "auto") -> dict[str, Any]:
    """Turn a state dict with the released names into an ONNX file for the runtime.

    Args:
        pth: the released file, or one with the same names and shapes.
        out: the ONNX file to write.
        annealed: whether 2.606 is folded into the last layer: `folded`, `not-folded`, or `auto` to decide by the file.
            Folded logits are divided by 2.606, so that T keeps the paper's meaning for either.
    Returns: what was written, and `known` (the published file's name or None), `annealed`, `spread` (the standard
        deviation it was decided by), `decoding` (`bins`, or `other` where model_out is not the table of bins).

    Raises:
        ReleaseError: no such file, no state dict, or other names or shapes.
    """
    if annealed not in CHOICES:
        raise ReleaseError(f"annealed must be one of {', '.join(CHOICES)}, got {annealed!r}")
    network = ECCV16()
    try:
        sha256 = hashlib.sha256(pth.read_bytes()).hexdigest()
        state = torch.load(pth, map_location="cpu", weights_only=True)
        network.load_state_dict(state, strict=True)
    except OSError as error:
        raise ReleaseError(f"cannot read {pth}: {error.strerror}") from error
    except Exception as error:  # torch.load raises whatever its unpickler does
        reason = " ".join(str(error).split())[:200]
        raise ReleaseError(
            f"{pth} is not the released eccv16 state dict (82 names, model1.0.weight ...): {reason}"
        ) from error
    spread = float(network.model8[6].weight.detach().std())
    folded = is_folded(spread) if annealed == "auto" else annealed == "folded"
    description = Description(
        system="eccv16",
        size_multiple=SIZE_MULTIPLE,
        license="BSD-2-Clause (the authors' release)",
        training={"source": pth.name, "sha256": sha256, "folded": folded},
    )
    written = export_network(network, out, description, [noise_lightness()], scale=1 / FOLDED_SCALE if folded else 1.0)
    decodes = torch.allclose(network.model_out.weight, decoding_weight(), atol=1e-3)
    return {
        **written,
        "known": KNOWN_FILES.get(sha256),
        "annealed": "folded" if folded else "not-folded",
        "spread": spread,
        "decoding": "bins" if decodes else "other",
    }


def is_folded(spread: float) -> bool:
    """Whether a standard deviation of the last layer's weights is nearer (as a ratio) to the folded value.

    Example:
        >>> is_folded(0.0416), is_folded(0.108)
        (False, True)
    """
    return spread > UNFOLDED_SPREAD * math.sqrt(FOLDED_SCALE)
