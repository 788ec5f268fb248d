"""Plates for a color-vision check: a digit of dots that people with red or green blindness cannot tell from the rest.

The figure and the ground of a plate lie on one confusion line: they differ by a color that the missing cone would have
told, and by nothing else. That line is the null direction of the matrix by which Machado et al. simulate dichromacy, in
linear light. Every dot has a lightness of its own, so that no difference of lightness gives the digit away. A plate of
control differs in lightness and along blue and yellow instead; everybody reads it.

This finds who cannot see a difference between red and green on the screen at hand. It is no diagnosis.

Source: Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
IEEE TVCG 15(6), the matrices of severity 1.0; the idea of the plates is Ishihara's of 1917.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photochrom.color.lab import encode_linear
from photochrom.study.assignment import PLATES, generator
from photochrom.study.digit_shapes import distance_to_digit
from photochrom.study.manifest import PlateKind

Floats = NDArray[np.float64]

SIDE = 384  # pixels of a plate
KINDS: tuple[PlateKind, ...] = ("control", "protan", "deutan", "protan", "deutan")  # as they are shown
DICHROMACY: dict[str, Floats] = {  # linear sRGB -> linear sRGB as it is seen
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}

_MIDDLE = np.array([0.35, 0.25, 0.12])  # linear sRGB: between red and green, where both lie well inside the gamut
_REACH = {"protan": 0.22, "deutan": 0.17}  # of the red channel from there to either side; 50 to 55 CIE76 apart
_CONTROL = (np.array([0.05, 0.12, 0.40]), np.array([0.55, 0.42, 0.16]))  # figure, ground: dark blue on light yellow
_LIGHTNESS_NOISE = 0.16  # standard deviation of the logarithm of a dot's light
_PAPER = 0.80  # linear light between the dots
_RADII = (8.5, 7.0, 5.5, 4.2, 3.2)  # of the dots in pixels, largest first
_TRIES = 4000  # places tried for each radius
_GAP = 1.0  # pixels between dots
_STROKE = 0.115  # half the width of a digit's stroke, in heights of the digit
_DIGIT_HEIGHT = 0.62  # in sides of the plate
_FINER = 3  # samples a pixel and axis
# Digits that are read alike by nobody; 0, 1 and 7 are left out: short of dots, or guessed from little.
_DIGITS = "2345689"


@dataclass(frozen=True)
class DrawnPlate:
    """A plate before it is a file."""

    kind: PlateKind
    digit: str  # what people with normal color vision read; those of `kind` see no digit
    pixels: NDArray[np.uint8]  # [SIDE, SIDE, 3], sRGB


def draw_plates(seed: int) -> tuple[DrawnPlate, ...]:
    """The plates of a study, each with another digit; the same seed draws the same.

    Args:
        seed: of the study.
    """
    digits = generator(seed, PLATES).permutation(list(_DIGITS))[: len(KINDS)]
    drawn = []
    for place, (kind, digit) in enumerate(zip(KINDS, digits, strict=True)):
        drawn.append(DrawnPlate(kind, str(digit), draw_plate(kind, str(digit), generator(seed, PLATES, 1 + place))))
    return tuple(drawn)


def draw_plate(kind: PlateKind, digit: str, random: np.random.Generator) -> NDArray[np.uint8]:
    """One plate.

    Args:
        kind: who is not to see the digit; "control": everybody is.
        digit: "0" to "9".
        random: for the dots and their lightness.
    Returns: uint8 [SIDE, SIDE, 3], sRGB.
    """
    centers, radii = _dots(random)
    figure, ground = plate_colors(kind)
    is_figure = distance_to_digit(digit, (centers / SIDE - 0.5) / _DIGIT_HEIGHT) < _STROKE
    light = np.exp(_LIGHTNESS_NOISE * random.standard_normal(len(radii)))
    colors = np.where(is_figure[:, None], figure, ground) * light[:, None]
    return _painted(centers, radii, np.clip(colors, 0, 1))


def plate_colors(kind: PlateKind) -> tuple[Floats, Floats]:
    """Figure and ground of a plate: float64 [3] each, linear sRGB.

    Example:
        >>> red, green = plate_colors("deutan")
        >>> seen = DICHROMACY["deutan"] @ red - DICHROMACY["deutan"] @ green
        >>> bool(abs(seen).max() < 1e-6)
        True
    """
    if kind == "control":
        return _CONTROL
    direction = np.linalg.svd(DICHROMACY[kind])[2][-1]  # what this eye does not see
    away = _REACH[kind] * direction / direction[0]
    return _MIDDLE + away, _MIDDLE - away


def _dots(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Centers [n, 2] as x, y in pixels and radii [n] of dots that fill a disc and do not touch, large ones first."""
    centers, radii = [], []
    rows, columns = np.mgrid[:SIDE, :SIDE]
    # How far each place is from what is taken: at first from the edge of the disc.
    room = SIDE / 2 - 2 - np.hypot(rows - SIDE / 2, columns - SIDE / 2)
    for radius in _RADII:
        for x, y in random.integers(0, SIDE, (_TRIES, 2)).tolist():
            if room[y, x] < radius + _GAP:
                continue
            centers.append((x, y))
            radii.append(radius)
            reach = int(2 * _RADII[0] + _GAP) + 1  # nearer than that no other dot's center can be
            near = (slice(max(0, y - reach), y + reach + 1), slice(max(0, x - reach), x + reach + 1))
            room[near] = np.minimum(room[near], np.hypot(rows[near] - y, columns[near] - x) - radius)
    return np.array(centers, np.float64), np.array(radii)


def _painted(centers: Floats, radii: Floats, colors: Floats) -> NDArray[np.uint8]:
    """Dots on paper, averaged over samples in linear light."""
    fine = np.full((SIDE * _FINER, SIDE * _FINER, 3), _PAPER, np.float32)
    for (x, y), radius, color in zip(centers, radii, colors, strict=True):
        left, top = (int(_FINER * (c - radius)) for c in (x, y))
        window = fine[top : top + int(2 * _FINER * radius) + 2, left : left + int(2 * _FINER * radius) + 2]
        rows, columns = np.mgrid[: window.shape[0], : window.shape[1]]
        away = np.hypot((columns + left + 0.5) / _FINER - x, (rows + top + 0.5) / _FINER - y)
        window[away < radius] = color
    pixels = fine.reshape(SIDE, _FINER, SIDE, _FINER, 3).mean(axis=(1, 3))
    encoded: NDArray[Any] = encode_linear(pixels)
    return encoded.astype(np.uint8)
