"""Mini-batch k-means of whitened patches, in PyTorch, so that it runs where the network is.

Source: Sculley 2010, "Web-scale k-means clustering" (mini-batches); Arthur and Vassilvitskii 2007, "k-means++" (seeds);
Coates and Ng 2012, "Learning feature representations with k-means" (why patches are whitened first).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

FLOOR = 1e-6  # a component with less variance carries nothing; relative to the mean variance of a patch's values
REGULARIZER = 1e-3  # added to each component's variance, so that faint ones are not blown up; relative, too
ROUNDS = 20
POINTS_PER_CENTER = 10  # of a mini-batch
SEED_POINTS_PER_CENTER = 4  # seeds are drawn from a sample of this size
OVERSAMPLING = 32  # further components that make the leading ones of a randomized decomposition exact enough


def cluster_patches(patches: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """Directions in the space of patches that the patches gather around.

    The patches are centered and whitened, keeping their `clusters` strongest components at most, brought to unit length
    and clustered; each center is mapped back, so that its product with a patch is that of the whitened two.

    Args:
        patches: float32 [n, d], n >= clusters, any scale.
        clusters: how many directions.
        generator: on the CPU; fixes the result.
    Returns: float32 [clusters, d], of no particular length.
    Source: Kraehenbuehl et al. 2016, "Data-dependent initializations of convolutional neural networks", section 3.2.
    """
    mean, transform = whitening(patches, clusters, generator)
    whitened = torch.nn.functional.normalize((patches - mean) @ transform, dim=1)
    return minibatch_kmeans(whitened, clusters, generator) @ transform.T


def whitening(points: Tensor, components: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The principal components, each divided by its standard deviation.

    Floor and regularizer are taken relative to the mean variance, so that it does not matter whether lightness comes
    in 0..100 or in 0..1.

    Args:
        points: float32 [n, d].
        components: how many are kept at most, the strongest.
        generator: on the CPU.
    Returns: mean [d] and transform [d, min(components, d)]; `(points - mean) @ transform` has unit variance, a little
        less for faint components.
    """
    mean = points.mean(dim=0)
    centered = points - mean
    unit = centered.square().mean().clamp_min(torch.finfo(points.dtype).tiny)  # the mean variance
    variances, axes = principal_components(centered, components, generator)
    relative = variances / unit
    shrink = torch.where(relative < FLOOR, 0.0, (relative + REGULARIZER).rsqrt())
    return mean, axes * shrink / unit.sqrt()


def principal_components(centered: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Variances [c] and axes [d, c] of the c = min(count, d) strongest components of points [n, d] without mean."""
    size, dimensions = centered.shape
    if dimensions <= 2 * (count + OVERSAMPLING):
        variances, axes = torch.linalg.eigh(centered.T @ centered / size)  # ascending
        return variances.flip(0)[:count], axes.flip(1)[:, :count]
    # Few of many: a randomized decomposition takes a quarter of the time at 512 of 4,608. It draws from the global
    # random state, which is put back.
    with torch.random.fork_rng(devices=[centered.device] if centered.is_cuda else []):
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        _, lengths, axes = torch.svd_lowrank(centered, q=min(count + OVERSAMPLING, size), niter=2)
    return (lengths.square() / size)[:count], axes[:, :count]


def minibatch_kmeans(points: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """Centers of clusters: by mini-batches, each the mean of all points that came nearest to it; last, by all points.

    Args:
        points: float32 [n, d], n >= clusters.
        clusters: how many.
        generator: on the CPU; fixes the result.
    Returns: float32 [clusters, d].
    Raises: ValueError for fewer points than clusters.

    Example:
        >>> points = torch.tensor([[0.0], [1.0], [10.0], [11.0]])
        >>> minibatch_kmeans(points, 2, torch.Generator().manual_seed(0)).flatten().sort().values.tolist()
        [0.5, 10.5]
    """
    if len(points) < clusters:
        raise ValueError(f"k-means needs a point for every cluster, got {len(points)} points for {clusters} clusters")
    centers = spread_seeds(pick(points, SEED_POINTS_PER_CENTER * clusters, generator), clusters, generator)
    counts = points.new_zeros(clusters)
    for _ in range(ROUNDS):
        sums, arrived = gather_at_centers(pick(points, POINTS_PER_CENTER * clusters, generator), centers)
        counts += arrived
        centers += (sums - arrived[:, None] * centers) / counts.clamp_min(1)[:, None]
    sums, arrived = gather_at_centers(points, centers)  # what the first rounds, with worse centers, have left in them
    return torch.where(arrived[:, None] > 0, sums / arrived.clamp_min(1)[:, None], centers)


def spread_seeds(points: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """First centers [clusters, d]: points drawn one by one, with a chance that grows with the squared distance.

    Each time several are drawn, and the one stays that leaves the least squared distance.
    """
    candidates = 2 + int(math.log(clusters))
    chosen = points.new_empty(clusters, points.shape[1])
    distance2 = torch.full_like(points[:, 0], torch.finfo(points.dtype).max / len(points) / 2)
    for index in range(clusters):
        # Inverse transform sampling; where all points are taken, the distances are 0 and any point will do.
        edges = distance2.double().cumsum(0)
        draws = torch.rand(candidates, dtype=torch.float64, generator=generator).to(points.device) * edges[-1]
        drawn = points[torch.searchsorted(edges, draws, right=True).clamp_max(len(points) - 1)]
        left = torch.minimum(distance2, squared_distances(drawn, points))  # [candidates, n]
        best = left.sum(dim=1).argmin()
        chosen[index], distance2 = drawn[best], left[best]
    return chosen


def gather_at_centers(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """The sum [clusters, d] and the number, float [clusters], of the points that are nearest to each center."""
    nearest = squared_distances(points, centers).argmin(dim=1)
    sums = torch.zeros_like(centers).index_add_(0, nearest, points)
    return sums, torch.bincount(nearest, minlength=len(centers)).to(points.dtype)


def squared_distances(points: Tensor, others: Tensor) -> Tensor:
    """Float [n, m], between points [n, d] and others [m, d]."""
    lengths2 = points.square().sum(dim=1)[:, None] + others.square().sum(dim=1)
    return torch.addmm(lengths2, points, others.T, alpha=-2).clamp_min_(0)


def pick(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` different points at random, or all of them in random order."""
    order = torch.randperm(len(points), generator=generator)[:count]
    return points[order.to(points.device)]
