"""The parts of a report that follow from sums."""

import numpy as np
import pytest

from photochrom.evaluation.hue import FAMILIES
from photochrom.evaluation.photographs import Entry, Photographs
from photochrom.evaluation.report import Estimate
from photochrom.evaluation.set_distances import SetDistances
from photochrom.evaluation.summary import Gathered, classes, confusion, curve
from photochrom.evaluation.sums import Figure


@pytest.fixture
def row():
    return Gathered(SetDistances(is_truth=False, seed=0))


def test_confusion_is_in_shares_of_each_true_family(row):
    row.confusion[0, :2] = 30, 10
    row.confusion[1, 1] = 60
    row.curve.counts[120, 5] = 40
    row.bin_error[120] = 100
    found = confusion("x", row)
    assert found.families == list(FAMILIES)
    assert found.shares[0][:2] == [0.75, 0.25]
    assert found.shares[1][1] == 1
    assert found.shares[2] == [0] * len(FAMILIES)  # no pixel is of it
    assert found.weight[:3] == [0.4, 0.6, 0]
    assert found.bin_error[120] == 2.5
    assert found.bin_error[0] is None


def test_a_curve_counts_colors_alike_when_it_is_rebalanced(row):
    row.curve.counts[120, 0] = 90  # 90 pixels of gray are right
    row.curve.counts[50, 10] = 10  # 10 of a rare color are 9 to 10 units off
    found = curve("x", row, "set")
    assert (found.raw[9], found.raw[10]) == (0.9, 1.0)
    assert (found.rebalanced[9], found.rebalanced[10]) == (0.5, 1.0)


def test_classes_are_told_by_the_mean_change_of_their_photographs(row, tmp_path):
    labels = [(7, "cock"), (7, "cock"), (9, "ostrich"), (3, "")]
    entries = [Entry("", label, name, 32, 32, 20.0, (0.0, 0.0)) for label, name in labels]
    photographs = Photographs("", 32, "", entries, [], tmp_path, np.zeros((0, 32, 32, 3), np.uint8))
    row.recognized = [(0, 0.9, 0.5), (1, 0.5, 0.3), (2, 0.2, 0.6), (3, 0.5, 0.5)]
    found = classes("x", row, photographs)
    [helped], [hurt] = found.helped, found.hurt
    assert (helped.name, helped.photographs, helped.change) == ("cock", 2, pytest.approx(30))
    assert (hurt.name, hurt.photographs, hurt.change) == ("ostrich", 1, pytest.approx(-40))


def test_a_figure_without_resamples_has_no_interval():
    assert Figure(3.0, np.full(4, np.nan)).estimate() == Estimate(3.0)
    found = Figure(3.0, np.array([1.0, np.nan, 3.0, 5.0])).estimate()
    assert 1 <= found.low < found.high <= 5
