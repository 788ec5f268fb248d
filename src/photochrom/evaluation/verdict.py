"""What a report allows to be said in words: who is ahead, by how much, and where nothing is known.

A claim is made only where the 95 % interval of a paired difference lies on one side of zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from photochrom.evaluation.notation import interval, listed, measure_of, number, unit_words
from photochrom.evaluation.report import Confusion, Difference, Estimate, Report
from photochrom.evaluation.standing import (
    Standing,
    advantage,
    badness,
    colorizers,
    established,
    reference,
    standing,
    turned,
)

DECISIVE = ("labelled_real", "auc_rebalanced", "top1")  # gray does badly on each, so winning them means something
OTHERS = ("auc_raw", "frechet", "frechet_hue", "ciede2000")  # told too, where they were taken


@dataclass(frozen=True)
class Finding:
    """One sentence about one measure."""

    title: str
    sentence: str
    kind: Literal["clear", "open", "caution"]
    rewards_gray: bool = False  # the measure does, whoever leads


def headline(report: Report) -> str:
    """One or two sentences: who is better, by how much, and whether even the best is worse than no color at all."""
    rows = colorizers(report)
    if not rows:
        return "No colorizer was evaluated: this report holds the reference rows only."
    if len(rows) == 1:
        return _against_gray(report, rows[0].name) + "."
    standings = [found for name in DECISIVE if (found := standing(report, name)) and not found.alone]
    if not standings:
        return f"{len(rows)} systems were evaluated, but no measure that tells good color from none was taken for two."
    return f"{_who_leads(report, standings)} {_best_against_gray(report, standings)}".rstrip()


def findings(report: Report) -> list[Finding]:
    """A sentence for each measure that decides or is often asked for, and a caution where plain gray leads."""
    found = []
    for name in (*DECISIVE, *OTHERS):
        place = standing(report, name)
        if place is not None:
            found.append(_about(report, place))
    return found


def reasons(report: Report) -> list[str]:
    """Why: on which colors the first two differ most, how strong each system's colors are, its commonest mistake."""
    truth = reference(report, "truth")
    goal = truth.measures.get("chroma") if truth else None
    contrast = _contrast(report)
    sentences = [contrast] if contrast else []
    for row in colorizers(report):
        parts = []
        chroma = row.measures.get("chroma")
        if goal and goal.value > 0 and chroma:
            parts.append(f"shows {number(100 * chroma.value / goal.value, 0)} % of the photographs' chroma")
        mistake = _commonest_mistake(report, row.name)
        if mistake:
            parts.append(mistake)
        if parts:
            sentences.append(f"{row.name} {'; '.join(parts)}.")
    return sentences


def reading(report: Report, difference: Difference) -> str:
    """What one paired difference says, in a few words."""
    gap = advantage(report, difference.measure, difference.first, difference.second)
    if gap is None:
        gap, words = difference.estimate, ("first larger", "first smaller")
    else:
        words = ("first better", "first worse")
    if gap.low is None or gap.high is None:
        return "not tested"
    side = established(gap)
    return "not told apart" if not side else words[0] if side > 0 else words[1]


def _who_leads(report: Report, standings: Sequence[Standing]) -> str:
    clear = [found for found in standings if found.clear]
    still_open = [measure_of(found.measure).title for found in standings if not found.clear]
    leaders = list(dict.fromkeys(found.best for found in clear))
    if not leaders:
        return f"No system is clearly ahead: on {listed(still_open)} the best cannot be told apart."
    if len(leaders) > 1:
        parts = [f"{name} is ahead on {_margins(report, clear, name)}" for name in leaders]
        return "Which system is better depends on the question: " + listed(parts) + "."
    count = len(colorizers(report))
    scope = "the better system" if count == 2 else f"the best of the {count} systems"
    if still_open:
        return (
            f"{leaders[0]} is ahead on {_margins(report, clear, leaders[0])}; "
            f"on {listed(still_open)} no system is clearly ahead."
        )
    return f"{leaders[0]} is {scope}: ahead on {_margins(report, clear, leaders[0])}."


def _best_against_gray(report: Report, standings: Sequence[Standing]) -> str:
    """Where plain gray is ahead even of the best; where nobody leads, also where the best is ahead of gray."""
    gray = reference(report, "gray")
    ahead: list[str] = []
    behind: list[str] = []
    for found in standings:
        gap = advantage(report, found.measure, found.best, gray.name) if gray else None
        if gap is None or not established(gap):
            continue
        words = f"{measure_of(found.measure).title} (by {_margin(found.measure, gap)})"
        (ahead if established(gap) > 0 else behind).append(words)
    if any(found.clear for found in standings):
        ahead = []  # a leader is expected to beat gray; that it does not is news
    if ahead and behind:
        return f"The best beats plain gray on {listed(ahead)}, but loses to it on {listed(behind)}."
    if behind:
        return f"Plain gray, no color at all, beats even the best on {listed(behind)}."
    return f"The best beats plain gray on {listed(ahead)}." if ahead else ""


def _margin(measure_name: str, gap: Estimate) -> str:
    """The size of an advantage with its interval, such as "1.20 points [0.70, 1.70]"."""
    measure = measure_of(measure_name)
    words = f"{number(abs(gap.value), measure.digits)}{unit_words(measure, abs(gap.value))}"
    return f"{words} {interval(gap if gap.value >= 0 else turned(gap), measure.digits)}".rstrip()


