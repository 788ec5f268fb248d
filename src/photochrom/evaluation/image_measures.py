"""How far a recolored photograph is from the true one: PSNR, SSIM and CIEDE2000.

All three are distances between pixels or windows of them. A plain gray photograph does well by each, because the mean
of all plausible colors is nearly gray: read them beside a measure that does not reward gray.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from photochrom.evaluation.ciede2000 import delta_e_2000

LARGEST_PSNR = 100.0  # dB; identical pictures have no finite one, and a mean over photographs needs one
SSIM_WINDOW = 11  # pixels
SSIM_SIGMA = 1.5  # pixels

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # what SSIM adds against division by 0; K1, K2 of Wang et al.


def psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio over the three channels of RGB.

    Args:
        picture: uint8 [h, w, 3], sRGB.
        truth: uint8 [h, w, 3], sRGB.

    Returns: dB, `10 log10(255^2 / mean((picture - truth)^2))`, at most 100. Identical pictures get 100; two of 256x256
        that differ by one step in one channel of one pixel would have 101.
    Raises: TypeError for values that are not uint8, ValueError for shapes that differ or are not [h, w, 3].

    Example:
        >>> black = np.zeros((8, 8, 3), np.uint8)
        >>> round(psnr(black + np.uint8(255), black), 2), round(psnr(black + np.uint8(1), black), 2)
        (0.0, 48.13)
    """
    _check_pictures(picture, truth)
    difference = picture.astype(np.int32) - truth
    squared = float(np.mean(difference * difference))
    return LARGEST_PSNR if squared == 0 else min(LARGEST_PSNR, 10 * float(np.log10(255**2 / squared)))


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity with the Gaussian window of its authors, the mean of the three channels.

    Only windows that lie within the picture count, as in the authors' code; the covariances are the window's own
    (divided by n, not n - 1).

    Args:
        picture: uint8 [h, w, 3], sRGB, both sides at least 11.
        truth: uint8 [h, w, 3], sRGB.

    Returns: at most 1, which identical pictures have.
    Raises: TypeError for values that are not uint8, ValueError for shapes that differ, are not [h, w, 3] or too small.
    Source: Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment: from error visibility to structural
        similarity", equation 13, with K1 = 0.01 and K2 = 0.03.

    Example:
        >>> picture = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
        >>> ssim(picture, picture)
        1.0
    """
    _check_pictures(picture, truth)
    if min(picture.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"SSIM looks through windows of {SSIM_WINDOW} pixels, got a picture of {picture.shape[:2]}")
    return float(np.mean([_ssim_of_channel(picture[..., channel], truth[..., channel]) for channel in range(3)]))


def ciede2000(lab: np.ndarray, truth_lab: np.ndarray) -> float:
    """The mean of `delta_e_2000` over the pixels.

    Args:
        lab: float [h, w, 3]: L*, a*, b*; float32 is precise enough, and three times as fast as float64.
        truth_lab: float [h, w, 3].

    Returns: 0 for equal pictures; about 1 is a difference that can just be seen.
    Raises: ValueError for shapes that differ or do not end in an axis of 3, or no pixels.

    Example:
        >>> round(ciede2000(np.array([[[50.0, 0.0, 0.0]]]), np.array([[[60.0, 0.0, 0.0]]])), 2)
        9.47
    """
    difference = delta_e_2000(lab, truth_lab)
    if difference.size == 0:
        raise ValueError("there are no pixels to compare; give pictures that are not empty")
    return float(difference.mean(dtype=np.float64))


def _ssim_of_channel(picture: np.ndarray, truth: np.ndarray) -> float:
    # Around the middle gray the squares are a quarter as large, which keeps two more bits of a float32 variance.
    x, y = (plane.astype(np.float32) - np.float32(128) for plane in (picture, truth))
    mean_x, mean_y = _blur(x), _blur(y)
    both_variances = _blur(x * x + y * y) - (mean_x * mean_x + mean_y * mean_y)  # only their sum is needed
    covariance = _blur(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + np.float32(128), mean_y + np.float32(128)
    numerator = (2 * mean_x * mean_y + np.float32(_C1)) * (2 * covariance + np.float32(_C2))
    denominator = (mean_x * mean_x + mean_y * mean_y + np.float32(_C1)) * (both_variances + np.float32(_C2))
    return float((numerator / denominator).mean(dtype=np.float64))


def _blur(plane: np.ndarray) -> np.ndarray:
    """Gaussian means of the windows that lie within a plane, float32 [h, w] -> [h - 10, w - 10]."""
    offset = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    taps = np.exp(-(offset**2) / (2 * SSIM_SIGMA**2))
    taps = (taps / taps.sum()).astype(np.float32)
    rows = _weighted_sum(taps, lambda tap: plane[tap : plane.shape[0] - SSIM_WINDOW + 1 + tap])
    return _weighted_sum(taps, lambda tap: rows[:, tap : plane.shape[1] - SSIM_WINDOW + 1 + tap])


def _weighted_sum(taps: np.ndarray, shifted: Callable[[int], np.ndarray]) -> np.ndarray:
    """The sum of taps[i] * shifted(i); the taps are symmetric, so two planes share a product."""
    middle = len(taps) // 2
    total = shifted(middle) * taps[middle]
    for tap in range(middle):
        pair = shifted(tap) + shifted(len(taps) - 1 - tap)
        pair *= taps[tap]
        total += pair
    return total


def _check_pictures(picture: np.ndarray, truth: np.ndarray) -> None:
    if picture.dtype != np.uint8 or truth.dtype != np.uint8:
        raise TypeError(f"pictures must be uint8 sRGB, got {picture.dtype} and {truth.dtype}; encode them first")
    if picture.shape != truth.shape or picture.ndim != 3 or picture.shape[-1] != 3 or picture.size == 0:
        raise ValueError(f"pictures must agree in their shape [h, w, 3], got {picture.shape} and {truth.shape}")
