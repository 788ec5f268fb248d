"""Between Lab and sRGB on a device, in operations that export: the way back of `targets.rgb_to_lab`.

Nothing is clipped. Outside 0..1 the two parts of the sRGB curve go on, the straight line below and the power above, so
that every function here is smooth and increasing.

Source: CIE 15:2004 (Lab); IEC 61966-2-1:1999 (sRGB).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from photochrom.color.lab import RGB_TO_XYZ, WHITE

RGB_TO_RELATIVE = RGB_TO_XYZ / WHITE[:, None]  # each row sums to 1: equal channels are neutral
BEND = 6 / 29  # where CIE joins the cube root to a straight line
SRGB_BEND, SRGB_SLOPE = 0.04045, 12.92
OFFSET, GAMMA = 0.055, 2.4


def lab_to_srgb(lab: Tensor) -> Tensor:
    """CIE Lab float [N, 3, h, w] to gamma-encoded sRGB of the same shape, outside 0..1 where sRGB cannot show it."""
    fy = (lab[:, 0] + 16) / 116
    f = torch.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], dim=1)
    relative = torch.where(f > BEND, f**3, 3 * BEND**2 * (f - 4 / 29))
    return encode(mix(np.linalg.inv(RGB_TO_RELATIVE), relative))


def srgb_to_lab(srgb: Tensor) -> Tensor:
    """Gamma-encoded sRGB float [N, 3, h, w] to CIE Lab of the same shape."""
    x, y, z = compress(mix(RGB_TO_RELATIVE, decode(srgb))).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lightness_to_gray(lightness: Tensor) -> Tensor:
    """L* in 0..100 to the gamma-encoded gray level in 0..1 that has it."""
    return encode(lightness_to_luminance(lightness))


def lightness_to_luminance(lightness: Tensor) -> Tensor:
    """L* in 0..100 to relative luminance in 0..1."""
    f = (lightness + 16) / 116
    return torch.where(f > BEND, f**3, 3 * BEND**2 * (f - 4 / 29))


def luminance_to_lightness(luminance: Tensor) -> Tensor:
    """Relative luminance in 0..1 to L* in 0..100."""
    return 116 * compress(luminance) - 16


def compress(relative: Tensor) -> Tensor:
    """CIE's f of X, Y or Z relative to white: a cube root that ends in a straight line."""
    return torch.where(relative > BEND**3, relative.clamp_min(BEND**3) ** (1 / 3), relative / (3 * BEND**2) + 4 / 29)


def decode(srgb: Tensor) -> Tensor:
    """Linear light of gamma-encoded values."""
    power = ((srgb.clamp_min(SRGB_BEND) + OFFSET) / (1 + OFFSET)) ** GAMMA
    return torch.where(srgb > SRGB_BEND, power, srgb / SRGB_SLOPE)


def decode_with_slope(srgb: Tensor) -> tuple[Tensor, Tensor]:
    """`decode` and its derivative, which share the power."""
    base = (srgb.clamp_min(SRGB_BEND) + OFFSET) / (1 + OFFSET)
    power, above = base**GAMMA, srgb > SRGB_BEND
    slope = torch.where(above, GAMMA / (1 + OFFSET) * power / base, 1 / SRGB_SLOPE)
    return torch.where(above, power, srgb / SRGB_SLOPE), slope


def encode(linear: Tensor) -> Tensor:
    """Gamma-encoded values of linear light: the inverse of `decode`."""
    bend = SRGB_BEND / SRGB_SLOPE
    power = (1 + OFFSET) * linear.clamp_min(bend) ** (1 / GAMMA) - OFFSET
    return torch.where(linear > bend, power, linear * SRGB_SLOPE)


def mix(matrix: np.ndarray, channels: Tensor) -> Tensor:
    """The product of a [3, 3] matrix with the channels of [N, 3, h, w], in differences to the second.

    For rows that sum to 1 equal channels stay equal without rounding error, which keeps gray exactly gray.
    """
    first, second, third = channels.unbind(dim=1)
    rows = [second + float(row[0]) * (first - second) + float(row[2]) * (third - second) for row in matrix]
    return torch.stack(rows, dim=1)
