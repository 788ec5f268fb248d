"""k-means against brute force and against what whitening promises."""

import itertools

import pytest
import torch

from photochrom.training.kmeans import cluster_patches, minibatch_kmeans, principal_components, whitening


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def inertia(points, centers):
    return float((torch.cdist(points, centers).min(dim=1).values ** 2).sum())


def best_inertia(points, clusters):
    """Of all ways to divide the points: their squares, less those of each part's sum over its number."""
    divisions = torch.tensor(list(itertools.product(range(clusters), repeat=len(points))))
    member = torch.nn.functional.one_hot(divisions, clusters).double()  # [divisions, n, clusters]
    sums = torch.einsum("dnc,nx->dcx", member, points.double())
    between = (sums.square().sum(dim=2) / member.sum(dim=1).clamp_min(1)).sum(dim=1)
    return float(points.double().square().sum() - between.max())


@pytest.mark.parametrize("seed", range(5))
def test_on_a_small_case_it_finds_the_best_of_all_divisions(seed):
    places = torch.tensor([[0.0, 0.0], [8.0, 1.0], [3.0, 9.0]])
    points = places.repeat(3, 1) + torch.randn(9, 2, generator=dice(seed))
    centers = minibatch_kmeans(points, 3, dice(seed + 10))
    assert inertia(points, centers) == pytest.approx(best_inertia(points, 3), rel=1e-3)


def test_mini_batches_come_near_to_the_clusters_that_made_the_points():
    places = torch.randn(12, 6, generator=dice(1)) * 8
    labels = torch.randint(12, (4000,), generator=dice(2))
    points = places[labels] + 0.5 * torch.randn(4000, 6, generator=dice(3))
    centers = minibatch_kmeans(points, 12, dice(4))
    assert torch.cdist(places, centers).min(dim=1).values.max() < 0.3


def test_as_many_clusters_as_points_are_the_points():
    points = torch.randn(6, 3, generator=dice())
    centers = minibatch_kmeans(points, 6, dice())
    assert torch.cdist(points, centers).min(dim=1).values.max() < 1e-5


def test_the_generator_alone_fixes_the_result():
    points = torch.randn(300, 200, generator=dice())
    first = cluster_patches(points, 8, dice(5))
    torch.manual_seed(99)
    assert torch.equal(first, cluster_patches(points, 8, dice(5)))
    assert not torch.equal(first, cluster_patches(points, 8, dice(6)))


def test_fewer_points_than_clusters_are_refused():
    with pytest.raises(ValueError, match="got 3 points for 4 clusters"):
        minibatch_kmeans(torch.zeros(3, 2), 4, dice())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
def test_whitened_points_have_unit_variance_and_no_correlation_at_any_scale(scale):
    mixing = torch.randn(7, 7, generator=dice())
    points = scale * (torch.randn(5000, 7, generator=dice(1)) @ mixing + 3)
    mean, transform = whitening(points, 7, dice())
    white = ((points - mean) @ transform).double()
    # The regularizer takes at most 1e-3 over the faintest component's relative variance.
    relative = torch.linalg.eigvalsh(torch.cov(points.T.double())) / points.var(dim=0).mean()
    torch.testing.assert_close(white.T @ white / 5000, torch.eye(7).double(), rtol=0, atol=float(1.1e-3 / relative[0]))


def test_components_without_variance_are_left_out():
    points = torch.randn(500, 3, generator=dice()) @ torch.tensor([[1.0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]])
    _, transform = whitening(points, 4, dice())
    # Two directions vary; what rounding leaves of the others may not be blown up past the regularizer's 1 / sqrt(1e-3).
    assert (torch.linalg.matrix_norm(transform, 2) <= 1 / 1e-3**0.5 / points.var().sqrt() * 2).all()
    assert ((points - points.mean(dim=0)) @ transform).std(dim=0).gt(0.5).sum() == 2


def test_the_randomized_components_span_what_the_exact_ones_do():
    strength = torch.cat([torch.linspace(5, 3, 10), torch.full((190,), 0.1)])
    points = torch.randn(1000, 200, generator=dice()) * strength
    centered = points - points.mean(dim=0)
    variances, axes = principal_components(centered, 10, dice())
    wanted = torch.linalg.eigvalsh(centered.T @ centered / 1000).flip(0)[:10]
    torch.testing.assert_close(variances, wanted, rtol=1e-3, atol=0)
    torch.testing.assert_close((centered @ axes).square().mean(dim=0), wanted, rtol=1e-3, atol=0)
