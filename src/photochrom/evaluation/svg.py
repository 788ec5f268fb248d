"""Drawing charts as SVG: scales, ticks and marks.

The figures take every color from CSS classes, so that one drawing serves light, dark and paper, and they keep text as
text, so that it can be searched, read aloud and follows the page's font.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from photochrom.evaluation.palette import Look, Mark

Point = tuple[float, float]

# Outlines around (0, 0), of about equal area.
_OUTLINES: dict[Mark, tuple[Point, ...]] = {
    "square": ((-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)),
    "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
    "up": ((0, -4.8), (4.8, 3.8), (-4.8, 3.8)),
    "down": ((0, 4.8), (4.8, -3.8), (-4.8, -3.8)),
}


@dataclass(frozen=True)
class Scale:
    """From values to places on the drawing, in a straight line or by their logarithm."""

    low: float
    high: float
    start: float  # where `low` lies
    end: float  # where `high` lies
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value, which may lie outside.

        Example:
            >>> Scale(0, 10, 100, 200)(5), Scale(1, 100, 0, 10, log=True)(10)
            (150.0, 5.0)
        """
        low, high, here = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (here - low) / (high - low)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values within low..high, at most so many: steps of 1, 2 or 5 times a power of ten.

    Example:
        >>> ticks(0, 150, 4), ticks(57.2, 61.9)
        ([0.0, 50.0, 100.0, 150.0], [58.0, 59.0, 60.0, 61.0])
    """
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [round(turn * step, 12) for turn in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within low..high; only the powers where those are many.

    Example:
        >>> log_ticks(8, 130)
        [10.0, 20.0, 50.0, 100.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low < 200 else (1,)
    return [factor * 10.0**power for power in powers for factor in factors if low <= factor * 10.0**power <= high]


def padded(values: Sequence[float], share: float = 0.08) -> tuple[float, float]:
    """The range of values with some room on both sides, never empty.

    Example:
        >>> padded([0, 10], 0.1), padded([5])
        ((-1.0, 11.0), (4.5, 5.5))
    """
    low, high = min(values), max(values)
    room = (high - low) * share or max(abs(low), 1) * 0.1
    return low - room, high + room


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart so that labels do not cover each other, each as little as possible, in their order.

    Args:
        places: where each label would like to be, in any order.
        gap: the least distance.
        low, high: limits; exceeded at the lower end only if the labels need more room than there is.

    Example:
        >>> spread([10, 11, 50], 10, 0, 100)
        [5.5, 15.5, 50.0]
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    groups: list[list[float]] = []  # [sum of the wished first places, labels]: a group moves as one block
    for index in order:
        groups.append([float(places[index]), 1])
        while len(groups) > 1 and _first(groups[-2], gap, low, high) + groups[-2][1] * gap > _first(
            groups[-1], gap, low, high
        ):
            wish, count = groups.pop()
            groups[-1][0] += wish - count * groups[-1][1] * gap
            groups[-1][1] += count
    moved = [0.0] * len(places)
    position = 0
    for group in groups:
        for turn in range(int(group[1])):
            moved[order[position]] = _first(group, gap, low, high) + turn * gap
            position += 1
    return moved


def _first(group: list[float], gap: float, low: float, high: float) -> float:
    """Where the first label of a block goes: the mean of what its labels wish, within the limits."""
    return min(max(group[0] / group[1], low), high - (group[1] - 1) * gap)


def shortened(text: str, longest: int) -> str:
    """Text cut to fit a drawing; the whole name is in the tables.

    Example:
        >>> shortened("lite", 10), shortened("a very long name of a system", 12)
        ('lite', 'a very long…')
    """
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


class Drawing:
    """One SVG picture. Places are in its own units, which the page scales to the width of the figure."""

    def __init__(self, width: float, height: float, description: str) -> None:
        """description: what the picture says, for those who cannot see it; "" for one that only decorates."""
        told = {"role": "img", "aria-label": description} if description else {"aria-hidden": "true"}
        self.root = ElementTree.Element("svg", {"viewBox": f"0 0 {_written(width)} {_written(height)}"} | told)

    def line(self, start: Point, end: Point, css: str) -> None:
        """A straight line."""
        names = ("x1", "y1", "x2", "y2")
        places = dict(zip(names, map(_written, (*start, *end)), strict=True))
        ElementTree.SubElement(self.root, "line", places | {"class": css})

    def path(self, points: Sequence[Point], css: str, dash: str = "") -> None:
        """A line through points."""
        way = "M" + "L".join(f"{_written(x)} {_written(y)}" for x, y in points)
        ElementTree.SubElement(self.root, "path", {"d": way, "class": css} | _dashed(dash))

    def mark(self, place: Point, look: Look, name: str = "") -> None:
        """The mark of a system, with its name for the pointer that rests on it."""
        x, y = place
        css = f"mark {look.color}"
        if look.mark == "circle":
            shape = ElementTree.SubElement(
                self.root, "circle", {"cx": _written(x), "cy": _written(y), "r": "4.2", "class": css}
            )
        elif look.mark == "cross":
            way = f"M{_written(x - 4)} {_written(y - 4)}l8 8m0 -8l-8 8"
            shape = ElementTree.SubElement(self.root, "path", {"d": way, "class": f"curve {look.color}"})
        else:
            way = "M" + "L".join(f"{_written(x + dx)} {_written(y + dy)}" for dx, dy in _OUTLINES[look.mark]) + "Z"
            shape = ElementTree.SubElement(self.root, "path", {"d": way, "class": css})
        if name:
            ElementTree.SubElement(shape, "title").text = name

    def dot(self, place: Point, radius: float, css: str, fill: str = "") -> None:
        """A disk; `fill` is given only where the color itself is the data."""
        places = {"cx": _written(place[0]), "cy": _written(place[1]), "r": _written(radius), "class": css}
        ElementTree.SubElement(self.root, "circle", places | ({"fill": fill} if fill else {}))

    def ring(self, place: Point, radius: float, width: float, stroke: str) -> None:
        """A circle, hollow, in a color that is the data."""
        places = {"cx": _written(place[0]), "cy": _written(place[1]), "r": _written(radius), "fill": "none"}
        ElementTree.SubElement(self.root, "circle", places | {"stroke": stroke, "stroke-width": _written(width)})

    def text(self, place: Point, words: str, css: str = "", anchor: str = "start") -> None:
        """Words whose baseline starts, ends or is centered at a place."""
        places = {"x": _written(place[0]), "y": _written(place[1]), "text-anchor": anchor}
        element = ElementTree.SubElement(self.root, "text", places | ({"class": css} if css else {}))
        element.text = words

    def svg(self) -> str:
        """The picture as text, ready to stand within HTML."""
        return ElementTree.tostring(self.root, encoding="unicode")


def _written(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _dashed(dash: str) -> dict[str, str]:
    return {"stroke-dasharray": dash} if dash else {}
