"""The paper's AuC: the area under the curve of the cumulative ab error, raw and class-rebalanced.

`F(t)` is the share of pixels whose error `sqrt((a - a')^2 + (b - b')^2)` is at most t. The AuC is the area under F from
0 to 150, divided by 150, in percent. Two conventions exist:

* `thresholds`: the mean of F at the thresholds 0, 1, ..., 150, as the paper sweeps them;
* `integral`: the exact area, the mean over pixels of `max(0, 1 - e / 150)`. It is 0.05 to 0.3 higher for gray.

Rebalanced, a pixel weighs 1 / p of its true color's bin. p is the frequency of the bin in the evaluated photographs
(`set`), the same smoothed over the bins with a Gaussian of 5 ab units (`set-s5`), or a prior that is given.

Two ways lead there. `ColorError` counts a whole set and knows the curve. `bin_scores` sums up one photograph by bin,
and `auc_of` finishes any weighted sum of such photographs: what a bootstrap over photographs needs.

Source: Zhang, Isola and Efros 2016, section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photochrom.color.ab_bins import ab_bins, nearest_bin, smooth_prior

LARGEST_THRESHOLD = 150  # ab units
SMOOTHING = 5.0  # of `set-s5`, ab units: the sigma that the paper gives for its prior

_COLUMNS = LARGEST_THRESHOLD + 2  # the thresholds 0 .. 150, and one column for errors above
# What a pixel adds to the counts and to the scores, [152, 2], by the smallest whole threshold that holds its error: the
# score is the share of the thresholds that do, 0 in the last column.
_PIXELS_AND_SCORES = np.stack(
    [np.ones(_COLUMNS), (LARGEST_THRESHOLD + 1 - np.arange(_COLUMNS)) / (LARGEST_THRESHOLD + 1)], axis=1
)


class BinScores(NamedTuple):
    """What one photograph, or a sum of photographs, adds to the AuC, by the bin of the true color.

    Attributes:
        counts: float64 [..., 313], pixels.
        thresholds: float64 [..., 313], sum over those pixels of the share of the 151 thresholds that hold the error.
        integral: float64 [..., 313], sum of `max(0, 1 - e / 150)`. So `150 (1 - integral / counts)` is the mean error
            of the bin, with errors above 150 taken as 150.
    """

    counts: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    integral: NDArray[np.float64]


def bin_scores(ab: np.ndarray, truth: np.ndarray, bins: np.ndarray | None = None) -> BinScores:
    """Sum up one photograph by the bin of its true colors; the sums of photographs add up.

    Args:
        ab: float [..., 2], the colors predicted.
        truth: float [..., 2], the photograph's own.
        bins: int [...], `nearest_bin(truth)` where it is known already: it is the same for every system.

    Returns: a `BinScores` of arrays [313].
    Raises: ValueError if the shapes differ, or ab is not finite.

    Example:
        >>> scores = bin_scores(np.array([[30.0, 0.0]]), np.array([[0.0, 0.0]]))
        >>> print(scores.counts[120], scores.thresholds[120].round(4), scores.integral[120])
        1.0 0.8013 0.8
    """
    found, error = _bins_and_error(ab, truth, bins)
    counts, thresholds = (_count(found, error).astype(np.float64) @ _PIXELS_AND_SCORES).T
    errors = np.bincount(found, np.minimum(error, LARGEST_THRESHOLD), minlength=len(counts))
    return BinScores(counts, thresholds, counts - errors / LARGEST_THRESHOLD)


def auc_of(scores: ArrayLike, counts: ArrayLike, weights: ArrayLike | str | None = None) -> NDArray[np.float64]:
    """The AuC in percent, from scores by bin; every leading axis, such as the resamples of a bootstrap, on its own.

    Args:
        scores: float [..., 313], `thresholds` or `integral` of `bin_scores`, summed over photographs.
        counts: float [..., 313], `counts` of the same photographs.
        weights: None for the raw AuC; for the rebalanced one the p whose inverse a pixel weighs: "set", the frequencies
            in `counts` (in each resample its own); "set-s5", those smoothed; or a prior, float [313], such as the
            authors' file. A prior need not sum to 1.

    Returns: float64 [...]; NaN where there is no pixel (a resample that drew no photograph).
    Raises: ValueError for another last axis, another name, or a prior that is 0 where there are pixels.

    Example:
        >>> photograph = bin_scores(np.zeros((2, 2)), np.array([[0.0, 0.0], [30.0, 0.0]]))
        >>> float(auc_of(photograph.integral, photograph.counts))
        90.0
    """
    scores, counts = np.asarray(scores, np.float64), np.asarray(counts, np.float64)
    if scores.shape != counts.shape or scores.shape[-1:] != (len(ab_bins()),):
        raise ValueError(
            f"scores and counts must agree and end in an axis of {len(ab_bins())} bins, "
            f"got {scores.shape} and {counts.shape}"
        )
    factor = bin_weights(counts, weights)
    total = (factor * counts).sum(axis=-1)
    score = (factor * scores).sum(axis=-1)
    return 100 * np.divide(score, total, out=np.full_like(total, np.nan), where=total > 0)


def bin_weights(counts: ArrayLike, weights: ArrayLike | str | None) -> NDArray[np.float64]:
    """The factor of a pixel by its bin, 1 / p, not scaled; arguments as for `auc_of`.

    Returns: float64 [..., 313]; 0 for a bin without pixels, which never counts.

    Example:
        >>> counts = np.zeros(313)
        >>> counts[[120, 121]] = 3, 1
        >>> bin_weights(counts, "set")[119:123].round(2).tolist()
        [0.0, 1.33, 4.0, 0.0]
    """
    counts = np.asarray(counts, np.float64)
    occupied = counts > 0
    if weights is None:
        return occupied.astype(np.float64)
    if isinstance(weights, str):
        prior = _prior_of_set(counts, weights)
    else:
        prior = np.broadcast_to(_check_prior(weights), counts.shape)
        if not (prior[occupied] > 0).all():
            raise ValueError("the prior is 0 for a bin that has pixels; smooth it first")
    return np.divide(1.0, prior, out=np.zeros(counts.shape), where=occupied)


@dataclass
class ColorError:
    """Counts errors picture by picture; exact for any weights of the bins, which may be chosen afterwards.

    It follows the convention `thresholds`.

    Attributes:
        counts: int64 [313, 152], pixels by the bin of their true color and the smallest whole threshold that holds
            their error; the last column is for errors above 150. The counts of two sets add up.
    """

    counts: np.ndarray = field(default_factory=lambda: np.zeros((len(ab_bins()), _COLUMNS), dtype=np.int64))

    def add(self, ab: np.ndarray, truth: np.ndarray, bins: np.ndarray | None = None) -> None:
        """Count one picture; arguments and errors as for `bin_scores`."""
        self.counts += _count(*_bins_and_error(ab, truth, bins))

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
        chosen = ("set" if prior is None else prior) if rebalanced else None
        weighed = bin_weights(self.counts.sum(axis=1), chosen) @ self.counts
        return np.asarray(np.cumsum(weighed[:-1]) / weighed.sum())

    def auc(self, *, rebalanced: bool = False, prior: Sequence[float] | np.ndarray | None = None) -> float:
        """The mean of the curve in percent; arguments as for `curve`."""
        return 100 * float(self.curve(rebalanced=rebalanced, prior=prior).mean())


def _bins_and_error(ab: np.ndarray, truth: np.ndarray, bins: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The true bins and the errors of the pixels, both [n]."""
    if ab.shape != truth.shape or ab.shape[-1:] != (2,):
        raise ValueError(f"ab and truth must agree and end in an axis of 2, got {ab.shape} and {truth.shape}")
    found = nearest_bin(truth) if bins is None else bins
    if found.shape != truth.shape[:-1]:
        raise ValueError(f"bins must be nearest_bin(truth), of shape {truth.shape[:-1]}, got {found.shape}")
    # Channel by channel: over the last two of Lab's three channels, as truth often is, NumPy's loops run two steps at a
    # time and take ten times as long. hypot would guard against an overflow that cannot happen within Lab.
    squared = (ab[..., 0] - truth[..., 0]) ** 2
    squared += (ab[..., 1] - truth[..., 1]) ** 2
    error = np.sqrt(squared).ravel()
    if error.size and not np.isfinite(error.max()):  # the maximum of anything with NaN is NaN
        raise ValueError("ab holds NaN or infinite values; leave that picture out")
    return found.ravel().astype(np.int64, copy=False), error  # indices may have been stored in fewer bits


