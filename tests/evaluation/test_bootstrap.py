"""The Poisson bootstrap against NumPy's plain one, and its intervals against simulated truth."""

import numpy as np
import pytest

from photochrom.evaluation.bootstrap import WeightedSums, interval, paired_interval, poisson_weights


def summed(values, weights, chunk):
    sums = WeightedSums(len(weights), values.shape[1])
    for start in range(0, len(values), chunk):
        sums.add(weights[:, start : start + chunk], values[start : start + chunk])
    return sums


def test_the_weights_do_not_depend_on_the_chunks():
    together = poisson_weights(3, 0, 10, 200)
    assert together.dtype == np.uint8
    assert together.shape == (200, 10)
    parts = [poisson_weights(3, first, count, 200) for first, count in ((0, 4), (4, 1), (5, 5))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), together)


def test_seeds_and_photographs_have_weights_of_their_own():
    one = poisson_weights(0, 0, 2, 400)
    assert (one[:, 0] != one[:, 1]).any()
    assert (one != poisson_weights(1, 0, 2, 400)).any()
    # Neither pair of numbers may be mistaken for the other.
    assert (poisson_weights(1, 0, 1, 400) != poisson_weights(0, 1, 1, 400)).any()


def test_the_weights_are_poisson_with_mean_1():
    weights = poisson_weights(0, 0, 200, 1000)
    shares = np.bincount(weights.ravel(), minlength=5)[:5] / weights.size
    np.testing.assert_allclose(shares, np.exp(-1) / np.array([1, 1, 2, 6, 24]), atol=0.005)
    between = np.corrcoef(weights[:, :20], rowvar=False)
    assert np.abs(between - np.eye(20)).max() < 5 / np.sqrt(1000)


def test_sums_equal_the_plain_loop_and_no_chunking_changes_them():
    values = np.random.default_rng(0).normal(0, 1, (23, 3))
    weights = poisson_weights(0, 0, 23, 50)
    wanted = np.zeros((50, 3))
    for resample in range(50):
        for photograph in range(23):
            wanted[resample] += int(weights[resample, photograph]) * values[photograph]
    for chunk in (1, 7, 23):
        sums = summed(values, weights, chunk)
        np.testing.assert_allclose(sums.resampled, wanted, atol=1e-12)
        np.testing.assert_allclose(sums.total, values.sum(axis=0), atol=1e-12)


def test_merged_parts_are_the_whole():
    values = np.random.default_rng(0).normal(0, 1, (20, 2))
    weights = poisson_weights(0, 0, 20, 30)
    first, second = summed(values[:8], weights[:, :8], 8), summed(values[8:], weights[:, 8:], 5)
    first.merge(second)
    np.testing.assert_allclose(first.resampled, summed(values, weights, 20).resampled)
    np.testing.assert_allclose(first.total, values.sum(axis=0))


def test_the_interval_is_that_of_the_exact_bootstrap():
    """A mean of skewed numbers: resampling with replacement, as the textbook has it, gives the same two ends."""
    random = np.random.default_rng(1)
    values = random.lognormal(0, 0.8, 400)
    weights = poisson_weights(0, 0, 400, 4000)
    sums = summed(np.stack([np.ones(400), values], axis=1), weights, 64)
    found = np.array(interval(sums.resampled[:, 1] / sums.resampled[:, 0]))
    exact = values[random.integers(0, 400, (4000, 400))].mean(axis=1)
    wanted = np.quantile(exact, [0.025, 0.975])
    np.testing.assert_allclose(found, wanted, atol=0.1 * (wanted[1] - wanted[0]))


def test_intervals_hold_the_truth_as_often_as_they_say():
    """2,000 sets of 100 photographs each: the true mean lies within 95 of 100 intervals."""
    values = np.random.default_rng(2).normal(7, 3, (100, 2000))  # every column is a set of its own
    sums = WeightedSums(1000, 2001)
    sums.add(poisson_weights(0, 0, 100, 1000), np.concatenate([np.ones((100, 1)), values], axis=1))
    means = sums.resampled[:, 1:] / sums.resampled[:, :1]
    ends = np.array([interval(column) for column in means.T])
    held = np.mean((ends[:, 0] <= 7) & (ends[:, 1] >= 7))
    assert held == pytest.approx(0.945, abs=0.015)  # percentile intervals of 100 values hold a little less than 0.95


def test_paired_intervals_are_narrower_where_photographs_are_hard_for_both():
    random = np.random.default_rng(3)
    hard = random.normal(0, 10, 300)
    scores = np.stack([np.ones(300), hard + random.normal(0, 1, 300) + 1, hard + random.normal(0, 1, 300)], axis=1)
    sums = summed(scores, poisson_weights(0, 0, 300, 2000), 50)
    first, second = sums.resampled[:, 1] / sums.resampled[:, 0], sums.resampled[:, 2] / sums.resampled[:, 0]
    low, high = paired_interval(first, second)
    assert low > 0  # the difference of 1 is found
    assert interval(first)[0] < interval(second)[1]  # which the two intervals alone do not show
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(2 / 300), rel=0.15)


def test_resamples_without_the_figure_are_left_out():
    assert interval([np.nan, 1.0, 2.0, 3.0, np.nan], level=0.5) == (1.5, 2.5)
    with pytest.raises(ValueError, match="no resample"):
        interval([np.nan, np.nan])


def test_what_makes_no_sense_is_refused():
    sums = WeightedSums(5, 2)
    with pytest.raises(ValueError, match=r"\[B, n\]"):
        sums.add(np.ones((5, 3)), np.ones((4, 2)))
    with pytest.raises(ValueError, match="expected B, k"):
        sums.add(np.ones((6, 3)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="finite"):
        sums.add(np.ones((5, 1)), [[np.inf, 0]])
    with pytest.raises(ValueError, match="cannot be merged"):
        sums.merge(WeightedSums(5, 3))
    with pytest.raises(ValueError, match="0 or above"):
        poisson_weights(-1, 0, 1, 1)
    with pytest.raises(ValueError, match="level"):
        interval([1.0], level=95)
    with pytest.raises(ValueError, match=r"must be \[B\]"):
        interval(np.ones((3, 2)))
    with pytest.raises(ValueError, match="same resamples"):
        paired_interval([1.0], [1.0, 2.0])
