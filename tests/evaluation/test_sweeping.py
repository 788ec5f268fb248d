"""A sweep from records made by hand."""

import numpy as np
import pytest

from photochrom.evaluation.measuring import SweepPlan
from photochrom.evaluation.photographs import Entry, Photographs
from photochrom.evaluation.records import CHUNK, SWEPT, record_path, save_record
from photochrom.evaluation.settings import Settings
from photochrom.evaluation.sweeping import TEMPERATURES, sweep

T = (0.0, 0.5, 1.0)
TRUTH = {"colorfulness": 31.0, "chroma": 12.0, "hue_entropy": 5.0, "near_gray": 40.0}


def record(photographs, psnr, chroma, right=(0, 0, 0), labelled=0):
    """Sums of so many photographs of 100 pixels each, all of bins 100 and 120, with these means by temperature."""
    scalars = np.zeros((3, len(SWEPT)))
    for name, means in (("psnr", psnr), ("chroma", chroma)):
        scalars[:, SWEPT.index(name)] = np.array(means) * photographs
    hues = np.zeros((3, 36))
    hues[:, 0] = photographs
    hues[1:, 9] = photographs  # the mode shows one hue, the others two
    scores = np.zeros((3, 3, 313))
    scores[:, 0, [100, 120]] = 20 * photographs, 80 * photographs
    scores[:, 1] = scores[:, 0] * np.array([0.7, 0.8, 0.9])[:, None]
    scores[:, 2] = scores[:, 0] * 0.5
    return {
        "photographs": np.array(photographs),
        "scalars": scalars,
        "colorfulness_error": np.array([9.0, 4.0, 6.0]) * photographs,
        "hues": hues,
        "scores": scores,
        "right": np.array(right, float),
        "labelled": np.array(labelled),
    }


@pytest.fixture
def swept(tmp_path):
    """swept(*records, ...) -> the sweep of those chunks, the last of one photograph."""

    def make(*records, convention="thresholds"):
        for chunk, one in enumerate(records):
            save_record(record_path(tmp_path, chunk), one)
        count = CHUNK * (len(records) - 1) + 1
        entries = [Entry("", None, "", 32, 32, 20.0, (0.0, 0.0))] * count
        photographs = Photographs("", 32, "", entries, [], tmp_path, np.zeros((0, 32, 32, 3), np.uint8))
        plan = SweepPlan("row", None, T, tmp_path)
        return sweep(plan, photographs, Settings(size=32, convention=convention), "set", TRUTH)

    return make


def test_means_are_over_all_photographs(swept):
    found = swept(record(32, (20, 22, 24), (30, 20, 10)), record(1, (53, 55, 57), (30, 20, 10)))
    assert found.temperatures == list(T)
    assert found.measures["psnr"] == pytest.approx([21, 23, 25])
    assert found.measures["colorfulness_error"] == pytest.approx([9, 4, 6])
    assert found.measures["hue_entropy"] == pytest.approx([0, 1, 1])


def test_the_auc_follows_the_convention(swept):
    one = record(1, (0, 0, 0), (0, 0, 0))
    assert swept(one).measures["auc_raw"] == pytest.approx([70, 80, 90])
    assert swept(one, convention="integral").measures["auc_raw"] == pytest.approx([50, 50, 50])


def test_the_best_is_the_highest_the_lowest_or_the_nearest_to_the_truth(swept):
    best = swept(record(1, (20, 24, 22), (30, 20, 13))).best
    assert (best["psnr"], best["colorfulness_error"], best["chroma"], best["auc_raw"]) == (0.5, 0.5, 1.0, 1.0)


def test_top_1_is_there_where_it_was_taken(swept):
    assert "top1" not in swept(record(1, (0, 0, 0), (0, 0, 0))).measures
    found = swept(record(8, (0, 0, 0), (0, 0, 0), (2, 4, 6), 8))
    assert found.measures["top1"] == pytest.approx([25, 50, 75])
    assert found.best["top1"] == 1.0


def test_temperatures_rise_from_the_mode_to_the_mean():
    assert TEMPERATURES[0] == 0
    assert TEMPERATURES[-1] == 1
    assert list(TEMPERATURES) == sorted(set(TEMPERATURES))
