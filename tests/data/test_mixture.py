"""Weighted sources: what is parsed, and what is drawn."""

import numpy as np
import pytest

from photochrom.data.mixture import Mixture, WeightedSource, parse_source, parse_sources
from photochrom.data.sources import DataError


@pytest.mark.parametrize(
    ("text", "location", "weight"),
    [
        ("a.parquet:0.6", "a.parquet", 0.6),
        ("photos/:2", "photos/", 2.0),
        ("photos", "photos", None),
        ("s3://bucket/a.tar:.5", "s3://bucket/a.tar", 0.5),
        ("s3://bucket:0.5", "s3://bucket", 0.5),
        ("http://localhost:8000", "http://localhost:8000", None),
        ("http://localhost:8000/a.tar", "http://localhost:8000/a.tar", None),
        ("http://localhost:8000/a.tar:3", "http://localhost:8000/a.tar", 3.0),
        ("C:\\photos", "C:\\photos", None),
        ("a:b:1e-1", "a:b", 0.1),
    ],
)
def test_the_weight_stands_behind_the_last_colon(text, location, weight):
    assert parse_source(text) == WeightedSource(location, weight)


def test_a_file_that_is_called_so_has_no_weight(tmp_path):
    (tmp_path / "at 12:30").mkdir()
    assert parse_source(tmp_path / "at 12:30").weight is None


@pytest.mark.parametrize("data", [["a:0"], ["a:-1"], ["a:nan"], ["a:inf"], ["a:0.5", "b"], []])
def test_weights_that_cannot_be_are_refused(data):
    with pytest.raises(DataError):
        parse_sources(data)


def draws(mixture, places, seed=0):
    return np.array([mixture.photograph(place, seed) for place in places])


def test_every_epoch_follows_the_weights():
    mixture = Mixture(counts=(30, 70), weights=(0.6, 0.4))
    epoch = 250  # long enough that each share is exact to a hundredth: 100 places for the rarer source
    for number in range(4):
        drawn = draws(mixture, range(number * epoch, (number + 1) * epoch))
        assert (drawn < 30).sum() == 150


def test_within_a_source_every_photograph_comes_once_before_any_comes_again():
    mixture = Mixture(counts=(7, 40), weights=(3, 1))
    drawn = draws(mixture, range(2000))
    for low, high in ((0, 7), (7, 47)):
        own = drawn[(drawn >= low) & (drawn < high)]
        rounds = own[: len(own) // (high - low) * (high - low)].reshape(-1, high - low)
        assert (np.sort(rounds, axis=1) == np.arange(low, high)).all()
        assert not (rounds == rounds[0]).all()


def test_a_place_depends_on_the_seed_and_its_number_alone():
    mixture = Mixture(counts=(5, 9), weights=(1, 2))
    forwards = draws(mixture, range(700))
    again = draws(Mixture(counts=(5, 9), weights=(1, 2)), reversed(range(700)))[::-1]
    assert (forwards == again).all()
    assert (forwards != draws(mixture, range(700), seed=1)).any()


@pytest.mark.parametrize(
    ("counts", "weights"), [((1, 2), (1.0,)), ((0, 2), (1, 1)), ((1, 1), (1, 0)), ((1, 1), (1, 1e-9))]
)
def test_mixtures_that_cannot_be_drawn_are_refused(counts, weights):
    with pytest.raises(ValueError, match=r"source|share"):
        Mixture(counts, weights)
