"""Join color to a photograph at its full size, as one stream, keeping its lightness.

The ab map of the network is small and smooth; the photograph is large and has all the detail. The map is sharpened at
the working size along the edges of the lightness (`color.upsample`), enlarged, and joined to the luminance Y of every
single pixel: X and Z follow from Y, a* and b*, linear light from X, Y and Z, and where sRGB cannot show it, chroma
gives way. Memory does not grow with the picture, and every core works.

The arithmetic is that of `color.lab` and `color.gamut`, written for libvips: powers and divisions are tables over the
pixel's value, and every step is an image of one band, which libvips works on several times faster than on three.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyvips
from numpy.typing import NDArray

from photochrom.color.lab import RGB_TO_XYZ, WHITE, linear_to_srgb, srgb_to_linear
from photochrom.color.upsample import upsample_ab
from photochrom.photos.enlarging import enlarge
from photochrom.photos.metadata import carry_metadata
from photochrom.photos.photograph import Photograph

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_FULL = 65535.0  # linear light is counted in steps of 1 / 65535, so that it is an index of the last table too

# CIE's f runs over about -0.5..1.6 for what a* and b* can add to it; its table has 65536 steps over this range.
_F_LOW, _F_HIGH = -0.6, 1.7
_F_STEPS = _FULL / (_F_HIGH - _F_LOW)

# Linear R, G, B from X / Xn - Y and Z / Zn - Y; the luminance of each column is 0, so no rounding of X or Z can move Y.
_FROM_XZ = np.linalg.inv(RGB_TO_XYZ / WHITE[:, None])[:, [0, 2]]


def join_color(photograph: Photograph, ab: Floats, *, lightness: Floats) -> Any:
    """The photograph in color: a lazy pyvips.Image at full size, in sRGB.

    Each pixel keeps its luminance Y, and so its lightness; where sRGB cannot show a color at that luminance, its chroma
    is reduced along the straight line to gray, `Y + s (rgb - Y)` in linear light with the largest s <= 1 that fits.

    Args:
        photograph: as opened; its pixels are read when the result is saved, once.
        ab: float32 [2, h, w], CIELAB a* and b*.
        lightness: float32 [h_l, w_l] in 0..100, at the working size that ab was predicted from; its edges
            guide the color's.

    Returns: pyvips.Image, 3 bands and the source's alpha, uchar or ushort as the source, with its metadata.
    Raises: ValueError for arrays of another rank or not finite; DamagedPhoto later, when the stream is read.
    Source: CIE 15:2004 for X, Y, Z of Lab; `photochrom.color.gamut` for the chroma that fits.

    Example:
        >>> colored = join_color(photograph, ab, lightness=photograph.lightness(384, 256))  # doctest: +SKIP
        >>> save_photograph(colored, Path("new.jpg"))  # doctest: +SKIP
    """
    ab, lightness = np.asarray(ab, np.float32), np.asarray(lightness, np.float32)
    if not (np.isfinite(ab).all() and np.isfinite(lightness).all()):
        raise ValueError("ab and lightness must be finite; a network that gives NaN was not trained to its end")
    a, b = upsample_ab(ab, lightness)
    source = photograph.pixels()
    size = photograph.width, photograph.height
    add_x = enlarge(a * np.float32(_F_STEPS / 500), *size)
    add_z = enlarge(b * np.float32(-_F_STEPS / 200), *size)
    bands = source.bandsplit()
    alpha = bands.pop() if source.hasalpha() else None
    colored = _colored(bands, add_x, add_z, deep=photograph.depth == 16)
    if alpha is not None:
        colored = colored.bandjoin(alpha)
    return carry_metadata(colored, source, photograph)


def in_gray(photograph: Photograph) -> Any:
    """The photograph's lightness as a gray picture at full size, what the network and the joined picture start from.

    Returns: lazy pyvips.Image, 1 band and the source's alpha, of the source's depth; a gray source's very values.

    Example:
        >>> in_gray(open_photograph("sepia.jpg")).bands  # doctest: +SKIP
        1
    """
    source = photograph.pixels()
    if photograph.is_gray:
        return source
    deep = photograph.depth == 16
    bands = source.bandsplit()
    gray = (_encode_16 if deep else _encode_8)(_luminance(bands[:3], deep))
    gray = gray.bandjoin(bands[3:]) if photograph.has_alpha else gray
    return carry_metadata(gray.copy(interpretation="grey16" if deep else "b-w"), source, photograph)


def _colored(bands: list[Any], add_x: Any, add_z: Any, *, deep: bool) -> Any:
    """The picture of these bands (gray, or R, G, B) in color, 3 bands of the same depth."""
    gray = _gray_tables(deep)
    if len(bands) == 1:
        key, tables = bands[0], gray
        luminance = key.maplut(tables.luminance)
    else:
        luminance = _luminance(bands, deep)
        key, tables = luminance.cast("ushort"), _luminance_keyed_tables()
    place = key.maplut(tables.place)
    # X - Y counted as what it adds to red, Z - Y as what it adds to blue. Both ends come from the one table of cubes:
    # with a* = b* = 0 they are the same entry, and gray stays gray to the last bit.
    to_red, to_blue = _cube_tables()
    x = (place + add_x).cast("ushort").maplut(to_red) - key.maplut(tables.red)
    z = (place + add_z).cast("ushort").maplut(to_blue) - key.maplut(tables.blue)
    x_share = _FROM_XZ[:, 0] / _FROM_XZ[0, 0]
    z_share = _FROM_XZ[:, 1] / _FROM_XZ[2, 1]
    red = x + z * z_share[0]
    green = x * x_share[1] + z * z_share[1]
    blue = z + x * x_share[2]
    # How many times too far the color lies from gray: above 1 where it leaves sRGB through the top or the bottom.
    # Whole steps of 1 / 65535 are exact enough, and libvips compares integers ten times faster than floats.
    whole = [away.cast("int") for away in (red, green, blue)]
    above = whole[0].maxpair(whole[1]).maxpair(whole[2]) * key.maplut(tables.per_headroom)
    below = whole[0].minpair(whole[1]).minpair(whole[2]) * key.maplut(tables.per_footroom)
    excess = _larger(_larger(above, below), 1)
    encode = _encode_16 if deep else _encode_8
    channels = [encode(away / excess + luminance) for away in (red, green, blue)]
    colored = channels[0].bandjoin(channels[1:])
    return colored.copy(interpretation="rgb16" if deep else "srgb")


def _luminance(bands: list[Any], deep: bool) -> Any:
    red, green, blue = (band.maplut(table) for band, table in zip(bands, _luminance_tables(deep), strict=True))
    return red + green + blue


def _larger(first: Any, second: Any) -> Any:
    return ((first - second).abs() + first + second) * 0.5


def _encode_8(light: Any) -> Any:
    return light.cast("ushort").maplut(_srgb8_table())


def _encode_16(light: Any) -> Any:
    # Over the square root the steps of the table are about as wide as those of the result, in the shadows too.
    root = (light - 0.5).clamp(min=0, max=_FULL) ** 0.5  # 0.5: it rounds a cast, and there is none before the root
    return (root * _FULL**0.5 + 0.5).cast("ushort").maplut(_srgb16_table())


class _Tables(NamedTuple):
    """What is known of a pixel from its value alone; each an image of one row for libvips' maplut."""

    luminance: Any  # Y in 0..65535, with the 0.5 that makes a cast round
    place: Any  # index of f(Y) in the table of cubes, with 0.5 too
    red: Any  # that table's entry for f(Y), as what it adds to red
    blue: Any  # ... to blue
    per_headroom: Any  # 1 / (65535 - Y)
    per_footroom: Any  # -1 / Y


