"""A color given by hand for one place of a photograph, and lists of them in a file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Unit = Literal["pixels", "share"]

_COLOR = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_FIELDS = ("x", "y", "color", "unit", "radius")
_HOW = "give X,Y,#RRGGBB in pixels, or in shares such as 30%,45%,#a03020"


@dataclass(frozen=True)
class Hint:
    """One color for one place. Only the hint's hue and chroma are used: the photograph keeps its own lightness.

    Attributes:
        x: from the left edge of the upright photograph, in `unit`.
        y: from its upper edge.
        color: "#rrggbb" (or "#rgb"), sRGB.
        unit: "pixels", or "share": 0..1 of the width and of the height, which fits photographs of any size.
        radius: how far the color may spread at most, in pixels or as a share of the long side; None: as far as the
            picture and the network's distribution carry it.

    Raises: ValueError in one line, for a place, color, unit or radius that cannot be.

    Example:
        >>> Hint.parse("30%,45%,#a03020")
        Hint(x=0.3, y=0.45, color='#a03020', unit='share', radius=None)
    """

    x: float
    y: float
    color: str
    unit: Unit = "pixels"
    radius: float | None = None

    def __post_init__(self) -> None:
        if self.unit not in ("pixels", "share"):
            raise ValueError(f"a hint's unit is 'pixels' or 'share', got {self.unit!r}")
        for name, value in (("x", self.x), ("y", self.y)):
            if not is_number(value) or value < 0 or (self.unit == "share" and value > 1):
                wanted = "a share in 0..1" if self.unit == "share" else "a number of pixels, 0 or more"
                raise ValueError(f"a hint's {name} must be {wanted}, got {value!r}; {_HOW}")
        if not isinstance(self.color, str) or not _COLOR.fullmatch(self.color):
            raise ValueError(f"a hint's color must be #rrggbb, got {self.color!r}; {_HOW}")
        if self.radius is not None and not (is_number(self.radius) and self.radius > 0):
            raise ValueError(f"a hint's radius must be above 0, or None for no limit, got {self.radius!r}")

    @classmethod
    def parse(cls, text: str) -> Hint:
        """The hint that a text such as "120,80,#a03020" or "30%,45%,#a03020" describes.

        Raises: ValueError in one line.
        """
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3:
            raise ValueError(f"{text!r} is no hint; {_HOW}")
        shares = [part.endswith("%") for part in parts[:2]]
        if shares[0] != shares[1]:
            raise ValueError(f"{text!r} mixes pixels and shares; {_HOW}")
        try:
            x, y = (float(part.removesuffix("%")) for part in parts[:2])
        except ValueError:
            raise ValueError(f"{text!r} has a place that is no number; {_HOW}") from None
        if shares[0]:
            return cls(x / 100, y / 100, parts[2], unit="share")
        return cls(x, y, parts[2])

    @classmethod
    def from_json(cls, value: Any) -> Hint:
        """The hint of a JSON object with the fields x, y, color and perhaps unit and radius, or of a text.

        Raises: ValueError in one line; a field that no hint has is named.
        """
        if isinstance(value, str):
            return cls.parse(value)
        if not isinstance(value, Mapping):
            raise ValueError(f"a hint is an object with x, y and color, got {value!r}; {_HOW}")
        if unknown := sorted(set(map(str, value)) - set(_FIELDS)):
            raise ValueError(f"a hint has no field {unknown[0]!r}; it has {', '.join(_FIELDS)}")
        if missing := [name for name in ("x", "y", "color") if name not in value]:
            raise ValueError(f"a hint lacks {missing[0]!r}; it needs x, y and color")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """As `from_json` reads it."""
        return asdict(self)

    def share(self, width: int, height: int) -> tuple[float, float]:
        """The place as shares 0..1 of a photograph's width and height.

        Args:
            width, height: of the upright photograph, in pixels.
        Raises: ValueError for a place outside the picture.
        """
        if self.unit == "share":
            return self.x, self.y
        if self.x >= width or self.y >= height:
            raise ValueError(
                f"the hint at {self.x:g},{self.y:g} lies outside the picture of {width} x {height} pixels; "
                f"give a place inside, or shares such as 30%,45%"
            )
        # The middle of the pixel that was named.
        return min(self.x + 0.5, width) / width, min(self.y + 0.5, height) / height

    def reach(self, width: int, height: int) -> float | None:
        """The radius as a share of the long side; None without a limit."""
        if self.radius is None or self.unit == "share":
            return self.radius
        return self.radius / max(width, height)

    def rgb(self) -> tuple[int, int, int]:
        """The color as sRGB values 0..255.

        Example:
            >>> Hint(1, 2, "#f80").rgb()
            (255, 136, 0)
        """
        digits = self.color[1:]
        if len(digits) == 3:
            digits = "".join(2 * digit for digit in digits)
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def read_hints(path: str | Path) -> tuple[Hint, ...]:
    """The hints of a JSON file: a list of objects or texts.

    Raises: ValueError in one line, for a file that cannot be read or is no list of hints.

    Example:
        >>> read_hints("hints.json")  # doctest: +SKIP
        (Hint(x=0.3, y=0.45, color='#a03020', unit='share', radius=None),)
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: the hints cannot be read ({error.strerror}); check the path") from None
    except ValueError as error:  # not UTF-8, or not JSON
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: this is no JSON ({reason}); write a list of hints") from None
    if not isinstance(content, list):
        raise ValueError(f"{path}: hints are a JSON list, such as [{{'x': 0.3, 'y': 0.4, 'color': '#a03020'}}]")
    try:
        return tuple(Hint.from_json(entry) for entry in content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def is_number(value: object) -> bool:
    """Whether a value is a finite number; a truth value is none, and neither is a whole number beyond every float.

    Example:
        >>> is_number(0.5), is_number(True), is_number(10**400)
        (True, False, False)
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
