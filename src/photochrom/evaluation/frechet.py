"""Distances between two sets of photographs by the features of a network: the Frechet distance and the kernel distance.

Both say whether the sets as a whole look alike, not whether a photograph got its own colors back. More saturated colors
alone can buy a better distance, so both are worth taking a second time after `match_chroma`.

A small set makes the Frechet distance too large: its covariance is estimated from few photographs. The kernel distance
has no such bias. The distance of the truth to itself over two halves of the set shows how much is noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from photochrom.color.ab_bins import check_ab

SUBSET = 256  # photographs that one estimate of the kernel distance compares
SUBSETS = 100  # estimates


@dataclass
class Moments:
    """Mean and covariance of features, summed up a few photographs at a time.

    Attributes:
        n: photographs.
        total: float64 [d], the sum of their features.
        outer: float64 [d, d], the sum of the outer products of their features.
    """

    n: int
    total: np.ndarray
    outer: np.ndarray

    @classmethod
    def zero(cls, dimensions: int) -> Moments:
        """Of no photograph yet.

        Example:
            >>> moments = Moments.zero(2)
            >>> moments.add(np.array([[1.0, 0.0], [3.0, 0.0]]))
            >>> moments.mean().tolist(), moments.covariance().tolist()
            ([2.0, 0.0], [[2.0, 0.0], [0.0, 0.0]])
        """
        return cls(0, np.zeros(dimensions), np.zeros((dimensions, dimensions)))

    def add(self, features: ArrayLike) -> None:
        """Add the features of some photographs, float [n, d]. Raises ValueError for another d, or NaN."""
        values = np.asarray(features, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.total):
            raise ValueError(f"features must be [n, {len(self.total)}], got shape {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError("features hold NaN or infinite values; leave those photographs out")
        self.n += len(values)
        self.total += values.sum(axis=0)
        self.outer += values.T @ values

    def merge(self, other: Moments) -> None:
        """Add all that another one has seen. Raises ValueError for another d."""
        if other.total.shape != self.total.shape:
            raise ValueError(f"moments of {len(self.total)} and {len(other.total)} dimensions cannot be merged")
        self.n += other.n
        self.total += other.total
        self.outer += other.outer

    def mean(self) -> np.ndarray:
        """float64 [d]. Raises ValueError where there is no photograph."""
        if self.n == 0:
            raise ValueError("no features were added: call add first")
        return self.total / self.n

    def covariance(self) -> np.ndarray:
        """float64 [d, d], divided by n - 1. Raises ValueError for fewer than two photographs."""
        if self.n < 2:
            raise ValueError(f"a covariance needs at least 2 photographs, got {self.n}")
        return (self.outer - np.outer(self.total, self.mean())) / (self.n - 1)


def frechet_distance(first: Moments, second: Moments) -> float:
    """The squared Frechet distance of two normal distributions, known as FID with Inception's features.

    `|m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2))`. The last trace is the sum of the singular values of R1' R2
    for any roots with C = R R', which holds for covariances of any rank; a square root of the product C1 C2, which is
    not symmetric, loses half of the digits where a covariance is not of full rank.

    Args:
        first: moments of at least two photographs.
        second: moments over the same features.

    Returns: 0 for equal moments; the order makes no difference.
    Raises: ValueError for different dimensions or fewer than two photographs.
    Source: Dowson and Landau 1982, "The Frechet distance between multivariate normal distributions"; Heusel et al.
        2017, arXiv:1706.08500, equation 6.

    Example:
        >>> near, far = Moments.zero(1), Moments.zero(1)
        >>> near.add([[-1.0], [1.0]])
        >>> far.add([[2.0], [4.0]])
        >>> round(frechet_distance(near, far), 9)
        9.0
    """
    if first.total.shape != second.total.shape:
        raise ValueError(f"features of {len(first.total)} and {len(second.total)} dimensions cannot be compared")
    root1, root2 = _root(first.covariance()), _root(second.covariance())
    apart = float(((first.mean() - second.mean()) ** 2).sum())
    # Of a root the squares sum up to the trace of its covariance.
    spread = float((root1**2).sum() + (root2**2).sum())
    shared = float(np.linalg.svd(root1.T @ root2, compute_uv=False).sum()) if root1.size and root2.size else 0.0
    return max(0.0, apart + spread - 2 * shared)  # rounding can take equal moments a hair below 0


def kernel_distance(
    first: ArrayLike,
    second: ArrayLike,
    *,
    subset: int = SUBSET,
    subsets: int = SUBSETS,
    seed: int = 0,
    paired: bool = False,
) -> tuple[float, float]:
    """The squared maximum mean discrepancy with a cubic kernel, without bias, over random subsets: KID.

    The kernel is `(x . y / d + 1)^3`. One estimate compares `subset` photographs of each set, drawn without
    replacement: the mean kernel within the one and within the other, without a photograph beside itself, less twice the
    mean kernel between them.

    Two colorings of the same photographs are no independent sets: a photograph lies nearer to its own coloring than to
    others, which makes the estimate too small. `paired` draws the same photographs of both sets and leaves those pairs
    out, and then there is no bias again.

    Args:
        first: float [n, d], features of one set.
        second: float [m, d], features of the other.
        subset: photographs in an estimate; at most half of the smaller set is taken, so that estimates differ.
        subsets: estimates.
        seed: of the draw.
        paired: row i of both sets is the same photograph; n must be m.

    Returns: the mean and the standard deviation of the estimates; the mean can be below 0 where the sets are alike.
    Raises: ValueError for different dimensions, fewer than 4 photographs, or paired sets of different sizes.
    Source: Gretton et al. 2012, "A kernel two-sample test", lemma 6 and (paired) equation 4; Binkowski et al. 2018,
        arXiv:1801.01401, section 4.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(64, 8))
        >>> kernel_distance(features, features, paired=True)
        (0.0, 0.0)
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 2 or other.ndim != 2 or one.shape[1] != other.shape[1]:
        raise ValueError(f"features must be [n, d] and [m, d], got shapes {one.shape} and {other.shape}")
    if paired and len(one) != len(other):
        raise ValueError(f"paired sets must be of one size, got {len(one)} and {len(other)} photographs")
    size = min(subset, len(one) // 2, len(other) // 2)
    if size < 2 or subsets < 1:
        raise ValueError(
            f"a kernel distance needs 4 photographs in each set, subset >= 2 and subsets >= 1, "
            f"got {len(one)}, {len(other)}, {subset} and {subsets}"
        )
    random = np.random.default_rng(seed)
    estimates = []
    for _ in range(subsets):
        drawn = random.choice(len(one), size, replace=False)
        beside = drawn if paired else random.choice(len(other), size, replace=False)
        estimates.append(_discrepancy(one[drawn], other[beside], paired=paired))
    return float(np.mean(estimates)), float(np.std(estimates))


def match_chroma(ab: ArrayLike, truth_ab: ArrayLike) -> np.ndarray:
    """Scale a coloring so that its mean chroma is the truth's: hues and their contrast stay, saturation is made equal.

    Args:
        ab: float [..., 2], the colors predicted.
        truth_ab: float [..., 2], the photograph's own.

    Returns: float32 [..., 2]; a coloring without any color stays without, whatever the truth has.
    Raises: ValueError if one does not end in an axis of 2, is not finite, or holds no color.

    Example:
        >>> match_chroma([[3.0, 0.0], [0.0, 1.0]], [[0.0, 8.0], [0.0, 0.0]]).tolist()
        [[6.0, 0.0], [0.0, 2.0]]
    """
    colors, truth = check_ab(ab), check_ab(truth_ab)
    if colors.size == 0 or truth.size == 0:
        raise ValueError("there are no colors to scale; give pictures that are not empty")
    has = np.hypot(colors[..., 0], colors[..., 1]).mean(dtype=np.float64)
    wanted = np.hypot(truth[..., 0], truth[..., 1]).mean(dtype=np.float64)
    return np.asarray(colors * np.float32(wanted / has)) if has > 0 else colors.copy()


def _root(covariance: np.ndarray) -> np.ndarray:
    """R [d, rank] with R R' = covariance; what rounding left of eigenvalues that should be 0 is dropped."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0) * len(values) * np.finfo(np.float64).eps
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def _discrepancy(one: np.ndarray, other: np.ndarray, *, paired: bool) -> float:
    """The unbiased estimate of the squared discrepancy for sets of one size, float [n, d] each."""
    n = len(one)
    within = _mean_off_diagonal(_kernel(one, one)) + _mean_off_diagonal(_kernel(other, other))
    between = _kernel(one, other)
    return within - 2 * (_mean_off_diagonal(between) if paired else float(between.sum()) / n**2)


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    base = one @ other.T / one.shape[1] + 1
    return np.asarray(base * base * base)


def _mean_off_diagonal(matrix: np.ndarray) -> float:
    n = len(matrix)
    return float(matrix.sum() - np.trace(matrix)) / (n * (n - 1))