def _margins(report: Report, standings: Sequence[Standing], name: str) -> str:
    parts = []
    for found in standings:
        if found.best != name:
            continue
        gaps = [advantage(report, found.measure, name, other) for other in found.behind]
        nearest = min((gap for gap in gaps if gap), key=lambda gap: gap.value, default=None)
        scope = " over the next" * (len(found.behind) > 1)
        by = f" (by {_margin(found.measure, nearest)}{scope})" if nearest else ""
        parts.append(f"{measure_of(found.measure).title}{by}")
    return listed(parts)


def _against_gray(report: Report, name: str) -> str:
    """One system alone is judged against no color at all."""
    gray = reference(report, "gray")
    if gray is None:
        return f"{name} was evaluated alone, without plain gray to compare it with"
    better: list[str] = []
    worse: list[str] = []
    unknown: list[str] = []
    for measure in (*DECISIVE, "auc_raw"):
        gap = advantage(report, measure, name, gray.name)
        if gap is None:
            continue
        title, side = measure_of(measure).title, established(gap)
        if side:
            (better if side > 0 else worse).append(f"{title} (by {_margin(measure, gap)})")
        else:
            unknown.append(title)
    parts = [f"better than plain gray on {listed(better)}"] if better else []
    parts += [f"worse on {listed(worse)}" if better else f"worse than plain gray on {listed(worse)}"] if worse else []
    parts += [f"not distinguishable from plain gray on {listed(unknown)}"] if unknown else []
    if not parts:
        return f"{name} was evaluated alone, and no difference from plain gray was measured"
    return f"{name} is {'; '.join(parts)}"


def _about(report: Report, place: Standing) -> Finding:
    measure = measure_of(place.measure)
    value = report.row(place.best).measures[place.measure].value
    verb = "reaches" if place.alone else "has the best value,"
    sentence = f"{place.best} {verb} {number(value, measure.digits)}"
    if place.behind:
        parts = []
        for name in place.behind:
            gap = advantage(report, place.measure, place.best, name)
            parts += [f"{_margin(place.measure, gap)} ahead of {name}"] if gap else []
        sentence += ", " + listed(parts)
    if place.tied:
        sentence += f"; its lead over {listed(place.tied)} is not established"
    if place.untested:
        sentence += f"; its lead over {listed(place.untested)} was not tested"
    gray = reference(report, "gray")
    gap = advantage(report, place.measure, place.best, gray.name) if gray else None
    if gray is not None and gap is None and place.measure in gray.measures:
        without = number(gray.measures[place.measure].value, measure.digits)
        sentence += f". Plain gray has {without}; the difference was not tested"
    kind: Literal["clear", "open", "caution"] = "clear" if place.clear else "open"
    if gray is not None and gap is not None:
        side = established(gap)
        if side:
            sentence += f". Plain gray is {_margin(place.measure, gap)} {'behind' if side > 0 else 'ahead of it'}"
        else:
            sentence += ". Plain gray cannot be told apart from it"
        if place.alone and side > 0:
            kind = "clear"
        if side <= 0:
            kind = "caution"
            sentence += ": this measure rewards gray, and does not tell good color from none" * measure.rewards_gray
    return Finding(measure.title, sentence + ".", kind, measure.rewards_gray)


def _contrast(report: Report) -> str:
    """The hue family, counted by its pixels, on which the first two systems differ most."""
    place = next((found for name in DECISIVE if (found := standing(report, name)) and not found.alone), None)
    if place is None:
        return ""
    others = [row for row in colorizers(report) if row.name != place.best and place.measure in row.measures]
    second = min(others, key=lambda row: badness(report, place.measure, row.measures[place.measure].value))
    one, other = _confusion(report, place.best), _confusion(report, second.name)
    if one is None or other is None or one.families != other.families:
        return ""
    gaps = [weight * (one.shares[turn][turn] - other.shares[turn][turn]) for turn, weight in enumerate(one.weight)]
    turn = max(range(len(gaps)), key=lambda index: abs(gaps[index]))
    shares = [number(100 * found.shares[turn][turn], 0) for found in (one, other)]
    if shares[0] == shares[1]:
        return ""
    family = one.families[turn]
    return (
        f"{place.best} and {second.name} differ most on {family}: of its pixels {shares[0]} % stay {family} with "
        f"{place.best}, {shares[1]} % with {second.name}."
    )


def _confusion(report: Report, name: str) -> Confusion | None:
    return next((found for found in report.confusions if found.row == name), None)


def _commonest_mistake(report: Report, name: str) -> str:
    """The largest share of all pixels that one true family loses to one other."""
    confusion = _confusion(report, name)
    if confusion is None:
        return ""
    lost = [
        (confusion.weight[true] * share, true, predicted)
        for true, row in enumerate(confusion.shares)
        for predicted, share in enumerate(row)
        if true != predicted
    ]
    size, true, predicted = max(lost, default=(0.0, 0, 0))
    if size <= 0:
        return ""
    return (
        f"its most common mistake: {confusion.families[true]} made {confusion.families[predicted]}, "
        f"{number(100 * size, 1)} % of all pixels"
    )
