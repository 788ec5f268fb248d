"""What a study found, as plain values, and as the JSON that `photochrom evaluate --human` reads.

The JSON has `"simulated"` and `"systems": {NAME: {"rate", "low", "high", ...}}` in percent at its top; where any answer
came from a simulated participant, `"simulated"` is true and the human column refuses the file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from photochrom.study.published import PAPER, PUBLISHED
from photochrom.study.two_level import Difference, Share

FORMAT = 1


@dataclass(frozen=True)
class Figures:
    """The shares and differences of one set of answers."""

    shares: list[Share]  # of the systems, then of "random"
    differences: list[Difference]  # between the systems; not to "random"
    photographs_called_real: float | None  # "single" alone: how often a photograph was called real, 0..1
    participants: int
    trials: int


@dataclass(frozen=True)
class People:
    """Who came, and who was left out."""

    started: int
    complete: int
    simulated: int
    excluded: dict[int, list[str]]  # participant -> reasons
    off_time: int  # trials left out of the others because of their display time
    too_fast: int  # trials left out of the others because of their response time


@dataclass(frozen=True)
class PhotographShare:
    """How often one system's coloring of one photograph was labelled real."""

    photograph: str
    system: str
    labelled: int
    trials: int

    @property
    def rate(self) -> float:
        """In 0..1."""
        return self.labelled / self.trials


@dataclass(frozen=True)
class Histogram:
    """Counts between edges; what lies beyond is in the first or last."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class ResponseTimes:
    """Of one system's trials, in milliseconds."""

    system: str
    quartiles: tuple[float, float, float]
    when_labelled_real: float | None  # median; None without such a trial
    when_recognized: float | None


@dataclass(frozen=True)
class DisplayTimes:
    """How long pictures were on the screen, against how long they should be."""

    wanted_ms: int
    tolerance_ms: float
    displays: int
    within_tolerance: float  # share of the displays
    percentiles: tuple[float, float, float, float, float]  # 1, 5, 50, 95, 99: measured less wanted, ms
    histogram: Histogram  # measured less wanted, ms


@dataclass(frozen=True)
class LearningStep:
    """The share labelled real in one stretch of the test trials."""

    system: str
    first: int  # test trials, from 1
    last: int
    rate: float | None  # None without a trial
    trials: int


@dataclass(frozen=True)
class StudyReport:
    """Everything that the page shows.

    Attributes:
        study: name, hash, version, seed, design, exclusions, systems and number of photographs.
        simulated: whether any answer comes from a simulated participant.
        kept: figures of the answers that stay.
        everybody: the same without any exclusion, of everybody who answered.
    """

    study: dict[str, Any]
    simulated: bool
    people: People
    kept: Figures
    everybody: Figures
    photographs: list[PhotographShare]
    response_times: list[ResponseTimes]
    response_histogram: Histogram
    display_times: DisplayTimes | None  # None for an untimed design, or without a measured display
    learning: list[LearningStep]
    first_called_colored: float | None  # share of the trials; 0.5 without a preference for a side
    resamples: int
    seed: int

    def share(self, system: str) -> Share | None:
        """Of a system among the answers that stay."""
        return next((share for share in self.kept.shares if share.system == system), None)

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON; shares in percent under the names that `photochrom evaluate` reads."""
        return {
            "photochrom": "study-report",
            "format": FORMAT,
            "simulated": self.simulated,
            "systems": _systems(self.kept),
            "differences": [_percent(asdict(each)) for each in self.kept.differences],
            "without_exclusions": {
                "systems": _systems(self.everybody),
                "differences": [_percent(asdict(each)) for each in self.everybody.differences],
            },
            "study": self.study,
            "participants": asdict(self.people),
            "photographs_called_real": self.kept.photographs_called_real,
            "photographs": [asdict(each) for each in self.photographs],
            "response_times": [asdict(each) for each in self.response_times],
            "display_times": None if self.display_times is None else asdict(self.display_times),
            "learning": [asdict(each) for each in self.learning],
            "first_called_colored": self.first_called_colored,
            "bootstrap": {
                "resamples": self.resamples,
                "seed": self.seed,
                "shares_draw": ["participants", "trials"],
                "differences_draw": ["participants"],
            },
            "published": {"source": PAPER, "systems": [asdict(row) for row in PUBLISHED]},
        }


def _systems(figures: Figures) -> dict[str, dict[str, Any]]:
    named = {share.system: _percent(asdict(share)) for share in figures.shares}
    return {name: {key: value for key, value in fields.items() if key != "system"} for name, fields in named.items()}


def _percent(fields: dict[str, Any]) -> dict[str, Any]:
    scaled = ("rate", "error", "low", "high", "difference")
    return {
        name: round(100 * value, 4) if name in scaled and value is not None else value for name, value in fields.items()
    }
