"""What a reader of the report has to know: photographs left out, measures that could not be taken or that mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from photochrom.evaluation.measures import MEASURES
from photochrom.evaluation.photographs import GRAY_CHROMA, Photographs
from photochrom.evaluation.report import Difference, Row
from photochrom.evaluation.standing import COLORIZERS
from photochrom.evaluation.summary import Gathered

NAMED = 3  # photographs in a sentence; the report's data list them all


def of_photographs(photographs: Photographs, *, classifier: str | None) -> list[str]:
    """About the set: skipped, gray and unlabelled photographs."""
    said, count = [], len(photographs)
    if photographs.skipped:
        names = _named([f"{one.name} ({one.reason})" for one in photographs.skipped])
        said.append(f"{_photographs(len(photographs.skipped))} left out: {names}.")
    if photographs.gray:
        said.append(
            f"{_photographs(len(photographs.gray))} without color (mean chroma under {GRAY_CHROMA:g}) among the "
            f"{count}: {_named(photographs.gray)}. Gray is right there, which favors timid systems; --without-gray "
            "leaves them out."
        )
    if classifier is not None and photographs.labelled == 0:
        said.append(
            "The photographs have no class labels, so top-1 and top-5 are left out; give them in a column `label` "
            "(Parquet), in .cls files (tar) or in a labels.csv (folder)."
        )
    elif classifier is not None and photographs.labelled < count:
        said.append(
            f"Only {photographs.labelled} of {count} photographs have a class label; top-1 and top-5 are theirs."
        )
    return said


def of_colorings(rows: Mapping[str, Gathered], photographs: Photographs) -> list[str]:
    """About photographs that a system has no coloring for."""
    said = []
    for name, row in rows.items():
        if row.problems:
            lacking = [f"{photographs.entries[index].name} ({reason})" for index, reason in row.problems]
            said.append(
                f"{name} lacks {len(lacking)} of {len(photographs)} photographs, so its figures are over the others: "
                f"{_named(lacking)}."
            )
    return said


def of_rewards(rows: Sequence[Row], differences: Sequence[Difference]) -> list[str]:
    """Where gray, no color at all, is better than a colorizer on the photographs that both have.

    On measures that reward gray every lead is told; on the others, where gray should be behind, only one whose paired
    interval lies on its side of zero.
    """
    gray = next((row.name for row in rows if row.kind == "gray"), None)
    said = []
    for row in rows:
        if row.kind not in COLORIZERS:
            continue
        behind = [one for one in differences if (one.first, one.second) == (row.name, gray) and _is_worse(one)]
        rewarded = [_by(one) for one in behind if MEASURES[one.measure].rewards_gray]
        if rewarded:
            said.append(
                f"Gray, no color at all, beats {row.name} on {', '.join(rewarded)}: these measures reward gray, do not "
                "choose a colorizer by them."
            )
        harmed = [_by(one) for one in behind if not MEASURES[one.measure].rewards_gray and _is_sure(one)]
        if harmed:
            said.append(f"{row.name} is behind gray on {', '.join(harmed)}, where color should help: it does harm.")
    return said


def _is_worse(difference: Difference) -> bool:
    """Whether the first row's figure is the worse one; `recovered` says what top-1 says."""
    better, apart = MEASURES[difference.measure].better, difference.estimate.value
    return difference.measure != "recovered" and (apart < 0 if better == "higher" else better == "lower" and apart > 0)


def _is_sure(difference: Difference) -> bool:
    low, high = difference.estimate.low, difference.estimate.high
    return low is not None and high is not None and (low > 0 or high < 0)


def _by(difference: Difference) -> str:
    measure = MEASURES[difference.measure]
    unit = "points" if measure.unit == "%" else measure.unit
    return f"{measure.title} (by {abs(difference.estimate.value):.{measure.digits}f}{' ' + unit if unit else ''})"


def _photographs(count: int) -> str:
    return f"{count} photograph{' is' if count == 1 else 's are'}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
