"""sRGB <-> CIE Lab under D65, in float32, exact in both directions for 8-bit pictures.

Lightness L* runs over 0..100; a* (green to red) and b* (blue to yellow) of sRGB lie within -110..110.

Two choices keep gray exactly gray. The white point is the row sums of the RGB -> XYZ matrix, so that both agree to the
last digit (a rounded white point beside a rounded matrix gives white b* = 0.005). And the products are taken in
differences, `x = g + m_r (r - g) + m_b (b - g)`: for r = g = b they vanish, and a* = b* = 0 without rounding error.

Source: CIE 15:2004 (Lab); IEC 61966-2-1:1999 (sRGB); the matrix is the six-digit one of scikit-image and of the code
released with Zhang, Isola and Efros 2016.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Floats = NDArray[np.float32]

# Rows X, Y, Z; columns linear R, G, B.
RGB_TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = RGB_TO_XYZ.sum(axis=1)  # (0.950456, 1, 1.088754): XYZ of R = G = B = 1

# Relative to white, each row sums to 1: with the two outer coefficients the middle one is known.
_TO_RELATIVE = RGB_TO_XYZ / WHITE[:, None]
_FROM_RELATIVE = np.linalg.inv(_TO_RELATIVE)

_BEND = 6 / 29  # where CIE joins the cube root to a straight line: f(t) = _BEND at t = _BEND ** 3
_FOOT = 4 / 29  # f(0)
_SLOPE = 1 / (3 * _BEND**2)  # of the straight line

_SRGB_BEND = 0.04045  # below it sRGB is a straight line of slope 1 / 12.92
_SRGB_SLACK = 1e-3  # how far float input may leave 0..1 by rounding before it is refused

_BLOCK = 1 << 15  # pixels worked on at once: the temporaries stay in the cache, whatever the picture's size
_LINEAR_STEPS = 1 << 16  # entries of the table from linear light to 8 bits: at most 0.03 of an 8-bit step apart


def rgb_to_lab(rgb: ArrayLike) -> Floats:
    """Convert sRGB to CIE Lab.

    Args:
        rgb: uint8, uint16 (full range) or float in 0..1, [..., 3], gamma-encoded sRGB.

    Returns: float32 [..., 3]: L* in 0..100, a* and b*; a* = b* = 0 exactly where the three channels are equal.
    Raises: TypeError for another type; ValueError for another last axis, or for floats outside 0..1 (such as 0..255).
    Source: CIE 15:2004, section 8.2.1.

    Example:
        >>> print(rgb_to_lab(np.array([255, 0, 0], np.uint8)).round(1))
        [53.2 80.1 67.2]
    """
    pixels = _check_triples(rgb, "rgb")
    lab = np.empty(pixels.shape, np.float32)
    linear = _linearizer(pixels.dtype)
    for source, target in _blocks(pixels, lab, 3, 3):
        red, green, blue = (linear(source[:, channel]) for channel in range(3))
        red, blue = red - green, blue - green  # from here on differences to green
        x, y, z = (_cie_f(green + np.float32(row[0]) * red + np.float32(row[2]) * blue) for row in _TO_RELATIVE)
        target[:, 0] = 116 * y - 16
        target[:, 1] = 500 * (x - y)
        target[:, 2] = 200 * (y - z)
    return lab


def rgb_to_lightness(rgb: ArrayLike) -> Floats:
    """The L* of `rgb_to_lab` alone, in about half the time.

    Args:
        rgb: uint8, uint16 or float in 0..1, [..., 3], gamma-encoded sRGB.

    Returns: float32 [...] in 0..100.
    Raises: as `rgb_to_lab`.

    Example:
        >>> float(rgb_to_lightness(np.array([255, 255, 255], np.uint8)))
        100.0
    """
    pixels = _check_triples(rgb, "rgb")
    lightness = np.empty(pixels.shape[:-1], np.float32)
    linear = _linearizer(pixels.dtype)
    of_red, _, of_blue = _TO_RELATIVE[1].astype(np.float32)
    for source, target in _blocks(pixels, lightness, 3, 1):
        red, green, blue = (linear(source[:, channel]) for channel in range(3))
        target[:, 0] = 116 * _cie_f(green + of_red * (red - green) + of_blue * (blue - green)) - 16
    return lightness


def gray_to_lightness(gray: ArrayLike) -> Floats:
    """Lightness of gray values, gamma-encoded as sRGB is.

    Args:
        gray: uint8, uint16 (full range) or float in 0..1, of any shape.

    Returns: float32 of the same shape, in 0..100; equal to `rgb_to_lightness` of the value repeated three times.
    Raises: TypeError for another type; ValueError for floats outside 0..1.

    Example:
        >>> print(gray_to_lightness(np.array([0, 119, 255], np.uint8)).round(2))
        [  0.    50.03 100.  ]
    """
    values = np.asarray(gray)
    lightness = np.empty(values.shape, np.float32)
    linear = _linearizer(values.dtype)
    for source, target in _blocks(values, lightness, 1, 1):
        target[:, 0] = 116 * _cie_f(linear(source[:, 0])) - 16
    return lightness


def lab_to_rgb(lab: ArrayLike, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """Convert CIE Lab to sRGB; what sRGB cannot show is clipped channel by channel.

    Clipping moves the lightness; `photochrom.color.gamut.fit_gamut` keeps it.

    Args:
        lab: float [..., 3]: L*, a*, b*.
        dtype: np.uint8, np.uint16 (full range) or np.float32 (0..1).

    Returns: dtype [..., 3], gamma-encoded sRGB. The way there and back is exact for every 8-bit color,
    and within one step for 16 bits (float32 Lab moves five in 100,000 of them).
    Raises: TypeError for another dtype; ValueError for another last axis.

    Example:
        >>> lab_to_rgb(np.array([50.0, 0.0, 0.0])).tolist()
        [119, 119, 119]
    """
    colors = _check_triples(lab, "lab")
    rgb = np.empty(colors.shape, _check_depth(dtype))
    for source, target in _blocks(colors, rgb, 3, 3):
        target[:] = encode_linear(_block_to_linear(source), rgb.dtype)
    return rgb


def lab_to_linear_rgb(lab: ArrayLike) -> Floats:
    """Convert CIE Lab to linear light with sRGB's primaries, not clipped: outside 0..1 lies what sRGB cannot show.

    Args:
        lab: float [..., 3]: L*, a*, b*.

    Returns: float32 [..., 3]; R = G = B exactly where a* = b* = 0.
    Raises: ValueError for another last axis.

    Example:
        >>> lab_to_linear_rgb(np.array([100.0, 0.0, 0.0])).tolist()
        [1.0, 1.0, 1.0]
    """
    colors = _check_triples(lab, "lab")
    linear = np.empty(colors.shape, np.float32)
    for source, target in _blocks(colors, linear, 3, 3):
        target[:] = _block_to_linear(source)
    return linear


def lightness_to_luminance(lightness: ArrayLike) -> Floats:
    """Relative luminance Y in 0..1 of L* in 0..100: the luminance that every color of this lightness shares.

    Example:
        >>> print(lightness_to_luminance([0.0, 50.0, 100.0]).round(4))
        [0.     0.1842 1.    ]
    """
    return _cie_f_inverse((np.asarray(lightness, np.float32) + 16) / np.float32(116))


def encode_linear(linear: Floats, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """Clip linear light to 0..1 and encode it as sRGB in uint8, uint16 (full range) or float32.

    8 bits go through a table of 65,537 steps: within 0.53 of a step of the real value, where rounding alone gives 0.5.

    Example:
        >>> encode_linear(np.array([-0.1, 0.2140, 2.0], np.float32)).tolist()
        [0, 127, 255]
    """
    kind = _check_depth(dtype)
    clipped = np.clip(linear, 0, 1)
    if kind == np.uint8:
        return _srgb8_of_linear().take((clipped * _LINEAR_STEPS + np.float32(0.5)).astype(np.int32))
    encoded = linear_to_srgb(clipped)
    return np.rint(encoded * 65535).astype(np.uint16) if kind == np.uint16 else encoded


def srgb_to_linear(srgb: ArrayLike) -> Floats:
    """Linear light of gamma-encoded sRGB values; float in 0..1 to float32 in 0..1 (below 0 along the straight line).

    Source: IEC 61966-2-1:1999.

    Example:
        >>> print(srgb_to_linear([0.0, 0.5, 1.0]).round(4))
        [0.    0.214 1.   ]
    """
    return _srgb_curve_inverse(np.asarray(srgb, np.float32))


def linear_to_srgb(linear: ArrayLike) -> Floats:
    """Gamma-encoded sRGB of linear light: the inverse of `srgb_to_linear`, not clipped.

    Example:
        >>> print(linear_to_srgb([0.0, 0.214041, 1.0]).round(4))
        [0.  0.5 1. ]
    """
    values = np.asarray(linear, np.float32)
    # The power of a negative number is not defined: those lie on the straight line, below.
    # 1.055 p - 0.055, written so that 1 stays 1 in float32.
    encoded = 1 + np.float32(1.055) * (np.maximum(values, 0) ** np.float32(1 / 2.4) - 1)
    return np.asarray(np.where(values <= _SRGB_BEND / 12.92, 12.92 * values, encoded), np.float32)


def _srgb_curve_inverse(srgb: Floats) -> Floats:
    curve = ((np.maximum(srgb, 0) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.asarray(np.where(srgb <= _SRGB_BEND, srgb / 12.92, curve), np.float32)


def _cie_f(relative: Floats) -> Floats:
    """CIE's f: the cube root, with a straight line below _BEND ** 3."""
    root = np.cbrt(relative)
    dark = relative <= _BEND**3
    if dark.any():
        root[dark] = _SLOPE * relative[dark] + _FOOT
    return root


