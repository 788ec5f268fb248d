"""Figures of a report as text: for the page, and for the terminal."""

from __future__ import annotations

from photochrom.study.report import StudyReport
from photochrom.study.two_level import Difference, Share

MISSING = "-"


def percent(share: float | None) -> str:
    """A share in percent with one decimal.

    Example:
        >>> percent(0.323), percent(None)
        ('32.3', '-')
    """
    return MISSING if share is None else f"{100 * share:.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends in percent.

    Example:
        >>> interval(0.28, 0.366)
        '28.0 to 36.6'
    """
    return MISSING if low is None or high is None else f"{percent(low)} to {percent(high)}"


def p_value(p: float | None) -> str:
    """A p-value as it is commonly written.

    Example:
        >>> p_value(0.0312), p_value(0.0001), p_value(None)
        ('0.031', '< 0.001', '-')
    """
    if p is None:
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def sentence_of(share: Share) -> str:
    """One system's result in words."""
    error = "" if share.error is None else f" \N{PLUS-MINUS SIGN} {percent(share.error)}"
    return f"{share.system}: {percent(share.rate)}{error} % labelled real ({interval(share.low, share.high)})"


def verdict(difference: Difference, level: float = 0.05) -> str:
    """What a comparison says, after the adjustment for several."""
    p = difference.p_adjusted
    if p is None:
        return "too few participants to compare"
    if p > level:
        return "not told apart"
    ahead = difference.first if difference.difference > 0 else difference.second
    return f"{ahead} convinces more often"


def terminal_summary(report: StudyReport) -> str:
    """The main figures as lines; every line with a figure says "simulated" where it is."""
    mark = "simulated  " if report.simulated else ""
    people = report.people
    lines = [
        f"{mark}{people.started} participants, {people.complete} to the end, {len(people.excluded)} left out",
        f"{mark}{'system':<16} {'labelled real %':>15}  {'95 % interval':>16}  {'trials':>7}  without exclusions",
    ]
    others = {share.system: share for share in report.everybody.shares}
    for share in report.kept.shares:
        error = "" if share.error is None else f" +- {percent(share.error)}"
        lines.append(
            f"{mark}{share.system:<16} {percent(share.rate) + error:>15}  {interval(share.low, share.high):>16}  "
            f"{share.trials:>7}  {percent(others[share.system].rate)}"
        )
    for each in report.kept.differences:
        lines.append(
            f"{mark}{each.first} - {each.second}: {100 * each.difference:+.1f} points "
            f"(p {p_value(each.p)}, adjusted {p_value(each.p_adjusted)}): {verdict(each)}"
        )
    return "\n".join(lines)
