"""The 313 bins of the ab plane, the soft encoding of a color over them, and the weights that favor rare colors.

A bin is a point of a grid of step 10 on the ab plane, a ascending, then b ascending; bin 120 is gray, (0, 0). They are
rebuilt here from the sRGB gamut and equal the authors' table row for row.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, section 2. That the bins are the grid points inside the convex
hull of the gamut, and their eight neighbors, is deduced from the authors' table: the paper only says "in gamut".
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .lab import rgb_to_lab

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

GRID_STEP = 10  # ab units between neighboring bins
GRID_END = 110  # the grid covers -110..110 on both axes
GRAY_BIN = 120  # row of (0, 0)

_SIDE = 2 * GRID_END // GRID_STEP + 1  # 23 grid points on each axis
_BLOCK = 1 << 13  # colors compared with all bins at once: 10 MB of distances


@lru_cache(maxsize=1)
def ab_bins() -> Floats:
    """The bin centers.

    Returns: float32 [313, 2], columns a* and b* in Lab units, multiples of 10; read-only, since all callers share it.

    Example:
        >>> ab_bins().shape, ab_bins()[120].tolist()
        ((313, 2), [0.0, 0.0])
    """
    kept = np.argwhere(_kept_cells()) * GRID_STEP - GRID_END  # argwhere walks a first, then b
    bins = kept.astype(np.float32)
    bins.setflags(write=False)
    return bins


def nearest_bin(ab: ArrayLike) -> Indices:
    """Index of the bin nearest to each color: the hard encoding.

    Between equally near bins the first in the table is taken.

    Args:
        ab: float [..., 2], a* and b*, not scaled.

    Returns: int64 [...] in 0..312.
    Raises: ValueError if ab does not end in an axis of 2, or is not finite.

    Example:
        >>> int(nearest_bin([3.0, 8.0])), ab_bins()[121].tolist()
        (121, [0.0, 10.0])
    """
    colors = check_ab(ab)
    # On a regular grid rounding finds the nearest point; halves go down, to the bin that comes first.
    cell = np.clip(np.ceil((colors + GRID_END) / GRID_STEP - 0.5), 0, _SIDE - 1).astype(np.int64)
    index = np.asarray(_cell_to_bin()[cell[..., 0], cell[..., 1]])
    outside = index < 0  # the grid point is no bin: only far outside sRGB
    if outside.any():
        index[outside] = _nearest(colors[outside], ab_bins(), 1)[0][:, 0]
    return index


def soft_encode(ab: ArrayLike, *, neighbors: int = 5, sigma: float = 5.0) -> Floats:
    """Spread each color over its nearest bins with Gaussian weights, as a dense array.

    Training uses `encoding_table` instead, which holds the few entries above zero.

    Args:
        ab: float [..., 2], a* and b*, not scaled.
        neighbors: how many bins share a color: 5 in the paper, 10 in the layers released with it.
        sigma: width of the Gaussian in ab units.

    Returns: float32 [..., 313]; each row sums to 1 and has at most `neighbors` entries above 0.
    Raises: ValueError for another last axis, colors that are not finite, neighbors outside 1..313, sigma not above 0.
    Source: Zhang, Isola and Efros 2016, section 2.2.

    Example:
        >>> print(soft_encode([0.0, 0.0])[[110, 120, 121]].round(3))
        [0.    0.649 0.088]
    """
    colors = check_ab(ab)
    _check_encoding(neighbors, sigma)
    flat = colors.reshape(-1, 2)
    encoded = np.zeros((len(flat), len(ab_bins())), np.float32)
    for start in range(0, len(flat), _BLOCK):
        index, squared = _nearest(flat[start : start + _BLOCK], ab_bins(), neighbors)
        np.put_along_axis(encoded[start : start + _BLOCK], index, _gaussian_weights(squared, sigma), axis=1)
    return encoded.reshape(*colors.shape[:-1], len(ab_bins()))


@dataclass(frozen=True)
class EncodingTable:
    """Soft encodings of a fine grid over the ab plane, for looking up millions of colors.

    Entry 0 along the last axis is the nearest bin. On the grid the entries are those of `soft_encode`; between, a color
    takes those of the nearest grid point, at most step / 2 away on each axis.
    """

    indices: Indices  # int64 [n, n, k], n points along a, then b
    weights: Floats  # float32 [n, n, k], sums to 1 over k
    step: float  # ab units between grid points
    low: float  # a* and b* of the first grid point

    def lookup(self, ab: ArrayLike) -> tuple[Indices, Floats]:
        """Bins and weights of each color.

        Args:
            ab: float [..., 2], a* and b*, not scaled; clipped to the table, which covers all of sRGB.

        Returns: indices int64 [..., k] and weights float32 [..., k].
        Raises: ValueError if ab does not end in an axis of 2, or is not finite.

        Example:
            >>> index, weight = encoding_table().lookup([0.0, 0.0])
            >>> int(index[0]), round(float(weight[0]), 4)
            (120, 0.6488)
        """
        cell = np.rint((check_ab(ab) - np.float32(self.low)) * np.float32(1 / self.step))
        cell = np.clip(cell, 0, len(self.indices) - 1).astype(np.intp)
        return self.indices[cell[..., 0], cell[..., 1]], self.weights[cell[..., 0], cell[..., 1]]


@lru_cache(maxsize=4)
def encoding_table(neighbors: int = 5, sigma: float = 5.0, step: float = 0.5) -> EncodingTable:
    """Build the table that turns soft encoding into a look-up; kept for the next call.

    Args:
        neighbors: bins to a color.
        sigma: width of the Gaussian in ab units.
        step: distance of the grid points in ab units; must divide 5, so that bins and their borders lie on the grid.

    Returns: an EncodingTable over -110..110 on both axes (441 x 441 points for step 0.5).
    Raises: ValueError for neighbors outside 1..313, sigma not above 0, or a step that does not divide 5.

    Example:
        >>> encoding_table().indices.shape
        (441, 441, 5)
    """
    _check_encoding(neighbors, sigma)
    points_per_bin = round(GRID_STEP / step) if step > 0 else 0
    if points_per_bin < 2 or points_per_bin % 2 or not np.isclose(points_per_bin * step, GRID_STEP):
        raise ValueError(f"step={step:g} must divide 5, such as 0.5 or 1, so that bins lie on the grid")
    axis = -GRID_END + np.arange((_SIDE - 1) * points_per_bin + 1) * step
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).astype(np.float32)  # [n, n, 2]
    indices = np.empty((*grid.shape[:2], neighbors), np.int64)
    squared = np.empty((*grid.shape[:2], neighbors), np.float32)
    bins = ab_bins()
    # Square by square: only the bins near a square can be neighbors of its points, a tenth of all.
    for rows in _runs(len(axis), points_per_bin):
        for columns in _runs(len(axis), points_per_bin):
            square = grid[rows, columns].reshape(-1, 2)
            middle = (square[0] + square[-1]) / 2
            away = np.hypot(*(bins - middle).T)
            # No point of the square is further than half its diagonal from its middle, on the way to a bin and back.
            reach = np.partition(away, neighbors - 1)[neighbors - 1] + np.hypot(*(square[-1] - square[0])) + 1e-3
            near = np.flatnonzero(away <= reach)
            index, distance = _nearest(square, bins[near], neighbors)
            shape = indices[rows, columns].shape
            indices[rows, columns] = near[index].reshape(shape)
            squared[rows, columns] = distance.reshape(shape)
    weights = _gaussian_weights(squared, sigma)
    for shared in (indices, weights):
        shared.setflags(write=False)
    return EncodingTable(indices, weights, step=step, low=float(-GRID_END))


def smooth_prior(counts_or_prior: ArrayLike, sigma: float = 5.0) -> NDArray[np.float64]:
    """Smooth a prior over the ab plane with a Gaussian, so that neighbors of common colors are not counted as unseen.

    Each bin hands its share to the bins around it, all of it: near the border the Gaussian is scaled to the bins that
    exist, so the result is a distribution on the 313 and nothing is lost. The paper gives sigma = 5 without a unit;
    here it is ab units, as in the soft encoding.

    Args:
        counts_or_prior: real [313], counts or shares, none below 0, some above 0.
        sigma: width of the Gaussian in ab units; 0 leaves the shares as they are.

    Returns: float64 [313], sums to 1.
    Raises: ValueError for another shape, for values that are negative or not finite, for all zero, or sigma below 0.

    Example:
        >>> one = np.zeros(313)
        >>> one[120] = 7
        >>> print(smooth_prior(one)[[120, 121]].round(3))
        [0.619 0.084]
    """
    prior = _check_shares(counts_or_prior)
    if not (np.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma must be 0 or above, got {sigma}; 5 is the paper's")
    if sigma == 0:
        return prior
    bins = ab_bins().astype(np.float64)
    squared = ((bins[:, None] - bins) ** 2).sum(axis=-1)  # [313, 313]
    spread = np.exp(-squared / (2 * sigma**2))
    smoothed = (spread / spread.sum(axis=0)) @ prior  # each column spreads one bin
    return np.asarray(smoothed / smoothed.sum())


def rarity_weights(prior: ArrayLike, uniform_share: float = 0.5) -> Floats:
    """How much a pixel of each color counts in the loss: rare colors more, so that gray does not drown them.

    w is proportional to 1 / ((1 - lambda) p + lambda / 313), scaled so that the expected weight, sum(p w), is 1. A bin
    that no photograph shows has no finite weight at lambda = 0: it gets 0 there, since no pixel will ask for it.

    Args:
        prior: real [313], counts or shares of the bins.
        uniform_share: lambda in 0..1: 0 weighs by rarity alone, 1 weighs all alike; the paper takes 0.5.

    Returns: float32 [313].
    Raises: ValueError for another shape, for values that are negative or not finite, or lambda outside 0..1.
    Source: Zhang, Isola and Efros 2016, section 2.2, equation 4.

    Example:
        >>> float(rarity_weights(np.ones(313)).mean())
        1.0
    """
    shares = _check_shares(prior)
    if not 0 <= uniform_share <= 1:
        raise ValueError(f"uniform_share (lambda) must lie in 0..1, got {uniform_share}; 0.5 is the paper's")
    mixed = (1 - uniform_share) * shares + uniform_share / len(shares)
    weights = np.divide(1.0, mixed, out=np.zeros_like(mixed), where=mixed > 0)
    return (weights / (shares @ weights)).astype(np.float32)


def check_prior(prior: ArrayLike, *, gray_leads: bool = True) -> NDArray[np.float64]:
    """Return a prior as shares that sum to 1, or refuse it: for files that come from elsewhere.

    A prior in circulation was counted from float pictures in 0..255 where 0..1 was wanted, and has its maximum at the
    most saturated green. In photographs gray leads by far, so another maximum is taken for that error.

    Args:
        prior: real [313].
        gray_leads: whether bin 120 must be the largest; turn off for a collection that really has few grays.

    Returns: float64 [313].
    Raises: ValueError for another shape, for values that are negative or not finite, or where gray does not lead.

    Example:
        >>> int(check_prior(np.where(np.arange(313) == 120, 4, 1)).argmax())
        120
    """
    shares = _check_shares(prior)
    leader = int(shares.argmax())
    if gray_leads and shares[GRAY_BIN] < shares[leader]:
        a, b = ab_bins()[leader].astype(int)
        raise ValueError(
            f"the prior's most common color is ab=({a}, {b}), not gray: it was probably counted from floats in 0..255 "
            "instead of 0..1; count it again, or pass gray_leads=False if the photographs are like that"
        )
    return shares


def check_ab(ab: ArrayLike) -> Floats:
    """Return ab as float32 [..., 2], or raise ValueError for another last axis or values that are not finite."""
    colors = np.asarray(ab, np.float32)
    if colors.ndim == 0 or colors.shape[-1] != 2:
        raise ValueError(
            f"ab must end in an axis of 2 (a*, b*), got shape {colors.shape}; if it comes first, np.moveaxis(ab, 0, -1)"
        )
    if not np.isfinite(colors).all():
        raise ValueError("ab holds NaN or infinite values; mask those pixels before encoding")
    return colors


def _check_encoding(neighbors: int, sigma: float) -> None:
    if not 1 <= neighbors <= len(ab_bins()):
        raise ValueError(f"neighbors must lie in 1..{len(ab_bins())}, got {neighbors}; the paper takes 5")
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma must be above 0, got {sigma}; the paper takes 5")


def _check_shares(prior: ArrayLike) -> NDArray[np.float64]:
    shares = np.asarray(prior, np.float64)
    if shares.shape != (len(ab_bins()),):
        raise ValueError(f"a prior has one value for each of the {len(ab_bins())} bins, got shape {shares.shape}")
    total = shares.sum()
    if not (np.isfinite(total) and shares.min() >= 0 and total > 0):
        raise ValueError("a prior must be finite, nowhere negative, and above 0 somewhere; count it again")
    return np.asarray(shares / total)


def _nearest(ab: Floats, bins: Floats, count: int) -> tuple[Indices, Floats]:
    """Rows of the nearest bins and their squared distances, [n, count] each, nearest first; ties in bin order."""
    squared = ((ab[:, None, :] - bins) ** 2).sum(axis=-1)  # [n, len(bins)]
    index = np.argsort(squared, axis=1, kind="stable")[:, :count]
    return index, np.take_along_axis(squared, index, axis=1)


def _gaussian_weights(squared: Floats, sigma: float) -> Floats:
    # The smallest distance cancels in the ratio; taking it off first keeps far colors from 0 / 0.
    weight = np.exp((squared[..., :1] - squared) / np.float32(2 * sigma**2))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True), np.float32)


def _runs(length: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


@lru_cache(maxsize=1)
def _cell_to_bin() -> Indices:
    """int64 [23, 23]: the bin at each grid point, -1 where there is none."""
    kept = _kept_cells()
    return np.where(kept, np.cumsum(kept).reshape(kept.shape) - 1, -1)


@lru_cache(maxsize=1)
def _kept_cells() -> NDArray[np.bool_]:
    """Grid points, bool [23, 23], within the convex hull of the sRGB gamut, and their eight neighbors."""
    axis = np.arange(-GRID_END, GRID_END + 1, GRID_STEP)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    corners = _convex_hull(_gamut_outline())
    edges = np.roll(corners, -1, axis=0) - corners
    offset = grid[:, :, None, :] - corners
    inside = (edges[:, 0] * offset[..., 1] - edges[:, 1] * offset[..., 0] >= 0).all(axis=-1)
    padded = np.pad(inside, 1)
    shifts = [padded[i : i + _SIDE, j : j + _SIDE] for i in range(3) for j in range(3)]
    return np.asarray(np.logical_or.reduce(shifts))


def _gamut_outline() -> NDArray[np.float64]:
    """Colors, ab [n, 2], among which the hull's corners are: the faces of the RGB cube, every fifth level."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    first, second = (plane.ravel() for plane in np.meshgrid(levels, levels))
    faces = [
        np.insert(np.stack([first, second], axis=1), channel, end, axis=1) for channel in range(3) for end in (0, 255)
    ]
    return rgb_to_lab(np.concatenate(faces))[:, 1:].astype(np.float64)


def _convex_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners [n, 2] of the convex hull, counterclockwise (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0).tolist()

    def chain(walk: list[list[float]]) -> list[list[float]]:
        hull: list[list[float]] = []
        for point in walk:
            while len(hull) > 1 and _turn(hull[-2], hull[-1], point) <= 0:
                hull.pop()
            hull.append(point)
        return hull[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _turn(start: list[float], middle: list[float], end: list[float]) -> float:
    """Above 0 for a turn to the left."""
    return (middle[0] - start[0]) * (end[1] - start[1]) - (middle[1] - start[1]) * (end[0] - start[0])
