"""JSON objects as frozen dataclasses: nothing missing, nothing more, every value of its field's type."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from photochrom.study.errors import StudyError

T = TypeVar("T")


def read_dataclass(kind: type[T], content: Any, what: str) -> T:
    """A flat dataclass out of the JSON object of its fields.

    Args:
        kind: a dataclass whose fields are str, bool, int, float, a dict of those, a Literal, or one of them or None.
        content: as json.loads gives it.
        what: its name in messages.
    Raises: StudyError for a field that is missing, unknown or of another type; and as `kind` itself.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Size:
        ...     width: int
        >>> Size(**{"width": 3}) == read_dataclass(Size, {"width": 3}, "size")
        True
    """
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass, as the docstring asks
    values = read_object(content, names, what)
    hints = get_type_hints(kind)
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise StudyError(f"{what}: {name} must be {_said(hints[name])}, got {value!r}")
    return kind(**values)


def read_object(content: Any, names: list[str], what: str) -> dict[str, Any]:
    """A JSON object with exactly these names. Raises: StudyError."""
    if not isinstance(content, dict):
        raise StudyError(f"{what} must be a JSON object with {', '.join(names)}, got {type(content).__name__}")
    missing = [name for name in names if name not in content]
    unknown = [name for name in content if name not in names]
    if missing or unknown:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has an unknown {', '.join(unknown)}"] * bool(
            unknown
        )
        raise StudyError(f"{what} {' and '.join(parts)}; its fields are {', '.join(names)}")
    return content


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, part) for part in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint is float:  # JSON does not tell 1 from 1.0
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if get_origin(hint) is dict:
        key, content = get_args(hint)
        return isinstance(value, dict) and all(_fits(k, key) and _fits(v, content) for k, v in value.items())
    return isinstance(value, hint)


def _said(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_said(part) for part in get_args(hint))
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    if hint is NoneType:
        return "null"
    return "an object" if get_origin(hint) is dict else str(hint.__name__)
