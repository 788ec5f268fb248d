"""How long a trial takes, and whether its pictures were on the screen as long as the design says."""

from __future__ import annotations

from photochrom.study.design import Design
from photochrom.study.sessions import Answer

THINKING_MS = 2500.0  # a usual answer, for the estimate in the consent; it decides nothing
CHECKS_MS = 120_000.0  # consent, instructions and checks, likewise


def showing_ms(design: Design) -> float:
    """From the beginning of a trial to the moment at which an answer is possible; untimed pictures count nothing.

    Example:
        >>> showing_ms(Design())  # 900 blank, 1000, 600 between, 1000, 100 until the buttons
        3600.0
    """
    if design.duration_ms is None:
        return float(design.blank_ms)
    in_turn = 2 if design.presentation == "succession" else 1
    return float(design.blank_ms + in_turn * design.duration_ms + (in_turn - 1) * design.between_ms + design.buttons_ms)


def minutes(design: Design) -> int:
    """About how long a participant needs, checks included.

    Example:
        >>> minutes(Design())
        7
    """
    trial = showing_ms(design) + THINKING_MS
    return max(1, round((CHECKS_MS + design.trials * trial + design.practice * design.feedback_ms) / 60_000))


def on_time(design: Design, answer: Answer) -> bool:
    """Whether every picture was shown for its time, to within the tolerance, on a page in the foreground.

    Untimed pictures are on time always.
    """
    if design.duration_ms is None:
        return True
    shown = answer.shown_ms[: design.slots]
    return not answer.hidden and all(
        each is not None and abs(each - design.duration_ms) <= design.tolerance_ms for each in shown
    )
