"""Distances of sets, chunk by chunk, against the formula in one piece."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from photochrom.evaluation.frechet import kernel_distance
from photochrom.evaluation.set_distances import SetDistances

COUNT = 60


@pytest.fixture
def features():
    """Of the truth and of a row, float32 [n, 4]."""
    random = np.random.default_rng(0)
    truth = random.normal(0, 1, (COUNT, 4)).astype(np.float32)
    return truth, (truth * 1.5 + random.normal(0.5, 0.3, truth.shape)).astype(np.float32)


def frechet(one, other):
    covariances = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    mixed = sqrtm(covariances[0] @ covariances[1]).real
    return ((one.mean(0) - other.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * mixed)


def record(features, valid=None, **more):
    return {"valid": np.ones(len(features)) if valid is None else valid, "features": features, **more}


def summed(chunks, *, is_truth=False):
    distances = SetDistances(is_truth=is_truth, seed=0)
    for own, truth in chunks:
        distances.add(own, truth)
    return distances.estimates()


def test_chunks_give_the_distance_of_the_whole(features):
    truth, own = features
    found = summed([(record(own[:25]), record(truth[:25])), (record(own[25:]), record(truth[25:]))])
    assert found["frechet"].value == pytest.approx(frechet(own, truth), rel=1e-5)
    assert found["kernel"].value == pytest.approx(kernel_distance(own, truth, seed=0, paired=True)[0])


def test_pictures_with_the_truths_chroma_have_a_distance_of_their_own(features):
    truth, own = features
    found = summed([(record(own, features_matched=truth), record(truth))])
    assert found["frechet_hue"].value == pytest.approx(0, abs=1e-9)
    assert found["frechet"].value > 1


def test_without_such_pictures_it_is_the_same(features):
    truth, own = features
    found = summed([(record(own), record(truth))])
    assert found["frechet_hue"] == found["frechet"]


def test_truth_is_compared_by_its_halves_however_it_is_cut(features):
    truth, _ = features
    whole = summed([(record(truth), record(truth))], is_truth=True)
    parts = summed([(record(truth[:7]), record(truth[:7])), (record(truth[7:]), record(truth[7:]))], is_truth=True)
    assert whole["frechet"].value == pytest.approx(frechet(truth[1::2], truth[::2]), rel=1e-5)
    assert parts["frechet"].value == pytest.approx(whole["frechet"].value)
    assert "frechet_hue" not in whole


def test_a_photograph_without_a_coloring_is_left_out_of_the_truth_too(features):
    truth, own = features
    valid = np.ones(COUNT)
    valid[[3, 40]] = 0
    kept = valid > 0
    found = summed([(record(own[kept], valid), record(truth))])
    assert found["frechet"].value == pytest.approx(frechet(own[kept], truth[kept]), rel=1e-5)


@pytest.mark.parametrize("count", range(1, 10))
def test_a_few_photographs_have_no_distance(features, count):
    truth, own = features
    assert bool(summed([(record(own[:count]), record(truth[:count]))])) == (count >= 4)
    assert bool(summed([(record(truth[:count]), record(truth[:count]))], is_truth=True)) == (count >= 8)
