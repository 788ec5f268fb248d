"""The manifest: which results were made of which photographs, so that a run can go on where another ended.

One JSON line for each photograph, in the order of their names: its place, the sha256 of its content, the sha256 of
everything that was chosen, and its results. The same photographs and choices give the same manifest, byte for byte: no
times, no machine, no order of completion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photochrom.batch.errors import BatchError

FORMAT = 1  # of the lines; another is refused rather than guessed at
_HEADER = {"photochrom": "manifest", "format": FORMAT}


@dataclass(frozen=True, slots=True)
class Result:
    """One file that was written."""

    name: str  # from the folder of the manifest, with "/" between the parts
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One photograph that was colored."""

    relative: str  # as in its Work
    sha256: str  # of the photograph's content
    choices: str  # sha256 of the options, the weights, and what was written how
    results: tuple[Result, ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in a line."""
        results = [{"name": result.name, "size": result.size, "sha256": result.sha256} for result in self.results]
        return {"relative": self.relative, "sha256": self.sha256, "choices": self.choices, "results": results}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Entry:
        """Raises: KeyError or TypeError for a value of another form."""
        results = tuple(Result(str(each["name"]), int(each["size"]), str(each["sha256"])) for each in value["results"])
        return cls(str(value["relative"]), str(value["sha256"]), str(value["choices"]), results)


def read_manifest(path: Path) -> dict[str, Entry]:
    """The entries of a manifest, by place; none where there is no file.

    Raises: BatchError for a file that cannot be read, of another format, or with a line that makes no sense.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BatchError(f"{path}: the manifest cannot be read ({error}); move it away to begin anew") from None
    entries = {}
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
            if number == 1 and value != _HEADER:
                raise ValueError("another format")
            if number > 1:
                entry = Entry.from_json(value)
                entries[entry.relative] = entry
        except (ValueError, KeyError, TypeError) as error:
            raise BatchError(
                f"{path}: line {number} is none of a manifest of format {FORMAT} ({type(error).__name__}: {error}); "
                f"move it away to begin anew"
            ) from None
    return entries


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    """Write the entries in the order of their places. Raises: OSError."""
    ordered = sorted(entries, key=lambda entry: entry.relative)
    write_lines(path, [_HEADER, *(entry.to_json() for entry in ordered)])


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON lines in plain ASCII, which any name survives, one that is no valid UTF-8 too. Raises: OSError."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(json.dumps(value) + "\n" for value in values)
