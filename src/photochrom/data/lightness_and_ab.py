"""What a network sees and what it should say, on a CPU: lightness, and ab at a quarter of the size.

The tables of `color.lab` take a quarter of the time of the same formulas in PyTorch on one core. On other devices the
conversion stays in PyTorch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from photochrom.color.lab import rgb_to_lab, rgb_to_lightness

STRIDE = 4  # of the networks' targets


def lightness_and_ab_on_cpu(rgb: Tensor, *, target: str) -> tuple[Tensor, Tensor]:
    """Split pictures into lightness and the colors that a network is asked for.

    Args:
        rgb: uint8 [N, 3, H, W] on the CPU, sRGB; H and W multiples of 4.
        target: ab at stride 4 as the `mean` of 4x4 pixels, or the first `point` of them.

    Returns: lightness float32 [N, 1, H, W] in 0..100 and ab float32 [N, 2, H / 4, W / 4].
    """
    pixels = rgb.permute(0, 2, 3, 1).contiguous().numpy()
    if target == "point":
        lightness, ab = rgb_to_lightness(pixels), rgb_to_lab(pixels[:, ::STRIDE, ::STRIDE])[..., 1:]
    else:
        lab = rgb_to_lab(pixels)
        lightness, ab = lab[..., 0], mean_of_cells(lab[..., 1:])
    return (
        torch.from_numpy(np.ascontiguousarray(lightness))[:, None],
        torch.from_numpy(np.ascontiguousarray(np.moveaxis(ab, -1, 1))),
    )


def target_ab(pixels: np.ndarray, target: str) -> np.ndarray:
    """Float32 [h / 4, w / 4, 2]: the colors that a network would be asked for in one photograph.

    Args:
        pixels: uint8 [h, w, 3] of at least 4 x 4; what is over a multiple of 4 is left out.
        target: `mean` or `point`.
    """
    height, width = (side // STRIDE * STRIDE for side in pixels.shape[:2])
    kept = pixels[:height, :width]
    if target == "point":
        return rgb_to_lab(kept[::STRIDE, ::STRIDE])[..., 1:]
    return np.asarray(mean_of_cells(rgb_to_lab(kept)[None, ..., 1:])[0])


def mean_of_cells(ab: np.ndarray) -> np.ndarray:
    """Float32 [N, H / 4, W / 4, 2] of float32 [N, H, W, 2]; by adding slices, four times faster than NumPy's mean."""
    rows = ab[:, ::STRIDE] + ab[:, 1::STRIDE] + ab[:, 2::STRIDE] + ab[:, 3::STRIDE]
    cells = rows[:, :, ::STRIDE] + rows[:, :, 1::STRIDE] + rows[:, :, 2::STRIDE] + rows[:, :, 3::STRIDE]
    return np.asarray(cells / np.float32(STRIDE**2))
