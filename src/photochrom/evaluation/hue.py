"""Which hues a picture shows: entropy, the share that is nearly gray, and confusion between families of hues.

Hue is the angle of (a*, b*), in degrees from the a* axis (magenta-red) towards the b* axis (yellow). Near gray it is
noise; so it counts by chroma, or only above a limit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from photochrom.color.ab_bins import check_ab

HUE_STEPS = 36  # sectors of 10 degrees in a histogram of hues
NEAR_GRAY = 5.0  # chroma in ab units: the limit below which the authors' training code calls a photograph gray

# Where each family begins, in degrees; the last one runs on to the first. The families are those of Munsell's ten hues,
# with B and PB together as blue, P and RP as purple. A limit is the hue angle of Munsell's step 10 (such as 10R between
# red and yellow-red): the mean over values 5 and 7 at chroma 4 and 8 of the renotation of 1943, adapted to D65, to the
# nearest 5 degrees. One limit departs from that: Lab bends saturated blues towards purple, and sRGB's own blue lies at
# 306, so blue ends at 310 where 10PB of low chroma has 297.
_LIMITS = {
    "red": 10,
    "orange": 45,
    "yellow": 75,
    "yellow-green": 105,
    "green": 140,
    "cyan": 175,
    "blue": 205,
    "purple": 310,
}
FAMILIES: tuple[str, ...] = ("near gray", *_LIMITS)


def hue_histogram(ab: ArrayLike) -> np.ndarray:
    """Chroma summed by hue; the histograms of photographs add up.

    Args:
        ab: float [..., 2], a* and b*.

    Returns: float64 [36], ab units; entry k holds the hues from 10 k up to 10 (k + 1) degrees.
    Raises: ValueError if ab does not end in an axis of 2, or is not finite.

    Example:
        >>> hue_histogram([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])[[0, 9]].tolist()
        [3.0, 4.0]
    """
    colors = check_ab(ab).reshape(-1, 2)
    sector = (_hue(colors) * (HUE_STEPS / 360)).astype(np.int64)
    # Rounding can take an angle just below 360 degrees to 360.
    return np.bincount(sector % HUE_STEPS, _chroma(colors), minlength=HUE_STEPS)


def hue_entropy(histogram: ArrayLike) -> np.ndarray:
    """How many hues a set shows: the entropy of its chroma over the hues.

    Args:
        histogram: float [..., 36], of `hue_histogram`, summed over photographs; leading axes are kept.

    Returns: float64 [...] in bits: 0 for a single hue, or none at all, and log2 36 = 5.17 for all alike.
    Raises: ValueError for values that are negative or not finite.

    Example:
        >>> print(hue_entropy([1.0, 0.0, 1.0, 0.0]))
        1.0
    """
    chroma = np.asarray(histogram, np.float64)
    if not (np.isfinite(chroma).all() and (chroma >= 0).all()):
        raise ValueError("a histogram must be finite and nowhere negative; sum up hue_histogram")
    total = chroma.sum(axis=-1, keepdims=True)
    shares = np.divide(chroma, total, out=np.zeros_like(chroma), where=total > 0)
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.abs((shares * logarithms).sum(axis=-1))  # no term is above 0


def near_gray_share(ab: ArrayLike, limit: float = NEAR_GRAY) -> float:
    """The share of colors, 0..1, whose chroma is below the limit.

    Args:
        ab: float [..., 2], a* and b*.
        limit: ab units.

    Raises: ValueError if ab does not end in an axis of 2, is not finite, or holds no color.

    Example:
        >>> near_gray_share([[3.0, 3.0], [3.0, 4.0]])
        0.5
    """
    chroma = _chroma(check_ab(ab))
    if chroma.size == 0:
        raise ValueError("there are no colors to count; give a picture that is not empty")
    return float((chroma < limit).mean())


def hue_families(ab: ArrayLike) -> np.ndarray:
    """The family of each color: its index in `FAMILIES`.

    Args:
        ab: float [..., 2], a* and b*.

    Returns: int64 [...].
    Raises: ValueError if ab does not end in an axis of 2, or is not finite.

    Example:
        >>> [FAMILIES[index] for index in hue_families([[1.0, 1.0], [40.0, 20.0], [0.0, 60.0]])]
        ['near gray', 'red', 'yellow']
    """
    colors = check_ab(ab)
    flat = colors.reshape(-1, 2)
    family = np.searchsorted(list(_LIMITS.values()), _hue(flat), side="right")
    family[family == 0] = len(_LIMITS)  # before the first limit the last family goes on
    family[_chroma(flat) < NEAR_GRAY] = 0
    return family.reshape(colors.shape[:-1])


def family_confusion(ab: ArrayLike, truth: ArrayLike) -> np.ndarray:
    """How many pixels of each true family were given which one; the counts of photographs add up.

    Args:
        ab: float [..., 2], the colors predicted.
        truth: float [..., 2], the photograph's own.

    Returns: int64 [F, F], row by true family, column by predicted family, in the order of `FAMILIES`.
    Raises: ValueError if the shapes differ, do not end in an axis of 2, or the values are not finite.

    Example:
        >>> int(family_confusion([[0.0, 0.0]], [[40.0, 20.0]])[1, 0])  # a red that was left gray
        1
    """
    if np.shape(ab) != np.shape(truth):
        raise ValueError(f"ab and truth must have one shape, got {np.shape(ab)} and {np.shape(truth)}")
    pair = hue_families(truth) * len(FAMILIES) + hue_families(ab)
    return np.bincount(pair.ravel(), minlength=len(FAMILIES) ** 2).reshape(len(FAMILIES), len(FAMILIES))


def _hue(ab: np.ndarray) -> np.ndarray:
    """Degrees in 0..360, float32 [n], of colors [n, 2]."""
    angle = np.degrees(np.arctan2(ab[..., 1], ab[..., 0]))
    angle[angle < 0] += 360
    return angle


def _chroma(ab: np.ndarray) -> np.ndarray:
    return np.hypot(ab[..., 0], ab[..., 1])
