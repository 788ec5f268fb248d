"""How far a row's pictures as a set are from the photographs, by the features of a network, a chunk at a time."""

from __future__ import annotations

import numpy as np

from photochrom.evaluation.frechet import Moments, frechet_distance, kernel_distance
from photochrom.evaluation.records import Record
from photochrom.evaluation.report import Estimate

FEWEST = 4  # photographs in a set, of which the kernel distance takes a half at a time
KERNEL_PHOTOGRAPHS = 4096  # whose features are held: the kernel distance compares random subsets of 256


class SetDistances:
    """The Frechet distances and the kernel distance of one row.

    Truth is compared with itself by its two halves, the photographs with an even and with an odd number: what two sets
    of real photographs differ by, at half the size.
    """

    def __init__(self, *, is_truth: bool, seed: int) -> None:
        self.is_truth, self.seed = is_truth, seed
        self.photographs = 0
        self.moments: dict[str, Moments] = {}
        self.held: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, record: Record, truth: Record) -> None:
        """One chunk of the row, and of truth."""
        valid = record["valid"] > 0
        own, true = record["features"], truth["features"][valid]
        if self.is_truth:
            odd = (self.photographs + np.arange(len(own))) % 2 == 1
            self._add("own", own[odd])
            self._add("true", own[~odd])
        else:
            self._add("own", own)
            self._add("true", true)
            self._add("matched", record.get("features_matched", own))
        if self.photographs < KERNEL_PHOTOGRAPHS:
            self.held.append((own, true))
        self.photographs += len(own)

    def estimates(self) -> dict[str, Estimate]:
        """The measures that there are photographs enough for; without intervals, since a resample would double some."""
        found: dict[str, Estimate] = {}
        if self.photographs < FEWEST * (2 if self.is_truth else 1):  # truth's sets are halves
            return found
        found["frechet"] = Estimate(frechet_distance(self.moments["own"], self.moments["true"]))
        if "matched" in self.moments:
            found["frechet_hue"] = Estimate(frechet_distance(self.moments["matched"], self.moments["true"]))
        own, true = (np.concatenate(part) for part in zip(*self.held, strict=True))
        if self.is_truth:
            half = len(own) // 2
            mean, _ = kernel_distance(own[1::2][:half], own[::2][:half], seed=self.seed)
        else:
            mean, _ = kernel_distance(own, true, seed=self.seed, paired=True)
        found["kernel"] = Estimate(mean)
        return found

    def _add(self, name: str, features: np.ndarray) -> None:
        if name not in self.moments:
            self.moments[name] = Moments.zero(features.shape[1])
        self.moments[name].add(features)
