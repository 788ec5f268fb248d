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
from photochrom.color.lab import RGB_TO_XYZ, WHITE

STRIDE = 4  # of the target
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
        """ab: float32 [N, 2, h, w], not scaled."""
        cell = ((ab - self.low) / self.step).round().clamp(0, self.side - 1).long()
        place = cell[:, 0] * self.side + cell[:, 1]  # [N, h, w]
        colored = (ab.abs().amax(dim=(1, 2, 3)) > GRAY_LIMIT).float()[:, None, None]
        return Targets(self.indices[place], self.weights[place], colored)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Turn sRGB uint8 [N, 3, H, W] into Lab float32 of the same shape: the conversion of `color.lab`, on a device."""
    values = rgb.float() / 255
    linear = torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    to_relative = torch.from_numpy((RGB_TO_XYZ / WHITE[:, None]).astype(np.float32)).to(rgb.device)
    relative = torch.einsum("ij,njhw->nihw", to_relative, linear)
    bend = (6 / 29) ** 3
    f = torch.where(relative > bend, relative.clamp_min(bend) ** (1 / 3), relative * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = f.unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lightness_and_ab(rgb: Tensor, *, target: str) -> tuple[Tensor, Tensor]:
    """What the network sees and what it should say.

    Args:
        rgb: uint8 [N, 3, H, W], H and W multiples of 4.
        target: `mean` or `point`, see `Settings.target`.
    Returns: lightness float32 [N, 1, H, W] in 0..100 and ab float32 [N, 2, H/4, W/4].
    """
    lab = rgb_to_lab(rgb)
    ab = lab[:, 1:]
    small = F.avg_pool2d(ab, STRIDE) if target == "mean" else ab[:, :, ::STRIDE, ::STRIDE]
    return lab[:, :1], small.contiguous()


def jitter_tone(lightness: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Put a random gamma on each photograph's lightness, [N, 1, H, W] in 0..100; spread is that of log gamma."""
    if spread == 0:
        return lightness
    draw = torch.randn(len(lightness), 1, 1, 1, generator=generator) * spread
    return 100 * (lightness / 100).clamp(0, 1) ** draw.exp().to(lightness.device)
