"""Bring colors into sRGB without touching their lightness: the chroma gives way.

In linear light, `Y + s (rgb - Y)` runs from the color, s = 1, straight to the gray of the same luminance Y, s = 0.
Luminance is a weighted mean of the three channels with weights that sum to 1, so every point of that line has it, and
so the same L*. The largest s that keeps each channel within 0..1 is the most colorful one that a screen can show.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .lab import encode_linear, lab_to_linear_rgb, lightness_to_luminance

Floats = NDArray[np.float32]

_BLOCK = 1 << 15  # pixels worked on at once, so that the temporaries stay in the cache


def fit_gamut(lab: ArrayLike) -> Floats:
    """Linear light of Lab colors, with the chroma reduced where sRGB needs it and the lightness kept.

    Args:
        lab: float [..., 3]: L*, a*, b*; L* is clipped to 0..100.

    Returns: float32 [..., 3] in 0..1, of the luminance that L* asks for; colors within sRGB are not changed.
    Raises: ValueError if lab does not end in an axis of 3.

    Example:
        >>> print(fit_gamut([50.0, 0.0, 0.0]).round(4))
        [0.1842 0.1842 0.1842]
    """
    colors = np.array(lab, np.float32)  # a copy: L* is clipped in it
    if colors.ndim == 0 or colors.shape[-1] != 3:
        raise ValueError(
            f"lab must end in an axis of 3, got shape {colors.shape}; if it comes first, np.moveaxis(lab, 0, -1)"
        )
    fitted = colors.reshape(-1, 3)
    np.clip(fitted[:, 0], 0, 100, out=fitted[:, 0])
    for start in range(0, len(fitted), _BLOCK):
        block = fitted[start : start + _BLOCK]
        luminance = lightness_to_luminance(block[:, 0])
        block[:] = shrink_to_gamut(lab_to_linear_rgb(block), luminance)
    return fitted.reshape(colors.shape)


def fit_gamut_srgb(lab: ArrayLike, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """`fit_gamut`, encoded as sRGB in uint8, uint16 or float32: a picture to show, of the lightness it was given.

    Example:
        >>> fit_gamut_srgb([50.0, 0.0, -120.0]).tolist()
        [0, 123, 200]
    """
    return encode_linear(fit_gamut(lab), dtype)


def shrink_to_gamut(linear: Floats, luminance: Floats) -> Floats:
    """Move linear light towards the gray of its luminance as far as needed to lie in 0..1, and no further.

    Args:
        linear: float32 [..., 3], linear light, not clipped.
        luminance: float32 [...] in 0..1, the luminance of each color.

    Returns: float32 [..., 3] in 0..1.

    Example:
        >>> print(shrink_to_gamut(np.float32([1.5, 0.25, 0.25]), np.float32(0.5)))
        [1.    0.375 0.375]
    """
    gray = luminance[..., None]
    away = linear - gray
    # Room above and below gray, over what is asked of it; where less than the room is asked, the share is above 1.
    tiny = np.finfo(np.float32).tiny
    red, green, blue = np.moveaxis(away, -1, 0)  # taken in pairs: NumPy is slow along an axis of 3
    share = (1 - luminance) / np.maximum(np.maximum(red, green), np.maximum(blue, tiny))
    share = np.minimum(share, luminance / np.maximum(-np.minimum(np.minimum(red, green), blue), tiny))
    away *= np.minimum(share, 1)[..., None]
    return np.clip(gray + away, 0, 1)