def _cie_f_inverse(value: Floats) -> Floats:
    cube = value * value * value
    dark = value <= _BEND
    return np.asarray(np.where(dark, (value - _FOOT) / _SLOPE, cube), np.float32) if dark.any() else cube


def _block_to_linear(lab: NDArray[Any]) -> Floats:
    """Lab [n, 3] to linear RGB [n, 3], in differences to y, so that gray stays gray."""
    lightness, a, b = (lab[:, channel].astype(np.float32, copy=False) for channel in range(3))
    middle = (lightness + 16) / np.float32(116)
    y = _cie_f_inverse(middle)
    x = _cie_f_inverse(middle + a / np.float32(500)) - y
    z = _cie_f_inverse(middle - b / np.float32(200)) - y
    linear = np.empty((len(y), 3), np.float32)
    for channel, row in enumerate(_FROM_RELATIVE):
        linear[:, channel] = y + np.float32(row[0]) * x + np.float32(row[2]) * z
    return linear


def _linearizer(dtype: np.dtype[Any]) -> Callable[[NDArray[Any]], Floats]:
    """The function from stored sRGB values of this type to linear light."""
    if dtype in (np.uint8, np.uint16):
        return _linear_table(np.iinfo(dtype).max).take
    if np.issubdtype(dtype, np.floating):
        return _linear_of_floats
    raise TypeError(f"color values must be uint8, uint16 or float in 0..1, got {dtype}; convert them first")


