"""What a client may choose, read from a query, a form or JSON into the one `Options` dataclass.

Left to the server alone are the choices that name files or cost memory: `threads`, `device`, `max_megapixels`, and
`mask` as a path: a client sends the mask's own bytes. `model` is one of the names that the server offers, never a path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from photochrom.inference import Options
from photochrom.photos import formats
from photochrom.web.problems import Problem

DEFAULT_QUALITY = 90
MAX_HINTS = 200
MAX_WORKING_SIZE = 512  # pixels; memory and time of the network grow with its square
_NUMBERS = ("temperature", "saturation")
_WHOLE = ("seed",)
_SWITCHES = ("keep_color", "provenance", "mark")
_OR_AUTO = {"white_balance": float, "working_size": int}
OFFERED = ("model", *_NUMBERS, "white_balance", "working_size", "hints", "seed", *_SWITCHES)
_SWITCH_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Choices:
    """How one photograph is to be colored, and how the result is written."""

    options: Options
    extension: str | None = None  # ".png": the format of the result; None: as the Accept header and the source say
    quality: int = DEFAULT_QUALITY  # 1..100 for JPEG, WebP and AVIF
    mask: bytes | None = field(default=None, repr=False)  # the file of a picture: white is colored, black stays gray


def choices_from_fields(fields: Iterable[tuple[str, str]], model: str, mask: bytes | None = None) -> Choices:
    """The choices of a query or a form, every value a text.

    Args:
        fields: names and values. `hint` may be repeated; `options` is a JSON object of the same names.
        model: the server's default.
        mask: the file of one, None without.
    Raises: Problem with 422, in one line, for a name or a value that cannot be.

    Example:
        >>> choices_from_fields([("saturation", "1.2"), ("format", "png")], "lite").extension
        '.png'
    """
    values: dict[str, Any] = {}
    hints: list[str] = []
    extension, quality = None, DEFAULT_QUALITY
    seen: set[str] = set()
    for name, text in fields:
        if name != "hint" and name in seen:
            raise Problem(422, f"{_shown(name)} is given twice; give it once")
        seen.add(name)
        if name == "hint":
            hints.append(text)
        elif name == "format":
            extension = _extension(text)
        elif name == "quality":
            quality = check_quality(_number(name, text, int))
        elif name == "options":
            values |= _json_object(text)
        else:
            values[name] = _typed(name, text)
    if hints:
        values["hints"] = [*values.get("hints", ()), *hints]
    return Choices(options_from_json(values, model), extension, quality, mask)


def options_from_json(values: Mapping[str, Any], model: str) -> Options:
    """`Options.from_json` for a client: only what is offered.

    Raises: Problem with 422, in one line.
    """
    if unknown := sorted(set(values) - set(OFFERED)):
        raise Problem(422, f"there is no choice {_shown(unknown[0])}; there are {', '.join(OFFERED)}")
    hints = values.get("hints") or []
    if not isinstance(hints, list) or len(hints) > MAX_HINTS:
        raise Problem(422, f"hints must be a list of at most {MAX_HINTS}")
    size = values.get("working_size")
    if isinstance(size, int) and size > MAX_WORKING_SIZE:
        raise Problem(422, f"working_size must be at most {MAX_WORKING_SIZE} on this server, got {size}")
    try:
        return Options.from_json({"model": model, **values, "hints": hints})
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(422, " ".join(str(error).split())[:300]) from None


def check_quality(quality: int) -> int:
    """Return a quality in 1..100. Raises: Problem with 422."""
    if not 1 <= quality <= 100:
        raise Problem(422, f"quality must lie in 1..100, got {quality}")
    return quality


def _extension(text: str) -> str:
    kind = formats.of_extension("." + text.removeprefix(".").lower())
    if kind is None:
        raise Problem(422, f"format {_shown(text)} is not written; take jpg, png, webp, tif or avif")
    return kind.extensions[0]


def _typed(name: str, text: str) -> Any:
    if name in _NUMBERS:
        return _number(name, text, float)
    if name in _WHOLE:
        return _number(name, text, int)
    if name in _OR_AUTO:
        return "auto" if text == "auto" else _number(name, text, _OR_AUTO[name])
    if name in _SWITCHES:
        if text.lower() not in _SWITCH_WORDS:
            raise Problem(422, f"{name} must be true or false, got {_shown(text)}")
        return _SWITCH_WORDS[text.lower()]
    return text


def _number(name: str, text: str, kind: type[int] | type[float]) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise Problem(422, f"{name} must be a {'whole ' if kind is int else ''}number, got {_shown(text)}") from None


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(422, 'options is no JSON; give an object such as {"saturation": 1.2}') from None
    if not isinstance(value, dict):
        raise Problem(422, 'options must be a JSON object such as {"saturation": 1.2}')
    return value


def _shown(text: str) -> str:
    """A client's text in a message: in quotes, escaped and short."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")
