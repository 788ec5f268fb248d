"""What a run did and what it cost, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

STAGES = ("reading", "looking", "writing", "putting")


@dataclass(frozen=True)
class Summary:
    """What a run did; times and costs are those of this call, states those of the whole run.

    Attributes:
        states: how many photographs were colored, copied, failed and skipped.
        done_before: how many of them by earlier calls.
        seconds: on the clock, from the first look at the source.
        listing: seconds of it for the manifest.
        core_seconds: of all coloring processes and actors together.
        stages: seconds of all actors together: reading from the source, looking (decoding small, the network), writing
            (decoding whole, joining, encoding) and putting into the target.
        busy: seconds of all actors together at their chunks, and how many actors there were.
        ledger: where every photograph is told.
    """

    states: Mapping[str, int]
    done_before: int
    seconds: float
    listing: float
    core_seconds: float
    stages: Mapping[str, float]
    busy: float
    actors: int
    ledger: str

    @property
    def photographs(self) -> int:
        """All of the run."""
        return sum(self.states.values())

    @property
    def made(self) -> int:
        """By this call."""
        return self.photographs - self.done_before

    @property
    def failed(self) -> int:
        """Without a result, those that were skipped among them."""
        return self.states.get("failed", 0) + self.states.get("skipped", 0)

    def to_json(self) -> str:
        """As a JSON document."""
        value: dict[str, Any] = asdict(self)
        value["photographs"] = self.photographs
        value["core_seconds_a_photograph"] = self.core_seconds / self.made if self.made else None
        return json.dumps(value, indent=2) + "\n"

    def lines(self) -> list[str]:
        """For people: what, how fast, at what cost, where to look.

        Example:
            >>> Summary({"colored": 10}, 10, 1.0, 0.1, 0.0, {}, 0.0, 0, "new/photochrom-ledger.parquet").lines()
            ['10 colored; all of it done before', 'ledger: new/photochrom-ledger.parquet']
        """
        told = ", ".join(f"{count:,} {state}" for state, count in self.states.items() if count) or "no photographs"
        if not self.made:
            return [f"{told}; all of it done before", f"ledger: {self.ledger}"]
        actors = "1 actor" if self.actors == 1 else f"{self.actors} actors"
        before = f" ({self.done_before:,} of them before)" if self.done_before else ""
        return [
            f"{told}{before} in {duration(self.seconds)}, {self.made / self.seconds:.1f} photographs a second",
            f"cost: {self.core_seconds / self.made:.3f} core-seconds a photograph, "
            f"{self.core_seconds / 3600:.2f} core-hours in all, {actors}",
            f"ledger: {self.ledger}",
        ]


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    photographs: int
    done: int
    failed: int
    made: int  # by this call
    seconds: float  # since the first actor was asked

    def line(self) -> str:
        """Readable by a person.

        Example:
            >>> Progress(photographs=20_000, done=5_000, failed=3, made=5_000, seconds=100.0).line()
            '5,000 of 20,000 photographs (25.0 %), 3 failed, 50.0 a second, 5 min to go'
        """
        rate = self.made / self.seconds if self.seconds else 0.0
        left = f"{duration((self.photographs - self.done) / rate)} to go" if rate else "starting"
        share = 100 * self.done / self.photographs if self.photographs else 100.0
        return (
            f"{self.done:,} of {self.photographs:,} photographs ({share:.1f} %), {self.failed:,} failed, "
            f"{rate:.1f} a second, {left}"
        )


def duration(seconds: float) -> str:
    """A time as a person says it.

    Example:
        >>> duration(8), duration(300), duration(7300)
        ('8 s', '5 min', '2 h 2 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def add(total: Counter[str], told: Mapping[str, Any]) -> None:
    """Add what actors told of some chunks, column by column, to the sums."""
    for name, values in told.items():
        if name != "chunk":
            total[name] += float(values.sum())  # type: ignore[assignment]  # Counter adds floats as well
