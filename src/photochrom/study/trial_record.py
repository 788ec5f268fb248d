"""What is kept of a trial and of a participant for the analysis: no name, no token, no address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from photochrom.study.design import Presentation

TrialKind = Literal["practice", "test", "vigilance"]
ColorVision = Literal["passed", "failed", "unclear"]


@dataclass(frozen=True)
class TrialRecord:
    """One answered trial.

    In the presentation "single" one picture is shown: `truth_slot` 0 says that it is the photograph and 1 that it is
    the coloring; `chosen_slot` 1 is the answer "colored" and 0 the answer "real".
    """

    participant: int  # number of arrival, from 0
    system: str  # whose coloring is compared; "random" in a trial of vigilance
    kind: TrialKind
    number: int  # of the trial, from 0, practice included
    photograph: str
    truth_slot: int  # where the photograph stands: 0 first or left, 1 second or right
    chosen_slot: int  # the picture that was called colored
    labelled_real: bool  # the shown coloring was taken for the photograph; "single": the shown picture was called real
    response_ms: float  # from the buttons to the answer
    shown_ms: tuple[float | None, float | None]  # measured; None: not shown, or for as long as the person liked
    on_time: bool  # both displays were within the design's tolerance
    simulated: bool


@dataclass(frozen=True)
class ParticipantRecord:
    """One participant, under the number of arrival."""

    number: int
    complete: bool  # every trial is over
    screen_passed: bool | None  # None: the check was not reached
    color_vision: ColorVision | None  # None: the check was not reached
    started: str  # ISO 8601 in UTC, to the day: a finer time could tell who it was
    simulated: bool


def labelled_real(presentation: Presentation, truth_slot: int, chosen_slot: int) -> bool:
    """Whether an answer takes the coloring for the photograph; in "single": calls the shown picture real.

    Example:
        >>> labelled_real("succession", truth_slot=0, chosen_slot=0)  # the photograph was called colored
        True
        >>> labelled_real("single", truth_slot=1, chosen_slot=1)  # a coloring was called colored
        False
    """
    if presentation == "single":
        return chosen_slot == 0
    return chosen_slot == truth_slot
