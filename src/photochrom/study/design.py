"""What a participant sees, in which order and for how long: the design of a study.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, section 3.1: pairs in succession, 1 s each, 10 practice and 40
test pairs, a tenth of them against Random, one system a participant. The pauses are those of the authors' tool, the
branch `matlab` of github.com/phillipi/AMT_Real_vs_Fake.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from photochrom.study.errors import StudyError
from photochrom.study.strict_json import read_dataclass

Presentation = Literal["succession", "side-by-side", "single"]

_SHORTEST_MS = 16  # a display of one frame at 60 Hz
_MOST_TRIALS = 1000  # beyond that nobody looks any more


@dataclass(frozen=True)
class Design:
    """What a participant sees. The defaults are the paper's protocol.

    In "succession" the two pictures come one after the other, "side-by-side" both at once, and "single" shows one
    picture: is it real or colored?

    Raises: StudyError for values that contradict each other or are out of range.

    Example:
        >>> Design(presentation="single", duration_ms=None).trials
        50
        >>> PAPER.vigilance_trials
        4
    """

    presentation: Presentation = "succession"
    duration_ms: int | None = 1000  # of each picture; None: untimed
    systems_within: bool = False  # every participant meets every system; else one system a participant
    pairs: int = 40  # test trials, those of vigilance among them
    practice: int = 10  # trials before them, with feedback; never counted
    vigilance: float = 0.1  # share of the test trials that show Random, which attentive people recognize
    blank_ms: int = 900  # before the first picture
    between_ms: int = 600  # between the two pictures of a succession
    buttons_ms: int = 100  # from the last picture to the buttons
    feedback_ms: int = 2400  # after a practice trial
    tolerance_ms: float = 50.0  # a display that was longer or shorter by more is marked
    phones: bool = False  # whether a phone's screen is allowed
    pixels: int = 256  # short side of a picture at most, its long side twice that; larger ones are reduced

    def __post_init__(self) -> None:
        if self.presentation not in get_args(Presentation):
            raise StudyError(
                f"presentation must be one of {', '.join(get_args(Presentation))}, got {self.presentation!r}"
            )
        if self.duration_ms is not None and self.duration_ms < _SHORTEST_MS:
            raise StudyError(
                f"duration_ms must be at least {_SHORTEST_MS} (one frame) or None (untimed), got {self.duration_ms}"
            )
        if not 1 <= self.pairs <= _MOST_TRIALS or not 0 <= self.practice <= _MOST_TRIALS:
            raise StudyError(
                f"pairs must lie in 1..{_MOST_TRIALS} and practice in 0..{_MOST_TRIALS}, "
                f"got {self.pairs} and {self.practice}"
            )
        if not 0 <= self.vigilance <= 0.5:
            raise StudyError(f"vigilance is a share of the test trials in 0..0.5, got {self.vigilance}; try 0.1")
        for name in ("blank_ms", "between_ms", "buttons_ms", "feedback_ms", "tolerance_ms"):
            if not 0 <= getattr(self, name) <= 60_000:
                raise StudyError(f"{name} must lie in 0..60000 milliseconds, got {getattr(self, name)}")
        if not 16 <= self.pixels <= 4096:
            raise StudyError(f"pixels must lie in 16..4096, got {self.pixels}; the paper shows 256")
        if self.pairs == self.vigilance_trials:
            raise StudyError(f"all {self.pairs} test trials would be vigilance; lower vigilance or ask for more pairs")

    @property
    def trials(self) -> int:
        """Of one participant, practice included."""
        return self.practice + self.pairs

    @property
    def vigilance_trials(self) -> int:
        """How many of the test trials show Random: always the same number, so that the rule that uses it is fair."""
        return round(self.vigilance * self.pairs)

    @property
    def slots(self) -> int:
        """Pictures in a trial."""
        return 1 if self.presentation == "single" else 2

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Any) -> Design:
        """The design out of `to_json`'s values.

        Raises: StudyError for a field that is missing, unknown or of another type.
        """
        return read_dataclass(cls, content, "design")


PAPER = Design()
