"""White balance: the light that a photograph seems to be taken in, moved along daylight or back to neutral.

A change of light multiplies the tristimulus values (von Kries). Lightness is kept here, so Y stays, and only X and Z
get a gain. Lab takes cube roots of X and Z, so a gain g on X turns `a = 500 (f(X) - f(Y))` into
`a' = r a + 500 (r - 1) f(Y)` with r the cube root of g, and the same for b. The shift grows with lightness as f(Y)
does: white takes the color of the light, black takes none.

Source: CIE 15:2004, 3.1 (the daylight locus) and 8.2.1 (Lab). The straight line of Lab's f below L* = 8 is left out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FULL_SHIFT = 60.0  # mired from D65 to either end: 4,680 K when warm, 10,660 K when cool
D65_KELVIN = 6504.0

NEAR_NEUTRAL = 8.0  # ab units: how far from gray an area still counts as one that should be gray
_LIGHTEST, _DARKEST = 97.0, 15.0  # L*: burnt-out paper and black say nothing about the light
_ROUNDS = 4
_ENOUGH = 0.02  # of the picture must be near neutral, or its cast is left alone


class Light(NamedTuple):
    """A light relative to the present one: cube roots of the gains on X and on Z; (1, 1) changes nothing."""

    x: float
    z: float


def daylight(amount: float) -> Light:
    """The light of a phase of daylight.

    Args:
        amount: -1 (cool, 10,660 K) .. 1 (warm, 4,680 K); 0 is D65, which changes nothing. Steps of equal size are
            equal in mired, which is about equal to the eye.

    Raises: ValueError outside -1..1.

    Example:
        >>> daylight(0.0)
        Light(x=1.0, z=1.0)
        >>> daylight(1.0).z < 1 < daylight(-1.0).z  # warm light has less blue
        True
    """
    if not -1 <= amount <= 1:
        raise ValueError(f"white balance must lie in -1 (cool) .. 1 (warm), got {amount:g}")
    mired = 1e6 / D65_KELVIN
    x, z = (new / old for new, old in zip(_daylight_xz(mired + FULL_SHIFT * amount), _daylight_xz(mired), strict=True))
    return Light(float(np.cbrt(x)), float(np.cbrt(z)))


def neutral_light(ab: Floats, lightness: Floats) -> Light:
    """The light that turns the cast of near-neutral areas to gray.

    Areas count the more, the nearer to gray they lie; the cast found so far is taken off before the next look, so that
    an even cast of some ten units is followed to its middle.

    Args:
        ab: float32 [2, h, w].
        lightness: float32 [h, w] in 0..100.

    Returns: a Light; (1, 1) where hardly anything is near neutral.
    Raises: ValueError for shapes that do not fit.

    Example:
        >>> neutral_light(np.zeros((2, 8, 8), np.float32), np.full((8, 8), 50, np.float32))
        Light(x=1.0, z=1.0)
    """
    _check(ab, lightness)
    usable = (lightness > _DARKEST) & (lightness < _LIGHTEST)
    height = _of_y(lightness[usable]).astype(np.float64)
    x, z = ab[0][usable] / 500 + height, height - ab[1][usable] / 200  # f(X), f(Z)
    light = Light(1.0, 1.0)
    for _ in range(_ROUNDS):
        chroma = np.hypot(500 * (light.x * x - height), 200 * (height - light.z * z))
        weight = np.exp(-((chroma / NEAR_NEUTRAL) ** 2))
        if weight.sum() <= _ENOUGH * lightness.size:
            return light
        wanted = float(weight @ height)
        light = Light(wanted / float(weight @ x), wanted / float(weight @ z))
    return light


def relight(ab: Floats, lightness: Floats, light: Light) -> Floats:
    """The colors under another light, at their own lightness.

    Args:
        ab: float32 [2, h, w].
        lightness: float32 [h, w] in 0..100.
        light: from `daylight` or `neutral_light`.

    Returns: float32 [2, h, w].
    Raises: ValueError for shapes that do not fit.

    Example:
        >>> white = np.full((1, 1), 100, np.float32)
        >>> print(relight(np.zeros((2, 1, 1), np.float32), white, daylight(1.0)).ravel().round(1))
        [ 3.7 22.7]
    """
    _check(ab, lightness)
    height = _of_y(lightness)
    a = light.x * ab[0] + 500 * (light.x - 1) * height
    b = light.z * ab[1] + 200 * (1 - light.z) * height
    return np.stack([a, b]).astype(np.float32)


def _of_y(lightness: Floats) -> Floats:
    """CIE's f(Y / Yn), by the definition L* = 116 f - 16."""
    return np.asarray((lightness + 16) / np.float32(116))


def _daylight_xz(mired: float) -> tuple[float, float]:
    """X / Y and Z / Y of the CIE daylight locus, for 40..250 mired."""
    kelvin = 1e6 / mired
    if kelvin <= 7000:
        x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    else:
        x = -2.0064e9 / kelvin**3 + 1.9018e6 / kelvin**2 + 0.24748e3 / kelvin + 0.237040
    y = -3.000 * x**2 + 2.870 * x - 0.275
    return x / y, (1 - x - y) / y


def _check(ab: Floats, lightness: Floats) -> None:
    if ab.ndim != 3 or len(ab) != 2 or ab.shape[1:] != lightness.shape:
        raise ValueError(
            f"ab must be [2, h, w] and lightness [h, w] of the same size, got {ab.shape} and {lightness.shape}; "
            "reduce the lightness first"
        )
