"""Rows of which one lacks photographs, compared over those that both have."""

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins
from photochrom.evaluation.common_photographs import CommonSums
from photochrom.evaluation.hue import HUE_STEPS
from photochrom.evaluation.records import SCALARS

PSNR = {"truth": [9, 9, 9, 9], "gray": [1, 2, 3, 8], "whole": [4, 5, 6, 7], "part": [5, 6, 0, 0]}
RANKS = {"truth": [0, 0, 0, 0], "gray": [0, 7, 7, 7], "whole": [0, 0, 7, 7], "part": [0, 0]}
HAS = {name: np.array([True, True, name != "part", name != "part"]) for name in PSNR}


def record(name):
    """Four photographs of one gray pixel each; what the judges said is about those that there are."""
    has = HAS[name]
    scalars = np.zeros((4, len(SCALARS)))
    scalars[:, list(SCALARS).index("psnr")] = PSNR[name]
    scores = np.zeros((4, 3, len(ab_bins())))
    scores[has, 0, 120] = 1
    scores[has, 1, 120] = 0.5
    return {
        "valid": has.astype(float),
        "scalars": scalars,
        "hues": np.zeros((4, HUE_STEPS)),
        "scores": scores,
        "rank": np.array(RANKS[name]),
    }


@pytest.fixture
def common():
    pairs = [("whole", "gray"), ("part", "gray"), ("whole", "part")]
    sums = CommonSums(HAS, "truth", "gray", pairs, resamples=3, convention="thresholds")
    weights = np.array([[1, 1, 1, 1], [2, 0, 1, 0], [0, 1, 0, 3]])
    for name in HAS:
        for chunk in (range(0, 2), range(2, 4)):  # in two chunks
            part = record(name)
            judged = np.flatnonzero(HAS[name])
            rank = part["rank"][(judged >= chunk.start) & (judged < chunk.stop)]
            rows = slice(chunk.start, chunk.stop)
            sums.add(
                name, chunk, {key: part[key][rows] for key in part if key != "rank"} | {"rank": rank}, weights[:, rows]
            )
    sums.finish("set")
    return sums


def test_each_row_is_over_the_photographs_that_it_has(common):
    [part], [whole] = common.figures("part"), common.figures("whole")
    assert part["psnr"].value == 5.5
    assert whole["psnr"].value == 5.5
    np.testing.assert_allclose(part["psnr"].resampled, [5.5, 5, 6])
    np.testing.assert_allclose(whole["psnr"].resampled, [5.5, (2 * 4 + 6) / 3, (5 + 3 * 7) / 4])


def test_a_pair_is_over_the_photographs_that_both_have(common):
    whole, part = common.figures("whole", "part")
    assert (whole["psnr"].value, part["psnr"].value) == (4.5, 5.5)
    np.testing.assert_allclose(whole["psnr"].resampled, [4.5, 4, 5])
    part, gray = common.figures("part", "gray")
    assert (part["psnr"].value, gray["psnr"].value) == (5.5, 1.5)
    whole, gray = common.figures("whole", "gray")
    assert (whole["psnr"].value, gray["psnr"].value) == (5.5, 3.5)


def test_the_gap_recovered_is_that_of_the_same_photographs(common):
    [part], [whole] = common.figures("part"), common.figures("whole")
    assert part["recovered"].value == 100  # truth 2 of 2, gray 1, part 2
    assert whole["recovered"].value == pytest.approx(100 * (50 - 25) / (100 - 25))


def test_rows_that_lack_nothing_are_added_up_once():
    whole = {name: np.ones(4, bool) for name in ("truth", "gray", "a", "b")}
    pairs = [("a", "gray"), ("b", "gray"), ("a", "b")]
    assert len(CommonSums(whole, "truth", "gray", pairs, 3, "thresholds").groups) == 1
