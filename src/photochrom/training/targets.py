"""What a batch of photographs asks of a network: lightness in, the soft encoding of its colors out. All on the device.

The 313 values of the soft encoding are never written out: a color is its k nearest bins and their weights, looked up in
a table over the ab plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from photochrom.color.ab_bins import encoding_table
from photochrom.data.lightness_and_ab import STRIDE, lightness_and_ab_on_cpu
from photochrom.training.reduction import has_color
from photochrom.training.srgb import srgb_to_lab

GRAY_LIMIT = 5.0  # a photograph with no |a| or |b| above this says nothing of color (the released NonGrayMask)


@dataclass(frozen=True)
class Targets:
    """The soft encoding of a batch, and how much each place counts.

    Attributes:
        indices: int64 [N, h, w, k], the nearest bins, the very nearest first.
        weights: float32 [N, h, w, k], sums to 1 over k.
        colored: float32 [N, 1, 1]: 0 for a photograph without color, else 1.
    """

    indices: Tensor
    weights: Tensor
    colored: Tensor


class TargetEncoder:
    """Turns ab into `Targets` by a table kept on the device.

    Args:
        neighbors: bins that share a color.
        sigma: width of the Gaussian, ab units.
        device: where the table is kept and the work is done.
    """

    def __init__(self, *, neighbors: int, sigma: float, device: torch.device) -> None:
        table = encoding_table(neighbors, sigma)
        self.low, self.step, self.side = table.low, table.step, len(table.indices)
        self.indices = torch.from_numpy(np.array(table.indices)).reshape(-1, neighbors).to(device)
        self.weights = torch.from_numpy(np.array(table.weights)).reshape(-1, neighbors).to(device)

    def encode(self, ab: Tensor) -> Targets:
        """ab: float [N, 2, h, w], not scaled; in float32, since a shorter type cannot number the table's cells."""
        cell = ((ab.float() - self.low) / self.step).round_().clamp_(0, self.side - 1)
        place = torch.add(cell[:, 1], cell[:, 0], alpha=self.side).long()  # [N, h, w]; exact, far below 2**24
        # index_select takes whole rows: on a CPU several times faster than indexing with brackets.
        indices = self.indices.index_select(0, place.flatten()).reshape(*place.shape, -1)
        weights = self.weights.index_select(0, place.flatten()).reshape(*place.shape, -1)
        return Targets(indices, weights, has_color(ab, GRAY_LIMIT))


def lightness_and_ab(rgb: Tensor, *, target: str) -> tuple[Tensor, Tensor]:
    """What the network sees and what it should say, on the device where the photographs are.

    On a CPU the tables of `color.lab` do it, in a fraction of the time of the same formulas in PyTorch.

    Args:
        rgb: uint8 [N, 3, H, W], sRGB, H and W multiples of 4.
        target: `mean` or `point`, see `Settings.target`.
    Returns: lightness float32 [N, 1, H, W] in 0..100 and ab float32 [N, 2, H/4, W/4].
    """
    split = lightness_and_ab_on_cpu if rgb.device.type == "cpu" else lightness_and_ab_by_formula
    return split(rgb, target=target)


def lightness_and_ab_by_formula(rgb: Tensor, *, target: str) -> tuple[Tensor, Tensor]:
    """The same on any device, in PyTorch; the two agree to 0.002."""
    lab = srgb_to_lab(rgb.float() / 255)
    ab = lab[:, 1:]
    small = F.avg_pool2d(ab, STRIDE) if target == "mean" else ab[:, :, ::STRIDE, ::STRIDE]
    return lab[:, :1], small.contiguous()
