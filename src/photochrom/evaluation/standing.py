"""Who leads a measure, and what is known of it: the facts behind every verdict, rank and mark of a report.

A lead is established only where the 95 % interval of a paired difference lies on one side of zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from photochrom.evaluation.notation import measure_of
from photochrom.evaluation.report import Estimate, Report, Row

COLORIZERS = ("weights", "run", "folder")  # kinds of rows that compete; the others are references


@dataclass(frozen=True)
class Standing:
    """Who leads one measure."""

    measure: str
    best: str  # the colorizer with the best value
    behind: tuple[str, ...]  # those whose distance from the best is established
    tied: tuple[str, ...]  # those whose interval holds zero
    untested: tuple[str, ...]  # those without an interval of their difference

    @property
    def alone(self) -> bool:
        """Whether no other colorizer has the measure."""
        return not (self.behind or self.tied or self.untested)

    @property
    def clear(self) -> bool:
        """Whether there are others, and all are established behind the best."""
        return bool(self.behind) and not self.tied and not self.untested


def colorizers(report: Report) -> list[Row]:
    """The rows that compete."""
    return [row for row in report.rows if row.kind in COLORIZERS]


def reference(report: Report, kind: str) -> Row | None:
    """The first row of a kind, such as "gray"; None where it was not evaluated."""
    return next((row for row in report.rows if row.kind == kind), None)


def paired(report: Report, measure: str, first: str, second: str) -> Estimate | None:
    """First minus second, whichever way round the report holds it; None where it does not."""
    for found in report.differences:
        if found.measure != measure:
            continue
        if (found.first, found.second) == (first, second):
            return found.estimate
        if (found.first, found.second) == (second, first):
            return turned(found.estimate)
    return None


def advantage(report: Report, measure: str, first: str, second: str) -> Estimate | None:
    """How much better the first is, so that above zero is good whatever the measure's direction.

    None where there is no difference, no direction, or the two stand on either side of the truth they should reach.
    """
    difference = paired(report, measure, first, second)
    better = measure_of(measure).better
    if difference is None or better == "none":
        return None
    upward = better == "higher"
    if better == "truth":
        truth = reference(report, "truth")
        values = [report.row(name).measures.get(measure) for name in (first, second)]
        goal = truth.measures.get(measure) if truth else None
        if goal is None or values[0] is None or values[1] is None:
            return None
        above = [value.value > goal.value for value in values if value is not None]
        if above[0] != above[1]:
            return None
        upward = not above[0]
    return difference if upward else turned(difference)


def established(difference: Estimate | None) -> int:
    """1 or -1 where the interval lies wholly above or below zero, else 0.

    Example:
        >>> established(Estimate(1, 0.5, 1.5)), established(Estimate(-1, -2, -0.1)), established(Estimate(1, -1, 3))
        (1, -1, 0)
    """
    if difference is None or difference.low is None or difference.high is None:
        return 0
    return 1 if difference.low > 0 else -1 if difference.high < 0 else 0


def standing(report: Report, measure: str) -> Standing | None:
    """Who leads; None where no colorizer has the measure, or it has no better and worse."""
    having = [row for row in colorizers(report) if measure in row.measures]
    if not having or measure_of(measure).better == "none":
        return None
    ranked = sorted(having, key=lambda row: badness(report, measure, row.measures[measure].value))
    best, rest = ranked[0].name, [row.name for row in ranked[1:]]
    gaps = {name: advantage(report, measure, best, name) for name in rest}
    known = {name: gap for name, gap in gaps.items() if gap is not None and gap.low is not None}
    return Standing(
        measure,
        best,
        behind=tuple(name for name, gap in known.items() if established(gap) > 0),
        tied=tuple(name for name, gap in known.items() if established(gap) <= 0),
        untested=tuple(name for name in rest if name not in known),
    )


def turned(estimate: Estimate) -> Estimate:
    """The difference the other way round: second minus first."""
    low, high = estimate.low, estimate.high
    return Estimate(-estimate.value, None if high is None else -high, None if low is None else -low)


def badness(report: Report, measure: str, value: float) -> float:
    """What rises as a value gets worse, whichever way the measure points: the key to rank systems by."""
    better = measure_of(measure).better
    if better == "truth":
        truth = reference(report, "truth")
        goal = truth.measures.get(measure) if truth else None
        return abs(value - goal.value) if goal else 0.0
    return -value if better == "higher" else value
