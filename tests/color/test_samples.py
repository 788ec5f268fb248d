"""Coherent samples: what the distribution allows, region by region."""

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins
from photochrom.color.distribution import ColorDistribution
from photochrom.color.samples import BELIEF, LONGEST, coherent_samples


def gaussian(mean, covariance, height=8, width=8):
    """A distribution whose sharpened form, at the temperature of belief, is this Gaussian at every place."""
    away = ab_bins() - np.asarray(mean, np.float32)
    exponent = -0.5 * np.einsum("qi,ij,qj->q", away, np.linalg.inv(covariance), away)
    logits = np.broadcast_to((BELIEF * exponent)[:, None, None], (313, height, width))
    return ColorDistribution(np.ascontiguousarray(logits, np.float32))


def segments(height=32, width=48):
    """A picture of four flat things, and two modes for the color of each: logits, lightness and the things' numbers."""
    number = np.zeros((height, width), int)
    number[:, width // 2 :] = 1
    number[height // 2 :, : width // 2] = 2
    number[height // 2 :, width // 2 :] = 3
    lightness = np.float32([15, 50, 70, 95])[number]
    logits = np.full((313, height, width), -20, np.float32)
    for thing, (one, other) in enumerate(
        [((40, 20), (0, -40)), ((-30, 20), (20, 40)), ((0, 0), (50, 50)), ((60, 0), (-40, 0))]
    ):
        for color in (one, other):
            logits[(ab_bins() == color).all(axis=1).argmax(), number == thing] = 0
    # Both modes spread over their neighbors, as a network's do.
    squared = ((ab_bins()[:, None] - ab_bins()) ** 2).sum(axis=-1)
    spread = np.exp(-squared / (2 * 8**2)) @ np.exp(logits.reshape(313, -1))
    return np.log(spread).reshape(logits.shape).astype(np.float32), lightness, number


def neighbor_distance(ab, number):
    """The mean color difference of neighbors within a thing."""
    total = []
    for axis in (0, 1):
        inside = np.diff(number, axis=axis) == 0
        total.append(np.hypot(*np.diff(ab, axis=axis + 1))[inside])
    return float(np.concatenate(total).mean())


def test_neighbors_within_a_thing_agree_where_independent_draws_do_not():
    logits, lightness, number = segments()
    colors = ColorDistribution(logits)
    coherent = np.mean([neighbor_distance(ab, number) for ab in coherent_samples(colors, lightness, 8, seed=0)])
    random = np.random.default_rng(0)
    # The independent draw: one bin for each place by itself, from the same sharpened distribution.
    cumulative = colors.probabilities(BELIEF).cumsum(axis=0)
    drawn = (cumulative < random.uniform(0, 1, lightness.shape)).sum(axis=0).clip(0, 312)
    independent = neighbor_distance(np.moveaxis(ab_bins()[drawn], -1, 0), number)
    assert independent > 20
    assert coherent < 0.05 * independent


def test_things_change_apart_from_each_other():
    """The two modes of each thing are taken in all combinations, not all things together."""
    logits, lightness, number = segments()
    samples = np.stack(coherent_samples(ColorDistribution(logits), lightness, 48, seed=0))
    averages = np.stack([samples[:, :, number == thing].mean(axis=2) for thing in range(4)])  # [things, samples, 2]
    for thing in averages:
        assert thing.std(axis=0).max() > 8
    black, white = averages[0, :, 0], averages[3, :, 0]
    assert abs(np.corrcoef(black, white)[0, 1]) < 0.4  # about three standard errors of 48


def test_samples_of_a_gaussian_have_its_mean_and_most_of_its_spread():
    """The field is cut to a longest length: what of a normal pair's variance is kept then follows by integration."""
    covariance = np.array([[220.0, 90.0], [90.0, 160.0]])
    radius = np.linspace(0, 8, 4001)
    kept = np.trapezoid(np.minimum(radius, LONGEST) ** 2 * radius * np.exp(-(radius**2) / 2), radius) / 2
    drawn = coherent_samples(
        gaussian((10, 15), covariance, 1, 1), np.full((1, 1), 50, np.float32), 3000, seed=0, temperature=BELIEF
    )
    drawn = np.stack(drawn)[:, :, 0, 0].astype(np.float64)
    np.testing.assert_allclose(drawn.mean(axis=0), [10, 15], atol=1.0)
    # The floor under narrow distributions takes a tenth of this one's spread.
    np.testing.assert_allclose(np.cov(drawn.T), kept * covariance, atol=0.25 * kept * covariance.max())


def test_where_the_network_is_certain_all_samples_are_equal():
    logits = np.full((313, 12, 12), -60, np.float32)
    logits[100] = 0
    colors = ColorDistribution(logits)
    for ab in coherent_samples(colors, np.full((12, 12), 50, np.float32), 4, seed=3):
        np.testing.assert_allclose(ab, colors.annealed_mean(), atol=0.01)


def test_samples_differ_the_more_the_less_certain_the_network_is():
    sure, unsure = gaussian((0, 0), np.eye(2) * 60), gaussian((0, 0), np.eye(2) * 500)
    light = np.full((8, 8), 50, np.float32)
    spread = [np.stack(coherent_samples(colors, light, 12, seed=0)).std(axis=0).mean() for colors in (sure, unsure)]
    assert spread[1] > 2 * spread[0] > 0


def test_a_seed_repeats_and_another_does_not():
    logits, lightness, _ = segments()
    colors = ColorDistribution(logits)
    first, again, other = (coherent_samples(colors, lightness, 2, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.stack(first) - np.stack(other)).mean() > 3
    assert np.abs(first[0] - first[1]).mean() > 3


def test_the_first_samples_do_not_depend_on_how_many_are_asked_for():
    logits, lightness, _ = segments(16, 16)
    colors = ColorDistribution(logits)
    np.testing.assert_array_equal(
        coherent_samples(colors, lightness, 5, seed=1)[:2], coherent_samples(colors, lightness, 2, seed=1)
    )


@pytest.mark.parametrize("temperature", [1.0, 0.38, 0.05])
def test_samples_stay_within_the_colors_that_the_bins_span(temperature):
    random = np.random.default_rng(0)
    colors = ColorDistribution(random.normal(0, 3, (313, 10, 10)).astype(np.float32))
    for ab in coherent_samples(
        colors, random.uniform(0, 100, (10, 10)).astype(np.float32), 3, seed=0, temperature=temperature
    ):
        assert ab.dtype == np.float32
        assert np.isfinite(ab).all()
        assert np.abs(ab).max() <= 110


def test_lightness_of_another_size_is_refused():
    with pytest.raises(ValueError, match="same size"):
        coherent_samples(gaussian((0, 0), np.eye(2) * 100), np.zeros((4, 4), np.float32), 1, seed=0)
