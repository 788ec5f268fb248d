"""The field against the Gaussian process that it stands for."""

import numpy as np
import pytest

from photochrom.color.correlated_field import correlated_fields


@pytest.fixture(scope="module")
def draws():
    """2,000 fields over 12 places, and the places' features."""
    features = np.random.default_rng(1).normal(0, 0.8, (3, 3, 4)).astype(np.float32)
    return correlated_fields(features, 2000, np.random.default_rng(2)).reshape(2000, -1), features.reshape(3, -1).T


def test_every_place_has_mean_0_and_variance_1(draws):
    fields, _ = draws
    # Four standard errors of 2,000 draws.
    np.testing.assert_allclose(fields.mean(axis=0), 0, atol=4 / np.sqrt(2000))
    np.testing.assert_allclose(fields.var(axis=0), 1, atol=4 * np.sqrt(2 / 2000))


def test_the_correlation_of_two_places_is_the_gaussian_of_their_distance(draws):
    fields, features = draws
    squared = ((features[:, None] - features) ** 2).sum(axis=-1)
    np.testing.assert_allclose(np.corrcoef(fields.T), np.exp(-squared / 2), atol=4 / np.sqrt(2000))


def test_a_field_is_near_a_normal_distribution(draws):
    fields, _ = draws
    kurtosis = (fields**4).mean() / (fields**2).mean() ** 2
    assert kurtosis == pytest.approx(3, abs=0.15)


def test_fields_of_one_draw_are_independent(draws):
    fields, _ = draws
    assert abs(np.corrcoef(fields[::2].ravel(), fields[1::2].ravel())[0, 1]) < 0.03


def test_the_same_generator_gives_the_same_field():
    features = np.zeros((2, 4, 4), np.float32)
    one, other = (correlated_fields(features, 1, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_places_that_agree_in_everything_get_the_same_value():
    field = correlated_fields(np.ones((5, 3, 3), np.float32), 2, np.random.default_rng(0))
    assert np.ptp(field, axis=(1, 2)).max() < 1e-5


def test_features_of_another_rank_are_refused():
    with pytest.raises(ValueError, match=r"\[n, h, w\]"):
        correlated_fields(np.zeros((4, 4), np.float32), 1, np.random.default_rng(0))
