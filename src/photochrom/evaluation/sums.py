"""Weighted sums of one row over the photographs and over every resample of them, and the measures that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photochrom.color.ab_bins import ab_bins, smooth_prior
from photochrom.evaluation.bootstrap import WeightedSums, interval
from photochrom.evaluation.color_error import SMOOTHING, auc_of
from photochrom.evaluation.hue import HUE_STEPS, hue_entropy
from photochrom.evaluation.records import SCALARS, Record
from photochrom.evaluation.report import Estimate

Weights = str | np.ndarray  # of the rebalanced AuC: as `color_error.auc_of` takes them

_BINS = len(ab_bins())
# What a photograph has in the sums, and how many columns each takes.
_COLUMNS = {
    "valid": 1,
    **dict.fromkeys(SCALARS, 1),
    "colorfulness_error": 1,
    "colorfulness_absolute_error": 1,
    "labelled": 1,
    "top1": 1,
    "top5": 1,
    "hues": HUE_STEPS,
    "counts": _BINS,
    "scores": _BINS,
}
Sums = dict[str, np.ndarray]  # name -> [..., columns], with one axis for the resamples or none


@dataclass(frozen=True)
class Figure:
    """A figure and what it is in every resample."""

    value: float
    resampled: np.ndarray  # float64 [B], NaN where a resample does not have it

    def estimate(self) -> Estimate:
        """With its 95 % interval, where any resample has the figure."""
        if np.isnan(self.resampled).all():
            return Estimate(self.value)
        return Estimate(self.value, *interval(self.resampled))


class RowSums:
    """Adds up the records of a row."""

    def __init__(self, resamples: int, convention: str) -> None:
        self.sums = WeightedSums(resamples, sum(_COLUMNS.values()))
        self.convention = convention  # "thresholds" or "integral"

    def add(self, record: Record, weights: np.ndarray, counted: np.ndarray | None = None) -> None:
        """One chunk: its record, the weights [B, n] of its photographs in the resamples, and, bool [n], which count."""
        columns = dict(zip(SCALARS, record["scalars"].T, strict=True)) | {"valid": record["valid"]}
        for form in ("colorfulness", "colorfulness_absolute"):
            columns[f"{form}_error"] = np.abs(columns[form] - columns[f"true_{form}"])
        ranks = np.full(len(record["valid"]), -1)
        if "rank" in record:  # of the valid photographs alone
            ranks[record["valid"] > 0] = record["rank"]
        columns |= {"labelled": ranks >= 0, "top1": ranks == 0, "top5": (ranks >= 0) & (ranks < 5)}
        scores = record["scores"]  # [n, 3, 313]
        columns |= {
            "hues": record["hues"],
            "counts": scores[:, 0],
            "scores": scores[:, 1 if self.convention == "thresholds" else 2],
        }
        values = [np.asarray(columns[name], np.float64).reshape(len(ranks), -1) for name in _COLUMNS]
        together = np.concatenate(values, axis=1)
        self.sums.add(weights, together if counted is None else np.where(counted[:, None], together, 0))

    def figures(self, weights: Weights) -> dict[str, Figure]:
        """Every measure that these sums hold, by name."""
        total, resampled = _split(self.sums.total), _split(self.sums.resampled)
        prior = prior_of(weights, total["counts"])
        measures = dict(MEASURES_OF_SUMS)
        measures["auc_rebalanced"] = lambda sums: auc_of(sums["scores"], sums["counts"], prior)
        if total["labelled"][0] == 0:
            measures = {name: measure for name, measure in measures.items() if name not in ("top1", "top5")}
        return {name: Figure(float(measure(total)), measure(resampled)) for name, measure in measures.items()}


def prior_of(weights: Weights, counts: np.ndarray) -> np.ndarray:
    """What a pixel's weight is the inverse of, float [313], for the whole set and for every resample of it alike.

    Were it each resample's own, colors of which the resample drew no photograph would leave the mean over the colors:
    rare colors, and hard ones. The interval would lie above the figure, or beside it.

    Args:
        weights: "set", "set-s5", or a prior.
        counts: float [313], pixels of the whole set by true bin.
    """
    if isinstance(weights, str):
        return smooth_prior(counts, SMOOTHING if weights == "set-s5" else 0)
    return weights


def mean_of(name: str, *, over: str = "valid", scale: float = 1.0) -> Callable[[Sums], np.ndarray]:
    """The measure that is a mean over photographs."""

    def measure(sums: Sums) -> np.ndarray:
        count = sums[over][..., 0]
        return scale * np.divide(sums[name][..., 0], count, out=np.full(count.shape, np.nan), where=count > 0)

    return measure


def shift_of(form: str) -> Callable[[Sums], np.ndarray]:
    """The measure that is the distance of two means: of the pictures' colorfulness and of the truth's."""
    pictures, truth = mean_of(form), mean_of(f"true_{form}")
    return lambda sums: np.abs(pictures(sums) - truth(sums))


MEASURES_OF_SUMS: dict[str, Callable[[Sums], np.ndarray]] = {
    "auc_raw": lambda sums: auc_of(sums["scores"], sums["counts"]),
    "top1": mean_of("top1", over="labelled", scale=100),
    "top5": mean_of("top5", over="labelled", scale=100),
    "psnr": mean_of("psnr"),
    "ssim": mean_of("ssim"),
    "ciede2000": mean_of("ciede2000"),
    "colorfulness": mean_of("colorfulness"),
    "colorfulness_absolute": mean_of("colorfulness_absolute"),
    "colorfulness_error": mean_of("colorfulness_error"),
    "colorfulness_shift": shift_of("colorfulness"),
    "colorfulness_absolute_error": mean_of("colorfulness_absolute_error"),
    "colorfulness_absolute_shift": shift_of("colorfulness_absolute"),
    "chroma": mean_of("chroma"),
    "hue_entropy": lambda sums: hue_entropy(sums["hues"]),
    "near_gray": mean_of("near_gray", scale=100),
}


def _split(sums: np.ndarray) -> Sums:
    """The columns of [..., k] by name."""
    ends = np.cumsum(list(_COLUMNS.values()))
    return dict(zip(_COLUMNS, np.split(sums, ends[:-1], axis=-1), strict=True))
