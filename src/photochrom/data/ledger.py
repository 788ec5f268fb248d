"""The photographs that could not be read: counted, named with their reason, and too many of them refused."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from photochrom.data.locations import DataError
from photochrom.data.shards import EncodedPhotograph

LEDGER_NAME = "unreadable.jsonl"
LARGEST_UNREADABLE_SHARE = 0.01
NAMED = 3  # in a message


@dataclass(frozen=True)
class Unreadable:
    """One line of the ledger."""

    name: str  # of the photograph, inside its source
    source: str  # without user, password and query
    reason: str


@dataclass
class Ledger:
    """Counts photographs as they are read, and names those that could not be.

    Attributes:
        tried: all photographs so far.
        unreadable: in the order they were met.
    """

    tried: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)

    def add(self, photograph: EncodedPhotograph, error: Exception) -> None:
        """Name a photograph that could not be read."""
        reason = str(error).removeprefix(f"{photograph.name}: ").partition("; ")[0]  # the rest says what to do
        self.unreadable.append(Unreadable(photograph.name, photograph.source, reason))

    def check(self, allowed_share: float = LARGEST_UNREADABLE_SHARE) -> None:
        """Refuse data of which too much is damaged.

        Args:
            allowed_share: in 0..1, of the photographs tried.
        Raises: DataError, naming the first few.

        Example:
            >>> Ledger(tried=100).check()
        """
        if len(self.unreadable) > allowed_share * self.tried:
            raise DataError(
                f"{self.summary()}; that is over the allowed {allowed_share:.3g} of them: mend or remove them, "
                "or allow more"
            )

    def summary(self) -> str:
        """One line: how many, and the first few by name."""
        first = ", ".join(f"{entry.name} ({entry.reason})" for entry in self.unreadable[:NAMED])
        more = len(self.unreadable) - NAMED
        names = f": {first}{f' and {more} more' if more > 0 else ''}" if first else ""
        return f"{len(self.unreadable)} of {self.tried} photographs cannot be read{names}"

    def write(self, path: Path) -> None:
        """Write one JSON object a line: name, source, reason. Folders on the way are made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in self.unreadable]
        path.write_text("".join(lines), encoding="utf-8")
