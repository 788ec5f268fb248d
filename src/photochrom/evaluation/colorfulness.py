"""Colorfulness of a picture, in the two forms that papers on colorization mix up.

Both are `sqrt(sd(rg)^2 + sd(yb)^2) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2)` of the opponent values `rg = R - G` and
`yb = (R + G) / 2 - B`. As published the opponent values keep their signs. The code of several colorizers, DDColor's
among them, takes their absolute values first: that makes the means larger and the deviations smaller, so the figures of
one form say nothing about those of the other.
"""

from __future__ import annotations

import numpy as np

MEAN_SHARE = 0.3  # of the means beside the deviations: fitted by Hasler and Suesstrunk to the ratings of people


def colorfulness(rgb: np.ndarray) -> float:
    """Hasler and Suesstrunk's M3, as published.

    Args:
        rgb: uint8 [h, w, 3], sRGB.

    Returns: 0 for gray; the authors call 15 slightly, 33 moderately, 59 quite and 109 extremely colorful.
    Raises: TypeError for values that are not uint8, ValueError for another shape or no pixels.
    Source: Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", Human Vision and Electronic
        Imaging VIII, SPIE 5007: the metric that they name M^(3).

    Example:
        >>> round(colorfulness(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)), 2)
        272.62
    """
    return _deviation_and_mean(*_opponents(rgb))


def colorfulness_absolute(rgb: np.ndarray) -> float:
    """The same with absolute opponent values, as colorization papers since DDColor report it.

    Args:
        rgb: uint8 [h, w, 3], sRGB.

    Returns: 0 for gray.
    Raises: as `colorfulness`.
    Source: `basicsr/metrics/colorfulness.py` of the code released with Kang et al. 2023, "DDColor".

    Example:
        >>> round(colorfulness_absolute(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)), 2)
        211.51
    """
    return _deviation_and_mean(*(np.abs(opponent) for opponent in _opponents(rgb)))


def _opponents(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R - G and R + G - 2 B (twice yb: whole numbers stay exact), int16 [h w] each."""
    if rgb.dtype != np.uint8:
        raise TypeError(f"the picture must be uint8 sRGB, got {rgb.dtype}; colorfulness is defined on 0..255")
    if rgb.ndim != 3 or rgb.shape[-1] != 3 or rgb.size == 0:
        raise ValueError(f"the picture must be [h, w, 3] with pixels in it, got shape {rgb.shape}")
    red, green, blue = (rgb[..., channel].astype(np.int16) for channel in range(3))
    return red - green, red + green - 2 * blue


def _deviation_and_mean(red_green: np.ndarray, twice_yellow_blue: np.ndarray) -> float:
    rg, yb = red_green.astype(np.float64), twice_yellow_blue / 2
    return float(np.hypot(rg.std(), yb.std()) + MEAN_SHARE * np.hypot(rg.mean(), yb.mean()))
