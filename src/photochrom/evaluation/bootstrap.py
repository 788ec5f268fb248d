"""How sure a figure is: the Poisson bootstrap over photographs, in one pass and in memory that does not grow.

The bootstrap draws as many photographs as there are, with replacement, again and again. How often it draws one is
nearly Poisson(1), independently of the others; so each photograph gets 1,000 such numbers, its weights in 1,000
resamples, and only weighted sums are kept. The weights depend on a seed and the photograph's place alone. So every
system is measured on the same resamples, and the difference between two systems in each of them is a paired one.

Source: Hanley and MacGibbon 2006, "Creating non-parametric bootstrap samples using Poisson frequencies", Computer
Methods and Programs in Biomedicine 83; Chamandy et al. 2012, "Estimating uncertainty for massive data streams", Google.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1000
LEVEL = 0.95


def poisson_weights(seed: int, first: int, count: int, resamples: int = RESAMPLES) -> NDArray[np.uint8]:
    """How often each resample draws the photographs `first` .. `first + count - 1`.

    A photograph's weights are the same whichever photographs are asked for beside it.

    Args:
        seed: 0 or above.
        first: the place of the first photograph, from 0.
        count: photographs.
        resamples: B.

    Returns: uint8 [B, count]; one weight in 10^500 would not fit.
    Raises: ValueError for a number below 0.

    Example:
        >>> together = poisson_weights(0, 0, 4, 3)
        >>> bool((together[:, 2:] == poisson_weights(0, 2, 2, 3)).all())
        True
    """
    if min(seed, first, count, resamples) < 0:
        raise ValueError(f"seed, first, count and resamples must be 0 or above, got {(seed, first, count, resamples)}")
    weights = np.empty((resamples, count), np.uint8)
    for column in range(count):
        weights[:, column] = np.random.default_rng((seed, first + column)).poisson(1.0, resamples)
    return weights


class WeightedSums:
    """Sums of some numbers of each photograph, over all photographs and over each resample of them.

    A mean is the ratio of two such sums, with the count of photographs (a column of ones) or of pixels below.

    Args:
        resamples: B.
        columns: k, the numbers that a photograph has.

    Attributes:
        total: float64 [k], every photograph once.
        resampled: float64 [B, k], every photograph as often as the resample drew it.

    Example:
        >>> sums = WeightedSums(resamples=2, columns=2)
        >>> sums.add([[1, 1], [2, 0]], [[1.0, 10.0], [1.0, 30.0]])  # a count, and a value
        >>> sums.total.tolist(), sums.resampled.tolist()
        ([2.0, 40.0], [[2.0, 40.0], [2.0, 20.0]])
    """

    def __init__(self, resamples: int, columns: int) -> None:
        self.total = np.zeros(columns)
        self.resampled = np.zeros((resamples, columns))

    def add(self, weights: ArrayLike, values: ArrayLike) -> None:
        """Add some photographs.

        Args:
            weights: real [B, n], of `poisson_weights`.
            values: real [n, k], finite: a 0 of the weights could not leave an infinite one out.
        Raises: ValueError for other shapes, or values that are not finite.
        """
        drawn, numbers = np.asarray(weights, np.float64), np.asarray(values, np.float64)
        wanted = (len(self.resampled), len(self.total))
        if drawn.ndim != 2 or numbers.ndim != 2 or drawn.shape[1] != len(numbers):
            raise ValueError(f"weights must be [B, n] and values [n, k], got {drawn.shape} and {numbers.shape}")
        if (drawn.shape[0], numbers.shape[1]) != wanted:
            raise ValueError(f"expected B, k = {wanted}, got weights {drawn.shape} and values {numbers.shape}")
        if not np.isfinite(numbers).all():
            raise ValueError("values must be finite; give a measure a cap, or leave the photograph out")
        self.total += numbers.sum(axis=0)
        self.resampled += drawn @ numbers

    def merge(self, other: WeightedSums) -> None:
        """Add the photographs of another one, which must be others. Raises ValueError for another B or k."""
        if other.resampled.shape != self.resampled.shape:
            raise ValueError(f"sums of {self.resampled.shape} and {other.resampled.shape} cannot be merged")
        self.total += other.total
        self.resampled += other.resampled


def interval(resampled: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of a figure.

    Args:
        resampled: real [B], the figure in each resample. NaN stands for a resample in which it does not exist, such as
            one that drew no photograph at all, and is left out.
        level: 0..1; 0.95 leaves a fortieth of the resamples on each side.

    Returns: the two ends.
    Raises: ValueError for another level or shape, or if no resample has the figure.
    Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", section 13.3.

    Example:
        >>> interval(np.arange(101.0), level=0.5)
        (25.0, 75.0)
    """
    figures = np.asarray(resampled, np.float64)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}; 0.95 is usual")
    if figures.ndim != 1:
        raise ValueError(f"resampled must be [B], got shape {figures.shape}; take one figure at a time")
    figures = figures[~np.isnan(figures)]
    if figures.size == 0:
        raise ValueError("no resample has this figure; measure more photographs")
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_interval(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of `first - second`, two figures over the same resamples of the same photographs.

    It is narrower than the two intervals suggest, because photographs that are hard for one system are hard for others.

    Args:
        first: real [B], a figure of one system in each resample.
        second: real [B], that of the other.
        level: as for `interval`.

    Returns: the two ends; above 0 throughout, `first` is larger.
    Raises: ValueError if the shapes differ; otherwise as `interval`.

    Example:
        >>> paired_interval([5.0, 7.0, 9.0], [4.0, 6.0, 8.0])
        (1.0, 1.0)
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape:
        raise ValueError(f"both figures must come from the same resamples, got shapes {one.shape} and {other.shape}")
    return interval(one - other, level)