def _linear_of_floats(values: NDArray[Any]) -> Floats:
    # Written so that NaN is refused too.
    if not (values.min() >= -_SRGB_SLACK and values.max() <= 1 + _SRGB_SLACK):
        raise ValueError(
            f"float color values must lie in 0..1, got {values.min():g}..{values.max():g}; divide 8-bit values by 255"
        )
    return _srgb_curve_inverse(np.clip(values, 0, 1).astype(np.float32))


@lru_cache(maxsize=2)
def _linear_table(maximum: int) -> Floats:
    """Linear light of every stored value 0..maximum: 1 kB for 8 bits, 256 kB for 16."""
    values = np.arange(maximum + 1) / maximum  # float64: the table is rounded once, at the end
    return np.where(values <= _SRGB_BEND, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(maxsize=1)
def _srgb8_of_linear() -> NDArray[np.uint8]:
    return np.rint(linear_to_srgb(np.arange(_LINEAR_STEPS + 1) / _LINEAR_STEPS) * 255).astype(np.uint8)


def _check_triples(values: ArrayLike, name: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ValueError(
            f"{name} must end in an axis of 3, got shape {array.shape}; for channels first, np.moveaxis({name}, 0, -1)"
        )
    return array


def _check_depth(dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind not in (np.uint8, np.uint16, np.float32):
        raise TypeError(f"sRGB is written as uint8, uint16 or float32, not {kind}; ask for one of those")
    return kind


def _blocks(
    source: NDArray[Any], target: NDArray[Any], source_channels: int, target_channels: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Pairs of views [n, channels] over the pixels of both arrays; target must be contiguous, as np.empty makes it."""
    source, target = source.reshape(-1, source_channels), target.reshape(-1, target_channels)
    for start in range(0, len(source), _BLOCK):
        yield source[start : start + _BLOCK], target[start : start + _BLOCK]
