"""What an evaluation finds, as plain dataclasses: the table, the page and the JSON file are views of a `Report`.

Every number of a row is an `Estimate` with its 95 % interval, by the bootstrap over photographs.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; None for an end that is not known."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Cost:
    """What one photograph costs a system. None where it is not known (a folder of pictures costs nothing here)."""

    parameters: int | None = None  # count
    parameters_mb: float | None = None  # 4 bytes each, 1 MB = 10^6 bytes, as the paper's table counts
    activations_mb: float | None = None  # every layer's output, float32 at 224 x 224; 1 MB = 2^20 bytes, as the paper
    gflop: float | None = None  # two for each multiply-add
    file_mb: float | None = None  # the ONNX file
    milliseconds: Estimate | None = None  # median; the interval is the middle half of the repeats
    device: str = ""  # what the milliseconds were taken on
    peak_mb: float | None = None  # memory that loading and running it added to the process


@dataclass(frozen=True)
class Row:
    """One system's line of the table."""

    name: str  # unique in a report, such as "lite (T=0.38)"
    system: str  # a system of the paper's table where it is one: "full", "class", "gray", "lite-full", ...
    kind: str  # "truth", "gray", "random", "mean-color", "weights", "run", "folder"
    measures: dict[str, Estimate]  # by the names of `measures.MEASURES`; a measure that was not taken is absent
    temperature: float | None = None
    sha256: str = ""  # of the weights
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True)
class Difference:
    """How much better or worse `first` is than `second`, photograph by photograph."""

    measure: str
    first: str
    second: str
    estimate: Estimate  # first minus second, with its paired interval


@dataclass(frozen=True)
class Curve:
    """The cumulative error of one row: shares of pixels in 0..1 at the thresholds 0, 1, ..., 150."""

    row: str
    raw: list[float]
    rebalanced: list[float]


@dataclass(frozen=True)
class Sweep:
    """Measures of one system against the temperature of the annealed mean."""

    row: str
    temperatures: list[float]  # rising; 0 stands for the mode
    measures: dict[str, list[float]]  # one value a temperature
    best: dict[str, float]  # the best temperature for each measure


@dataclass(frozen=True)
class ClassChange:
    """What color did to the recognition of one class: the share right, against gray."""

    name: str
    photographs: int
    change: float  # of the true class's probability, in percentage points, against the gray photograph


@dataclass(frozen=True)
class Classes:
    """The classes that a system's colors helped and hurt most."""

    row: str
    helped: list[ClassChange]
    hurt: list[ClassChange]


@dataclass(frozen=True)
class Confusion:
    """Where a system's colors fall, by hue family and by bin."""

    row: str
    families: list[str]  # "near gray", "red", "orange", ...
    shares: list[list[float]]  # [true family][predicted family], each row sums to 1 (or is all 0)
    weight: list[float]  # share of all pixels that each true family has
    bin_error: list[float | None]  # [313], mean ab error of the pixels whose true bin it is; None where there are none


@dataclass(frozen=True)
class Example:
    """One photograph as it was seen, for the gallery."""

    photograph: str
    label: str  # class name, or ""
    error: float  # mean ab error of `row`, by which it was chosen
    pictures: dict[str, str]  # row name -> data URI of a small picture; "truth" and "gray" among them


@dataclass(frozen=True)
class Gallery:
    """The photographs that a system colored best and worst."""

    row: str
    best: list[Example]
    worst: list[Example]


@dataclass(frozen=True)
class Report:
    """Everything that an evaluation found."""

    data: dict[str, Any]  # name, photographs, sha256, size, labels, skipped: [{name, reason}], gray: [names]
    settings: dict[str, Any]  # all that was chosen: thresholds, prior, seed, resamples, classifier, features, ...
    versions: dict[str, str]  # photochrom, commit, python, numpy, onnxruntime, torch, platform, ...
    rows: list[Row]
    differences: list[Difference] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    classes: list[Classes] = field(default_factory=list)
    confusions: list[Confusion] = field(default_factory=list)
    galleries: list[Gallery] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # sentences

    def to_json(self) -> str:
        """The report as JSON; `from_json` reads it."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that `to_json` wrote. Raises ValueError for another text."""
        try:
            return _build(cls, json.loads(text))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"this is no report of an evaluation ({error!r}); give the JSON that one wrote") from None

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read the JSON file that `save` wrote. Raises OSError, or ValueError as `from_json`."""
        return cls.from_json(path.read_text(encoding="utf-8"))

    def row(self, name: str) -> Row:
        """The row of that name. Raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def save(self, path: Path) -> None:
        """Write the JSON file, whole or not at all. Raises OSError."""
        write_text(path, self.to_json() + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises OSError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _build(kind: Any, value: Any) -> Any:
    """A value of JSON as the type that an annotation asks for: dataclasses, and lists and dictionaries of them."""
    origin, inner = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        kinds = get_type_hints(kind)
        return kind(**{name: _build(kinds[name], content) for name, content in value.items()})
    if origin is list:
        return [_build(inner[0], one) for one in value]
    if origin is dict:
        return {name: _build(inner[1], one) for name, one in value.items()}
    if origin is UnionType:  # X | None
        return None if value is None else _build(inner[0], value)
    return value
