"""A network with its choice of color behind it, as an ONNX graph: written, and compared with PyTorch.

The annealed mean is computed with the bins on the last axis, where ONNX Runtime's softmax is some twenty times faster
than on axis 1.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from photochrom.color.ab_bins import ab_bins
from photochrom.training.objectives import Objective

OPSET = 18
CHECK_TEMPERATURES = (0.38, 1.0)
CHECK_COUNT = 8  # photographs


class AnnealedNetwork(nn.Module):
    """A network over the bins with the annealed mean behind it.

    Args:
        network: lightness [N, 1, H, W] to logits [N, Q, H/4, W/4].
        scale: what the logits are multiplied by first, where a network was made for another reading of T.
    """

    inputs = ("lightness", "temperature")
    outputs = ("ab", "logits")

    def __init__(self, network: nn.Module, *, scale: float = 1.0) -> None:
        super().__init__()
        self.network, self.scale = network, scale
        self.register_buffer("bins", torch.from_numpy(np.array(ab_bins())))

    def forward(self, lightness: Tensor, temperature: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness float32 [N, 1, H, W] and a scalar T to ab [N, 2, H/4, W/4] and logits [N, Q, H/4, W/4]."""
        logits = self.network(lightness)
        if self.scale != 1.0:
            logits = logits * self.scale
        shares = torch.softmax(logits.permute(0, 2, 3, 1) / temperature, dim=-1)
        return torch.matmul(shares, self.bins).permute(0, 3, 1, 2), logits


class PointNetwork(nn.Module):
    """A network with a point estimate behind it: a regression's, or that of hue and chroma.

    Args:
        network: lightness [N, 1, H, W] to [N, outputs, H/4, W/4].
        objective: what it was trained for.
    """

    inputs = ("lightness",)
    outputs = ("ab",)

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network, self.objective = network, objective

    def forward(self, lightness: Tensor) -> tuple[Tensor]:
        """Lightness float32 [N, 1, H, W] to ab [N, 2, H/4, W/4]."""
        return (self.objective.colors(self.network(lightness), lightness, 1.0),)


def write_graph(whole: AnnealedNetwork | PointNetwork, file: Path, example: np.ndarray) -> None:
    """Trace a network into an ONNX file with free batch, height and width; example: float32 [1, 1, H, W]."""
    lightness = torch.from_numpy(example).repeat(2, 1, 1, 1)
    free = {0: torch.export.Dim("n"), 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}
    takes_temperature = "temperature" in whole.inputs
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of torchvision, which nothing here needs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch about its own parts
        program = torch.onnx.export(
            whole,
            (lightness, torch.tensor(0.38)) if takes_temperature else (lightness,),
            input_names=list(whole.inputs),
            output_names=list(whole.outputs),
            dynamic_shapes=(free, {}) if takes_temperature else (free,),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.save(str(file), external_data=False)


def compare(whole: AnnealedNetwork | PointNetwork, file: Path, photographs: Iterable[np.ndarray]) -> dict[str, float]:
    """The largest and mean |ab| difference between PyTorch and ONNX Runtime."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    differences = []
    for lightness in islice(photographs, CHECK_COUNT):
        for temperature in CHECK_TEMPERATURES if "temperature" in whole.inputs else (None,):
            # ONNX Runtime takes no NumPy scalar, but an array of no dimensions.
            rest = [] if temperature is None else [np.array(temperature, np.float32)]
            values = [lightness, *rest]
            found = session.run(["ab"], dict(zip(whole.inputs, values, strict=True)))[0]
            with torch.inference_mode():
                wanted = whole(*(torch.from_numpy(value) for value in values))[0]
            differences.append(np.abs(found - wanted.numpy()))
    largest = max(float(difference.max()) for difference in differences)
    return {"largest": largest, "mean": float(np.mean([difference.mean() for difference in differences]))}
