"""The Frechet distance against SciPy's matrix square root, the kernel distance against double loops."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from photochrom.evaluation.frechet import Moments, frechet_distance, kernel_distance, match_chroma


def moments_of(features):
    moments = Moments.zero(features.shape[1])
    moments.add(features)
    return moments


def features_of(count, dimensions, seed, shift=0.0):
    """Correlated features that are nowhere below 0, as after a network's last ReLU, float64 [n, d]."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(0, 1, (dimensions, dimensions))
    return np.maximum(random.normal(shift, 1, (count, dimensions)) @ mix, 0)


def plain_frechet(one, other):
    """The textbook formula with the square root of the product of the covariances."""
    c1, c2 = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    apart = ((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum()
    return apart + np.trace(c1) + np.trace(c2) - 2 * np.trace(sqrtm(c1 @ c2)).real


def kernel(x, y):
    return (sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3


def plain_discrepancy(one, other, *, paired):
    """Gretton's unbiased estimates, sum by sum."""
    n, m = len(one), len(other)
    within_one = sum(kernel(one[i], one[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_other = sum(kernel(other[i], other[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    pairs = [(i, j) for i in range(n) for j in range(m) if not (paired and i == j)]
    return within_one + within_other - 2 * sum(kernel(one[i], other[j]) for i, j in pairs) / len(pairs)


def test_moments_in_parts_are_those_of_the_whole():
    features = features_of(50, 7, 0)
    first, second = Moments.zero(7), moments_of(features[30:])
    for start in range(0, 30, 8):
        first.add(features[start : min(start + 8, 30)].astype(np.float64))
    first.merge(second)
    assert first.n == 50
    np.testing.assert_allclose(first.mean(), features.mean(axis=0))
    np.testing.assert_allclose(first.covariance(), np.cov(features, rowvar=False), atol=1e-12)


def test_the_distance_equals_the_textbook_formula():
    one, other = features_of(200, 12, 1), features_of(150, 12, 2, shift=0.3)
    wanted = plain_frechet(one, other)
    assert wanted > 1
    assert frechet_distance(moments_of(one), moments_of(other)) == pytest.approx(wanted, rel=1e-9)


def test_normal_distributions_on_one_axis_have_the_hand_computed_distance():
    near, far = np.array([[-2.0], [2.0]]), np.array([[9.0], [11.0]])
    wanted = 10**2 + (np.sqrt(8) - np.sqrt(2)) ** 2  # (m1 - m2)^2 + (s1 - s2)^2
    assert frechet_distance(moments_of(near), moments_of(far)) == pytest.approx(wanted)


def test_equal_sets_have_no_distance_and_the_order_makes_none():
    one, other = moments_of(features_of(80, 10, 3)), moments_of(features_of(90, 10, 4))
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one), rel=1e-9)


def test_fewer_photographs_than_dimensions_are_no_trouble():
    one, other = features_of(20, 40, 5), features_of(25, 40, 6)
    # A little of the identity gives both full rank, and the textbook root its digits back.
    c1, c2 = (np.cov(features, rowvar=False) + 1e-9 * np.eye(40) for features in (one, other))
    apart = ((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum()
    wanted = apart + np.trace(c1) + np.trace(c2) - 2 * np.trace(sqrtm(c1 @ c2)).real
    assert frechet_distance(moments_of(one), moments_of(other)) == pytest.approx(wanted, rel=1e-4)
    assert frechet_distance(moments_of(one), moments_of(one)) == pytest.approx(0, abs=1e-9 * np.trace(c1))


def test_features_that_never_change_leave_the_distance_of_the_means():
    one, other = np.full((5, 3), 1.0), np.full((5, 3), 3.0)
    assert frechet_distance(moments_of(one), moments_of(other)) == pytest.approx(12)


@pytest.mark.parametrize("paired", [False, True])
def test_the_kernel_distance_equals_the_double_loop(paired):
    one, other = features_of(12, 5, 7), features_of(12, 5, 8, shift=0.4)
    mean, deviation = kernel_distance(one, other, subset=6, subsets=3, seed=5, paired=paired)
    random = np.random.default_rng(5)
    estimates = []
    for _ in range(3):
        drawn = random.choice(12, 6, replace=False)
        beside = drawn if paired else random.choice(12, 6, replace=False)
        estimates.append(plain_discrepancy(one[drawn].tolist(), other[beside].tolist(), paired=paired))
    assert mean == pytest.approx(np.mean(estimates))
    assert deviation == pytest.approx(np.std(estimates))


def test_the_kernel_distance_of_one_distribution_is_around_0():
    means = [
        kernel_distance(features_of(120, 6, 100 + seed), features_of(120, 6, 200 + seed), subset=60, subsets=4)[0]
        for seed in range(40)
    ]
    assert abs(np.mean(means)) < 3 * np.std(means) / np.sqrt(len(means))


def test_paired_colorings_are_not_taken_for_closer_than_they_are():
    # The same distribution twice, photograph by photograph nearly the same: a distance of 0 in truth.
    paired, unpaired = [], []
    for seed in range(40):
        truth = features_of(40, 6, 300 + seed)
        coloring = truth + np.random.default_rng(seed).normal(0, 1e-3, truth.shape)
        paired.append(kernel_distance(truth, coloring, subset=20, subsets=4, paired=True)[0])
        # Half of the set at once, so that most subsets share photographs.
        unpaired.append(kernel_distance(truth, coloring, subset=20, subsets=4)[0])
    assert abs(np.mean(paired)) < 3 * np.std(paired) / np.sqrt(len(paired)) + 1e-3
    assert np.mean(unpaired) < -3 * np.std(unpaired) / np.sqrt(len(unpaired))


def test_a_shifted_distribution_is_farther_away():
    truth = features_of(200, 6, 9)
    near, far = (features_of(200, 6, 10, shift=shift) for shift in (0.1, 0.6))
    assert kernel_distance(truth, near)[0] < kernel_distance(truth, far)[0]


def test_the_draw_depends_on_the_seed_alone():
    one, other = features_of(30, 4, 11), features_of(30, 4, 12)
    assert kernel_distance(one, other, seed=1) == kernel_distance(one, other, seed=1)
    assert kernel_distance(one, other, seed=1) != kernel_distance(one, other, seed=2)


def test_matched_chroma_has_the_truths_mean_and_its_own_hues():
    random = np.random.default_rng(0)
    ab, truth = random.normal(0, 8, (20, 30, 2)), random.normal(0, 20, (20, 30, 2))
    matched = match_chroma(ab, truth)
    assert np.hypot(*matched.T).mean() == pytest.approx(np.hypot(*truth.T).mean(), rel=1e-5)
    np.testing.assert_allclose(np.arctan2(*matched.T), np.arctan2(*ab.T), atol=1e-5)


def test_gray_stays_gray_when_chroma_is_matched():
    truth = np.random.default_rng(0).normal(0, 20, (4, 4, 2))
    assert (match_chroma(np.zeros((4, 4, 2)), truth) == 0).all()
    assert (match_chroma(truth, np.zeros((4, 4, 2))) == 0).all()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match=r"\[n, 3\]"):
        Moments.zero(3).add(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="NaN"):
        Moments.zero(1).add([[np.nan]])
    with pytest.raises(ValueError, match="at least 2"):
        frechet_distance(moments_of(np.zeros((1, 3))), moments_of(np.zeros((2, 3))))
    with pytest.raises(ValueError, match="cannot be compared"):
        frechet_distance(Moments.zero(3), Moments.zero(4))
    with pytest.raises(ValueError, match="cannot be merged"):
        Moments.zero(3).merge(Moments.zero(4))
    with pytest.raises(ValueError, match="add first"):
        Moments.zero(3).mean()
    with pytest.raises(ValueError, match="4 photographs"):
        kernel_distance(np.zeros((3, 2)), np.zeros((9, 2)))
    with pytest.raises(ValueError, match="one size"):
        kernel_distance(np.zeros((8, 2)), np.zeros((9, 2)), paired=True)
    with pytest.raises(ValueError, match="shapes"):
        kernel_distance(np.zeros((8, 2)), np.zeros((8, 3)))
    with pytest.raises(ValueError, match="no colors"):
        match_chroma(np.zeros((0, 2)), np.zeros((4, 2)))
