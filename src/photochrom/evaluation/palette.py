"""One look for one system: its color, its mark and its dash are the same in every chart of a report.

Colors are names of CSS variables, so that the page sets them for light, for dark and for paper. Marks and dashes differ
too, so that nothing is told by color alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from photochrom.evaluation.report import Report

Mark = Literal["circle", "square", "diamond", "up", "down", "cross"]

COLORS = 6  # system colors in the style sheet, --s1 to --s6
MARKS: tuple[Mark, ...] = ("circle", "square", "diamond", "up", "down", "cross")
DASHES = ("", "7 3", "2 3", "9 3 2 3")  # after each round of the colors the next one


@dataclass(frozen=True)
class Look:
    """How one system is drawn."""

    color: str  # class of the style sheet that sets --c
    mark: Mark
    dash: str  # stroke-dasharray; "" for a whole line


# Rows that are no colorizers step back: they are there to be compared with.
REFERENCES: dict[str, Look] = {
    "truth": Look("truth", "diamond", ""),
    "gray": Look("gray", "cross", "5 3"),
    "random": Look("random", "cross", "2 3"),
    "mean-color": Look("mean-color", "cross", "9 3 2 3"),
}


def looks(report: Report) -> dict[str, Look]:
    """The look of each row, by its name.

    Example:
        >>> from photochrom.evaluation.report import Row
        >>> rows = [Row("gray", "gray", "gray", {}), Row("lite", "lite-full", "weights", {})]
        >>> looks(Report({}, {}, {}, rows))["lite"]
        Look(color='s1', mark='circle', dash='')
    """
    found = {}
    colorizers = 0
    for row in report.rows:
        if row.kind in REFERENCES:
            found[row.name] = REFERENCES[row.kind]
            continue
        turn, place = divmod(colorizers, COLORS)
        found[row.name] = Look(f"s{place + 1}", MARKS[place], DASHES[turn % len(DASHES)])
        colorizers += 1
    return found
