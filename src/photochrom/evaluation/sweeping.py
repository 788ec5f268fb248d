"""Measures against the temperature of the annealed mean, from records, with the best temperature for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from photochrom.evaluation.color_error import auc_of
from photochrom.evaluation.hue import hue_entropy
from photochrom.evaluation.measures import MEASURES
from photochrom.evaluation.measuring import SweepPlan, chunks_of
from photochrom.evaluation.photographs import Photographs
from photochrom.evaluation.records import SWEPT, Record, load_record, record_path
from photochrom.evaluation.report import Sweep
from photochrom.evaluation.settings import Settings
from photochrom.evaluation.sums import Weights
from photochrom.evaluation.systems import MODE

# From the mode to the mean. Zhang, Isola and Efros show 0, .14, .29, .38, .58, .77 and 1; the others fill the gaps.
TEMPERATURES = (MODE, 0.05, 0.1, 0.14, 0.2, 0.29, 0.38, 0.5, 0.58, 0.77, 0.9, 1.0)


def sweep(
    plan: SweepPlan, photographs: Photographs, settings: Settings, weights: Weights, truth: Mapping[str, float]
) -> Sweep:
    """Read the records of a sweep.

    Args:
        plan: what was swept.
        photographs: the set.
        settings: the convention of the AuC.
        weights: of the rebalanced AuC.
        truth: the measures of the photographs themselves, to which some should come near.
    """
    total: Record = {}
    for number in range(len(chunks_of(len(photographs)))):
        for name, values in load_record(record_path(plan.folder, number)).items():
            total[name] = total.get(name, 0) + values
    measured = _measures(total, settings.convention, weights)
    best = {
        name: plan.temperatures[int(np.argmin(_distance(name, truth)(values)))]
        for name, values in measured.items()
        if MEASURES[name].better != "truth" or name in truth
    }
    return Sweep(
        row=plan.row,
        temperatures=list(plan.temperatures),
        measures={name: values.tolist() for name, values in measured.items()},
        best=best,
    )


def _measures(total: Record, convention: str, weights: Weights) -> dict[str, np.ndarray]:
    """Every measure, float64 [T] each."""
    counts, scores = total["scores"][:, 0], total["scores"][:, 1 if convention == "thresholds" else 2]
    means = dict(zip(SWEPT, (total["scalars"] / total["photographs"]).T, strict=True))
    measured = {
        "auc_raw": auc_of(scores, counts),
        "auc_rebalanced": auc_of(scores, counts, weights),
        "psnr": means["psnr"],
        "ciede2000": means["ciede2000"],
        "colorfulness": means["colorfulness"],
        "colorfulness_error": total["colorfulness_error"] / total["photographs"],
        "chroma": means["chroma"],
        "hue_entropy": hue_entropy(total["hues"]),
        "near_gray": 100 * means["near_gray"],
    }
    if total["labelled"]:
        measured["top1"] = 100 * total["right"] / total["labelled"]
    return measured


def _distance(name: str, truth: Mapping[str, float]) -> Callable[[np.ndarray], np.ndarray]:
    """How far values of a measure are from the best there can be, up to a constant."""
    better = MEASURES[name].better
    if better == "truth":
        return lambda values: np.abs(values - truth[name])
    return np.negative if better == "higher" else np.positive
