"""Figures are those of the photographs, and their intervals hold them."""

import numpy as np
import pytest

from photochrom.evaluation.bootstrap import poisson_weights
from photochrom.evaluation.color_error import ColorError
from photochrom.evaluation.records import SCALARS, RowRecord
from photochrom.evaluation.sums import RowSums, prior_of
from photochrom.evaluation.systems import Coloring, Scene

COUNT, RESAMPLES = 12, 200


@pytest.fixture(scope="module")
def scenes():
    """Photographs of a few colors each, and colorings that are half as strong."""
    random = np.random.default_rng(0)
    made = []
    for index in range(COUNT):
        square = np.repeat(np.repeat(random.integers(0, 256, (4, 4, 3), dtype=np.uint8), 4, 0), 4, 1)
        scene = Scene(index, square)
        ab = scene.ab * np.float32(0.5)
        made.append((scene, Coloring(ab, scene.recolored(ab))))
    return made


@pytest.fixture(scope="module")
def record(scenes):
    row = RowRecord()
    for scene, coloring in scenes:
        row.add(scene, coloring)
    rank = np.array([0, 1, 5, -1, 0, 0, 9, 4, -1, 0, 2, 0])  # -1: no label
    return row.arrays() | {"rank": rank, "probability": np.zeros(COUNT)}


def summed(record, convention="thresholds"):
    sums = RowSums(RESAMPLES, convention)
    sums.add(record, poisson_weights(0, 0, COUNT, RESAMPLES))
    return sums


def test_the_auc_is_that_of_the_whole_set(scenes, record):
    error = ColorError()
    for scene, coloring in scenes:
        error.add(coloring.ab, scene.ab)
    figures = summed(record).figures("set")
    assert figures["auc_raw"].value == pytest.approx(error.auc())
    assert figures["auc_rebalanced"].value == pytest.approx(error.auc(rebalanced=True))


def test_the_integral_is_the_mean_closeness(scenes, record):
    every = np.concatenate([np.linalg.norm(one.ab - scene.ab, axis=-1).ravel() for scene, one in scenes])
    value = summed(record, "integral").figures("set")["auc_raw"].value
    assert value == pytest.approx(100 * np.maximum(0, 1 - every / 150).mean(), rel=1e-6)


def test_a_resample_is_as_if_its_photographs_were_the_set(scenes, record):
    figures = summed(record).figures("set")
    weights = poisson_weights(0, 0, COUNT, RESAMPLES)
    for resample in (0, 7):
        error = ColorError()
        for (scene, coloring), times in zip(scenes, weights[resample], strict=True):
            for _ in range(times):
                error.add(coloring.ab, scene.ab)
        assert figures["auc_raw"].resampled[resample] == pytest.approx(error.auc())
        chroma = np.repeat(record["scalars"][:, list(SCALARS).index("chroma")], weights[resample])
        assert figures["chroma"].resampled[resample] == pytest.approx(chroma.mean())


def test_accuracy_is_over_the_labelled_photographs(record):
    figures = summed(record).figures("set")
    assert figures["top1"].value == pytest.approx(100 * 5 / 10)
    assert figures["top5"].value == pytest.approx(100 * 8 / 10)


def test_without_labels_there_is_no_accuracy(record):
    unlabelled = {name: values for name, values in record.items() if name not in ("rank", "probability")}
    assert {"top1", "top5"}.isdisjoint(summed(unlabelled).figures("set"))


def test_error_and_shift_of_colorfulness_are_two_things(record):
    column = record["scalars"][:, [list(SCALARS).index(name) for name in ("colorfulness", "true_colorfulness")]]
    figures = summed(record).figures("set")
    assert figures["colorfulness_error"].value == pytest.approx(np.abs(column[:, 0] - column[:, 1]).mean())
    assert figures["colorfulness_shift"].value == pytest.approx(abs(column[:, 0].mean() - column[:, 1].mean()))


def test_every_interval_holds_its_figure(record):
    for name, figure in summed(record).figures("set").items():
        estimate = figure.estimate()
        assert estimate.low <= estimate.value <= estimate.high, name


def test_chunks_add_up_in_any_cut(record):
    whole = summed(record).figures("set-s5")
    parts = RowSums(RESAMPLES, "thresholds")
    for first, last in ((0, 5), (5, COUNT)):
        chunk = {name: values[first:last] for name, values in record.items() if len(np.atleast_1d(values)) == COUNT}
        parts.add(chunk, poisson_weights(0, first, last - first, RESAMPLES))
    for name, figure in parts.figures("set-s5").items():
        assert figure.value == pytest.approx(whole[name].value)
        np.testing.assert_allclose(figure.resampled, whole[name].resampled)


def test_a_prior_that_is_given_is_taken_as_it_is():
    prior = np.linspace(1, 2, 313)
    assert prior_of(prior, np.ones(313)) is prior
    counts = np.zeros(313)
    counts[[100, 120]] = 30, 10
    np.testing.assert_allclose(prior_of("set", counts), counts / 40)
    assert (prior_of("set-s5", counts) > 0).sum() > 2
