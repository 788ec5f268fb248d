"""The 313 bins on the ab plane: where a system's colors go wrong."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from photochrom.color.ab_bins import GRID_STEP, ab_bins
from photochrom.color.gamut import fit_gamut_srgb
from photochrom.evaluation.plots import Figure
from photochrom.evaluation.report import Confusion
from photochrom.evaluation.svg import Drawing, Scale

SIZE = 360.0  # units of the drawing
LEFT, TOP = -126.0, 113.0  # a* at the left edge, b* at the upper; room for words beside the bins
UNIT = 1.38  # units of the drawing to one of ab, on both axes
HEIGHT = 2 * TOP * UNIT
SHOWN_LIGHTNESS = 65.0  # L* at which a bin is shown: most hues are strong there
FULL_ERROR = 100.0  # ab units at which a dot touches its neighbors
LEGEND = (10, 40, 100)  # ab units
RING = 1.5  # width of the line of a hollow dot


def ab_plane_chart(confusion: Confusion, gray: Confusion | None = None) -> Figure:
    """A dot for each bin in the bin's own color; its area grows with the mean error of the pixels whose bin it is.

    Args:
        confusion: of the row that is shown.
        gray: of the row without color; where the shown one is further off than it, the dot is hollow.

    Raises: ValueError if a confusion does not hold an error for each of the 313 bins.
    """
    bins = ab_bins()
    for found in (confusion, gray):
        if found is not None and len(found.bin_error) != len(bins):
            raise ValueError(f"bin_error of {found.row} must have {len(bins)} values, got {len(found.bin_error)}")
    worse = [_is_worse(turn, confusion, gray) for turn in range(len(bins))]
    known = [error for error in confusion.bin_error if error is not None]
    mean = sum(known) / len(known) if known else math.nan
    drawing = Drawing(
        SIZE,
        HEIGHT + 30,
        f"{confusion.row}: mean error by true color. {len(known)} of {len(bins)} colors occur; "
        f"their errors run from {min(known, default=0):.0f} to {max(known, default=0):.0f}, mean {mean:.0f}."
        + (f" On {sum(worse)} of them plain gray is nearer." if gray else ""),
    )
    x, y = Scale(LEFT, LEFT + SIZE / UNIT, 0, SIZE), Scale(-TOP, TOP, HEIGHT, 0)
    drawing.line((x(-100), y(0)), (x(106), y(0)), "grid")
    drawing.line((x(0), y(-TOP)), (x(0), y(TOP)), "grid")
    largest = (x(GRID_STEP) - x(0)) * 0.56
    for (a, b), error, color, hollow in zip(bins, confusion.bin_error, _colors(), worse, strict=True):
        place = (x(float(a)), y(float(b)))
        if error is None:
            drawing.dot(place, 0.9, "unseen")
        elif hollow:
            drawing.ring(place, max(_radius(error, largest) - RING / 2, RING), RING, color)
        else:
            drawing.dot(place, _radius(error, largest), "bin", color)
    for words, place, anchor in (
        ("+a red", (SIZE, y(0) + 4), "end"),
        ("\N{MINUS SIGN}a green", (0, y(0) + 16), "start"),
        ("+b yellow", (x(0) + 6, 10), "start"),
        ("\N{MINUS SIGN}b blue", (x(0) - 6, HEIGHT - 4), "end"),
    ):
        drawing.text(place, words, "axis", anchor)
    _legend(drawing, largest)
    caption = ""
    if gray is not None and known:
        caption = f"Nearer than plain gray on {len(known) - sum(worse)} of the {len(known)} colors that occur."
    return Figure(drawing.svg(), confusion.row, caption)


def _is_worse(turn: int, confusion: Confusion, gray: Confusion | None) -> bool:
    """Whether plain gray is nearer to the colors of one bin."""
    error, without = confusion.bin_error[turn], gray.bin_error[turn] if gray else None
    return error is not None and without is not None and error > without


def _radius(error: float, largest: float) -> float:
    return max(1.0, largest * math.sqrt(min(error, FULL_ERROR) / FULL_ERROR))


def _legend(drawing: Drawing, largest: float) -> None:
    place = 4.0
    drawing.text((place, HEIGHT + 22), "mean error", "axis")
    place += 84
    for error in LEGEND:
        drawing.dot((place, HEIGHT + 18), _radius(error, largest), "key-dot")
        drawing.text((place + 12, HEIGHT + 22), f"{error}" + (" and more" if error == LEGEND[-1] else ""), "axis")
        place += 56


@lru_cache(maxsize=1)
def _colors() -> list[str]:
    """The color of each bin, "#rrggbb", brought into sRGB where it lies outside."""
    bins = ab_bins()
    lab = np.concatenate([np.full((len(bins), 1), SHOWN_LIGHTNESS, np.float32), bins], axis=1)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in fit_gamut_srgb(lab).tolist()]