@lru_cache(maxsize=2)
def _gray_tables(deep: bool) -> _Tables:
    return _tables(_linear_light(deep))


@lru_cache(maxsize=1)
def _luminance_keyed_tables() -> _Tables:
    return _tables(np.arange(65536) / _FULL)


def _tables(luminance: Doubles) -> _Tables:
    place = (_cie_f(luminance) - _F_LOW) * _F_STEPS + 0.5
    cube = _cube(place.astype(np.float32).astype(np.uint16))
    with np.errstate(divide="ignore"):
        head, foot = (np.minimum(1 / (_FULL * room), 1e9) for room in (1 - luminance, luminance))
    columns = luminance * _FULL + 0.5, place, cube * _FROM_XZ[0, 0], cube * _FROM_XZ[2, 1], head, -foot
    return _Tables(*(_row(column.astype(np.float32)) for column in columns))


@lru_cache(maxsize=2)
def _luminance_tables(deep: bool) -> list[Any]:
    """What R, G and B of each value add to Y; green's carries the 0.5 that makes a cast round."""
    linear = _linear_light(deep) * _FULL
    return [
        _row((linear * weight + (0.5 if channel == 1 else 0)).astype(np.float32))
        for channel, weight in enumerate(RGB_TO_XYZ[1])
    ]


@lru_cache(maxsize=1)
def _cube_tables() -> tuple[Any, Any]:
    cube = _cube(np.arange(65536))
    return _row((cube * _FROM_XZ[0, 0]).astype(np.float32)), _row((cube * _FROM_XZ[2, 1]).astype(np.float32))


@lru_cache(maxsize=1)
def _srgb8_table() -> Any:
    return _row(np.rint(linear_to_srgb(np.arange(65536) / _FULL) * 255).astype(np.uint8))


@lru_cache(maxsize=1)
def _srgb16_table() -> Any:
    return _row(np.rint(linear_to_srgb((np.arange(65536) / _FULL) ** 2) * _FULL).astype(np.uint16))


def _linear_light(deep: bool) -> Doubles:
    count = 65536 if deep else 256
    return srgb_to_linear(np.arange(count) / (count - 1)).astype(np.float64)


def _cie_f(relative: Doubles) -> Doubles:
    bend = 6 / 29
    return np.where(relative > bend**3, np.cbrt(relative), relative / (3 * bend**2) + 4 / 29)


def _cube(index: NDArray[Any]) -> Doubles:
    """CIE's f backwards, in 0..65535, at an index of its table."""
    bend = 6 / 29
    value = index / _F_STEPS + _F_LOW
    return np.where(value > bend, value**3, (value - 4 / 29) * (3 * bend**2)) * _FULL


def _row(values: NDArray[Any]) -> Any:
    return pyvips.Image.new_from_array(np.ascontiguousarray(values[None]))
