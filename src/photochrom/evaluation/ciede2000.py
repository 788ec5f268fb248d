"""The CIEDE2000 color difference, pixel by pixel, fast enough to compare whole sets of photographs.

Source: CIE 142:2001; Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes,
supplementary test data, and mathematical observations", whose equation numbers stand in the code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK = 1 << 13  # pixels worked on at once: the temporaries stay in the cache
_30, _6, _63, _60 = (float(np.radians(degrees)) for degrees in (30, 6, 63, 60))  # angles of equations 15 and 16


def delta_e_2000(lab: ArrayLike, truth_lab: ArrayLike) -> NDArray[Any]:
    """The CIEDE2000 difference of each pair of colors, with the weights k_L = k_C = k_H = 1.

    Args:
        lab: float [..., 3]: L*, a*, b*. float32 is computed in float32 (within 1e-4), anything else in float64.
        truth_lab: float [..., 3]; which of the two comes first makes no difference.

    Returns: float32 or float64 [...].
    Raises: ValueError for shapes that differ or do not end in an axis of 3.

    Example:
        >>> print(delta_e_2000([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485]).round(4))
        2.0425
    """
    first, second = np.asarray(lab), np.asarray(truth_lab)
    if first.shape != second.shape or first.shape[-1:] != (3,):
        raise ValueError(f"two Lab pictures must agree and end in an axis of 3, got {first.shape} and {second.shape}")
    kind = np.float32 if first.dtype == second.dtype == np.float32 else np.float64
    one, other = (colors.astype(kind, copy=False).reshape(-1, 3) for colors in (first, second))
    difference = np.empty(len(one), kind)
    for start in range(0, len(one), _BLOCK):
        block = slice(start, start + _BLOCK)
        difference[block] = _difference(one[block].T, other[block].T)
    return difference.reshape(first.shape[:-1])


def _difference(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Two arrays [3, n] to differences [n]."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    stretch = 1.5 - 0.5 * _share_of_chroma((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)  # 1 + G, equations 2 to 4
    a1, a2 = stretch * a1, stretch * a2  # 5
    chroma1, chroma2 = np.hypot(a1, b1), np.hypot(a2, b2)  # 6
    turn, mean_hue = _turn_and_mean(_hue(a1, b1), _hue(a2, b2))
    mean_chroma = (chroma1 + chroma2) / 2  # 13
    scale_h = 1 + 0.015 * mean_chroma * _hue_sensitivity(mean_hue)  # 20
    dl = (l2 - l1) / _lightness_scale((l1 + l2) / 2)  # 8, 12
    dc = (chroma2 - chroma1) / (1 + 0.045 * mean_chroma)  # 9, 19
    # 11. Where a color has no chroma, and so no hue, the product is 0 whatever hue was taken.
    dh = 2 * np.sqrt(chroma1 * chroma2) * np.sin(turn / 2) / scale_h
    total = dl * dl + dc * dc + dh * dh + _rotation(mean_hue, mean_chroma) * dc * dh  # 22
    return np.asarray(np.sqrt(np.maximum(total, 0)))  # rounding can take equal colors a hair below 0


def _hue(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """The hue angle in radians, 0 .. 2 pi: equation 7."""
    angle = np.arctan2(b, a)
    angle[angle < 0] += 2 * np.pi
    return angle


def _turn_and_mean(hue1: NDArray[Any], hue2: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The way from one hue to the other along the shorter arc, and the middle of that arc, up to whole turns."""
    turn, mean = hue2 - hue1, (hue1 + hue2) / 2
    long = np.abs(turn) > np.pi
    mean[long] += np.pi  # 14
    turn[long] -= np.copysign(2 * np.pi, turn[long])  # 10
    return turn, mean


def _hue_sensitivity(hue: NDArray[Any]) -> NDArray[Any]:
    """T, equation 15."""
    once = 0.24 * np.cos(2 * hue) - 0.17 * np.cos(hue - _30)
    return np.asarray(1 + once + 0.32 * np.cos(3 * hue + _6) - 0.20 * np.cos(4 * hue - _63))


def _lightness_scale(lightness: NDArray[Any]) -> NDArray[Any]:
    """S_L, equation 18."""
    squared = (lightness - 50) ** 2
    return np.asarray(1 + 0.015 * squared / np.sqrt(20 + squared))


def _rotation(hue: NDArray[Any], chroma: NDArray[Any]) -> NDArray[Any]:
    """R_T, equations 16, 17 and 21: in blue the ellipses of equal differences lie aslant."""
    off_blue = (np.degrees(hue) % 360 - 275) / 25
    return np.asarray(-2 * _share_of_chroma(chroma) * np.sin(_60 * np.exp(-off_blue * off_blue)))


def _share_of_chroma(chroma: NDArray[Any]) -> NDArray[Any]:
    """The square root of C^7 / (C^7 + 25^7); the seventh power stays well within float32."""
    cube = chroma * chroma * chroma
    seventh = cube * cube * chroma
    return np.asarray(np.sqrt(seventh / (seventh + 25.0**7)))
