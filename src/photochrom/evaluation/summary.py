"""From records to the parts of a report, chunk by chunk: what is held hardly grows with the number of photographs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from photochrom.color.ab_bins import ab_bins
from photochrom.evaluation.bootstrap import paired_interval, poisson_weights
from photochrom.evaluation.color_error import ColorError
from photochrom.evaluation.common_photographs import CommonSums, Figures
from photochrom.evaluation.hue import FAMILIES
from photochrom.evaluation.measuring import RowPlan, chunks_of
from photochrom.evaluation.photographs import Photographs
from photochrom.evaluation.records import SCALARS, Record, load_record, record_path
from photochrom.evaluation.report import Classes, Confusion, Curve, Difference, Estimate
from photochrom.evaluation.set_distances import SetDistances
from photochrom.evaluation.settings import EvaluationError, Settings
from photochrom.evaluation.standing import COLORIZERS
from photochrom.evaluation.sums import Weights

CLASSES_SHOWN = 12  # on each side, of those that color helped and hurt most


@dataclass
class Gathered:
    """What one row's records add up to."""

    distances: SetDistances
    curve: ColorError = field(default_factory=ColorError)
    bin_error: np.ndarray = field(default_factory=lambda: np.zeros(len(ab_bins())))  # sum of errors by true bin
    confusion: np.ndarray = field(default_factory=lambda: np.zeros((len(FAMILIES), len(FAMILIES)), np.int64))
    ab_error: list[float] = field(default_factory=list)  # by photograph; NaN where there is no coloring
    problems: list[tuple[int, str]] = field(default_factory=list)  # photographs without a coloring, and why
    recognized: list[tuple[int, float, float]] = field(
        default_factory=list
    )  # photograph, its class's probability, gray's
    figures: Figures = field(default_factory=dict)

    def add(self, first: int, record: Record, truth: Record, gray: Record, labels: np.ndarray) -> None:
        """One chunk of the row, with that of truth and of gray.

        Args:
            first: the number of its first photograph.
            record: of the row.
            truth: of the row that has the photographs themselves.
            gray: of the row without color.
            labels: int64 [n], below 0 where there is none.
        """
        valid = record["valid"] > 0
        self.curve.counts += record["curve"]
        self.bin_error += record["bin_error"]
        self.confusion += record["confusion"]
        self.ab_error += np.where(valid, record["scalars"][:, list(SCALARS).index("ab_error")], np.nan).tolist()
        self.problems += [(index, reason) for index, reason in json.loads(str(record["problems"]))]
        if "features" in record:
            self.distances.add(record, truth)
        if "probability" in record:
            known = labels[valid] >= 0
            places = first + np.flatnonzero(valid)[known]
            own, without = record["probability"][known], gray["probability"][valid][known]
            self.recognized += zip(places.tolist(), own.tolist(), without.tolist(), strict=True)


def gather(
    plans: Sequence[RowPlan], photographs: Photographs, settings: Settings, weights: Weights
) -> tuple[dict[str, Gathered], list[Difference]]:
    """Read the records of all rows, `truth` and `gray` among them; returns the rows' figures and their differences."""
    rows = {
        plan.name: Gathered(SetDistances(is_truth=plan.system.kind == "truth", seed=settings.seed)) for plan in plans
    }
    truth, gray = (next(plan.name for plan in plans if plan.system.kind == kind) for kind in ("truth", "gray"))
    chunks = chunks_of(len(photographs))
    has = {plan.name: _has_coloring(plan, photographs) for plan in plans}
    compared = [(one, other) for one, other in _compared(plans) if (has[one] & has[other]).any()]
    common = CommonSums(has, truth, gray, compared, settings.resamples, settings.convention)
    labels = np.array([-1 if entry.label is None else entry.label for entry in photographs.entries])
    for number, chunk in enumerate(chunks):
        records = {plan.name: load_record(record_path(plan.folder, number)) for plan in plans}
        drawn = poisson_weights(settings.seed, chunk.start, len(chunk), settings.resamples)
        for name, row in rows.items():
            common.add(name, chunk, records[name], drawn)
            row.add(chunk.start, records[name], records[truth], records[gray], labels[chunk.start : chunk.stop])
    common.finish(weights)
    for name, row in rows.items():
        [row.figures] = common.figures(name)
    return rows, [apart for pair in compared for apart in _differences(pair, *common.figures(*pair))]


def estimates(row: Gathered) -> dict[str, Estimate]:
    """Every measure of a row."""
    return {name: figure.estimate() for name, figure in row.figures.items()} | row.distances.estimates()


def curve(name: str, row: Gathered, weights: Weights) -> Curve:
    """The cumulative error; it follows the thresholds in either convention."""
    rebalanced = row.curve.curve(rebalanced=True, prior=weights)
    return Curve(name, row.curve.curve().tolist(), rebalanced.tolist())


def confusion(name: str, row: Gathered) -> Confusion:
    """Shares of the families, and the mean error by true bin."""
    pixels = row.confusion.sum(axis=1, keepdims=True)
    shares = np.divide(row.confusion, pixels, out=np.zeros(row.confusion.shape), where=pixels > 0)
    counts = row.curve.counts.sum(axis=1)
    errors = [float(total / count) if count else None for total, count in zip(row.bin_error, counts, strict=True)]
    return Confusion(name, list(FAMILIES), shares.tolist(), (pixels[:, 0] / pixels.sum()).tolist(), errors)


def classes(name: str, row: Gathered, photographs: Photographs) -> Classes:
    """The classes whose true name color made most and least probable, against the gray photographs."""
    from photochrom.evaluation.classification import class_changes, helped_and_hurt

    entries = [photographs.entries[place] for place, *_ in row.recognized]
    changes = class_changes(
        [own for _, own, _ in row.recognized],
        [gray for *_, gray in row.recognized],
        [entry.label for entry in entries],
        [entry.class_name for entry in entries],
    )
    return helped_and_hurt(name, changes, CLASSES_SHOWN)


def _compared(plans: Sequence[RowPlan]) -> list[tuple[str, str]]:
    """Each colorizer with gray, and with every other."""
    competing = [plan.name for plan in plans if plan.system.kind in COLORIZERS]
    gray = [plan.name for plan in plans if plan.system.kind == "gray"]
    return [(name, other) for name in competing for other in gray] + list(combinations(competing, 2))


def _has_coloring(plan: RowPlan, photographs: Photographs) -> np.ndarray:
    """Which photographs a row has a coloring for, bool [n]. Raises: EvaluationError where there is none."""
    paths = [record_path(plan.folder, number) for number in range(len(chunks_of(len(photographs))))]
    has = np.concatenate([load_record(path, ("valid",))["valid"] > 0 for path in paths])
    if not has.any():
        place, reason = json.loads(str(load_record(paths[0], ("problems",))["problems"]))[0]
        raise EvaluationError(
            f"{plan.name} has no coloring of any of the {len(photographs)} photographs, "
            f"such as {photographs.entries[place].name}: {reason}"
        )
    return has


def _differences(pair: tuple[str, str], one: Figures, other: Figures) -> list[Difference]:
    """Every measure of both, on the same photographs and the same resamples of them."""
    found = []
    for measure in (name for name in one if name in other):
        apart = one[measure].value - other[measure].value
        low, high = paired_interval(one[measure].resampled, other[measure].resampled)
        found.append(Difference(measure, *pair, Estimate(apart, low, high)))
    return found