def _count(bins: np.ndarray, error: np.ndarray) -> np.ndarray:
    """int64 [313, 152]: one histogram over both, which takes no longer than one over the error alone."""
    column = np.minimum(np.ceil(error), _COLUMNS - 1).astype(np.int64)
    return np.bincount(bins * _COLUMNS + column, minlength=len(ab_bins()) * _COLUMNS).reshape(-1, _COLUMNS)


def _prior_of_set(counts: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The frequencies of the bins in `counts`, plain or smoothed, float64 [..., 313]."""
    if name not in ("set", "set-s5"):
        raise ValueError(f"weights must be None, 'set', 'set-s5' or a prior of {len(ab_bins())} values, got {name!r}")
    total = counts.sum(axis=-1, keepdims=True)
    frequencies = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    return frequencies if name == "set" else np.asarray(frequencies @ _smoothing().T)


@lru_cache(maxsize=1)
def _smoothing() -> NDArray[np.float64]:
    """float64 [313, 313]: `smooth_prior` as a matrix, one column for each bin; it is linear in the shares."""
    matrix = np.stack([smooth_prior(one, SMOOTHING) for one in np.eye(len(ab_bins()))], axis=1)
    matrix.setflags(write=False)
    return matrix


def _check_prior(prior: Any) -> NDArray[np.float64]:
    values = np.asarray(prior, np.float64)
    if values.shape != (len(ab_bins()),):
        raise ValueError(f"a prior has one value for each of the {len(ab_bins())} bins, got shape {values.shape}")
    return values
