"""Drawing a chart as SVG text: every color is a class of the page's style sheet, and text stays text."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Scale:
    """From values to places on a drawing.

    Example:
        >>> Scale(0, 50, 100, 200)(25)
        150.0
    """

    low: float
    high: float
    start: float  # where `low` lies
    end: float  # where `high` lies

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)


class Chart:
    """A drawing under way.

    Args:
        width, height: in units of the drawing; the page scales it.
        title: what a screen reader says instead of it.
        stamp: a word that is written across a corner, such as "simulated"; "" for none.
    """

    def __init__(self, width: float, height: float, title: str, stamp: str = "") -> None:
        self._root = ElementTree.Element("svg", viewBox=f"0 0 {width:g} {height:g}", role="img")
        self._root.set("aria-label", f"{title} ({stamp})" if stamp else title)
        if stamp:
            self.text(4, 12, stamp.upper(), "stamp")

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line of one class."""
        self._add("line", kind, x1=x1, y1=y1, x2=x2, y2=y2)

    def path(self, points: list[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        drawn = ElementTree.SubElement(self._root, "polyline", {"class": kind})
        drawn.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))

    def dot(self, x: float, y: float, kind: str, radius: float = 4.5) -> None:
        """A round mark."""
        self._add("circle", kind, cx=x, cy=y, r=radius)

    def bar(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A filled rectangle."""
        self._add("rect", kind, x=x, y=y, width=width, height=height)

    def text(self, x: float, y: float, text: str, kind: str, anchor: str = "start") -> None:
        """Words at a place."""
        self._add("text", kind, x=x, y=y).text = text
        self._root[-1].set("text-anchor", anchor)

    def svg(self) -> str:
        """The drawing as text, escaped."""
        return ElementTree.tostring(self._root, encoding="unicode")

    def _add(self, tag: str, kind: str, **places: float) -> ElementTree.Element:
        attributes = {name: f"{value:.1f}" for name, value in places.items()}
        return ElementTree.SubElement(self._root, tag, {"class": kind, **attributes})
