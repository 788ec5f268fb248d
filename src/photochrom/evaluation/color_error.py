"""The paper's AuC: the area under the curve of the cumulative ab error, raw and class-rebalanced.

`F(t)` is the share of pixels whose error `sqrt((a - a')^2 + (b - b')^2)` is at most t. The AuC is its mean over the
thresholds 0, 1, ..., 150, in percent. Rebalanced, a pixel weighs 1 / p of its true color's bin, p being the frequency
of the bin in the evaluated photographs unless another prior is given.

Source: Zhang, Isola and Efros 2016, section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from photochrom.color.ab_bins import ab_bins, nearest_bin

LARGEST_THRESHOLD = 150  # ab units


@dataclass
class ColorError:
    """Counts errors picture by picture; exact for any weights of the bins, which may be chosen afterwards.

    Attributes:
        counts: int64 [313, 152], pixels by the bin of their true color and the smallest whole threshold that holds
            their error; the last column is for errors above 150.
    """

    counts: np.ndarray = field(
        default_factory=lambda: np.zeros((len(ab_bins()), LARGEST_THRESHOLD + 2), dtype=np.int64)
    )

    def add(self, ab: np.ndarray, truth: np.ndarray, bins: np.ndarray | None = None) -> None:
        """Count one picture.

        Args:
            ab: float [..., 2], the colors predicted.
            truth: float [..., 2], the photograph's own.
            bins: int [...], `nearest_bin(truth)` where it is known already; finding it takes most of the time.
        Raises: ValueError if the shapes differ.
        """
        if ab.shape != truth.shape or ab.shape[-1] != 2:
            raise ValueError(f"ab and truth must agree and end in an axis of 2, got {ab.shape} and {truth.shape}")
        found = nearest_bin(truth) if bins is None else bins
        error = np.hypot(ab[..., 0] - truth[..., 0], ab[..., 1] - truth[..., 1])
        column = np.minimum(np.ceil(error), LARGEST_THRESHOLD + 1).astype(np.int64)
        width = self.counts.shape[1]
        self.counts += np.bincount((found * width + column).ravel(), minlength=self.counts.size).reshape(
            self.counts.shape
        )

    def frequencies(self) -> np.ndarray:
        """float64 [313]: how often each bin is a pixel's true one."""
        totals = self.counts.sum(axis=1)
        return totals / max(1, totals.sum())

    def curve(self, *, rebalanced: bool = False, prior: Sequence[float] | np.ndarray | None = None) -> np.ndarray:
        """float64 [151]: F at the thresholds 0 .. 150.

        Args:
            rebalanced: weigh a pixel by 1 / p of its bin.
            prior: p, [313]; None takes the frequencies in the pictures counted.
        Raises: ValueError if nothing was counted, or the prior is 0 where there are pixels.
        """
        if not self.counts.any():
            raise ValueError("no picture was counted: call add first")
        weights = np.ones(len(self.counts))
        if rebalanced:
            p = self.frequencies() if prior is None else np.asarray(prior, dtype=np.float64)
            occupied = self.counts.sum(axis=1) > 0
            if not (p[occupied] > 0).all():
                raise ValueError("the prior is 0 for a bin that has pixels; smooth it first")
            weights = np.divide(1.0, p, out=np.zeros_like(p), where=occupied)
        weighed = weights @ self.counts
        return np.asarray(np.cumsum(weighed[:-1]) / weighed.sum())

    def auc(self, *, rebalanced: bool = False, prior: Sequence[float] | np.ndarray | None = None) -> float:
        """The mean of the curve in percent; arguments as for `curve`."""
        return 100 * float(self.curve(rebalanced=rebalanced, prior=prior).mean())
