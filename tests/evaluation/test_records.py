"""A chunk's record holds what its photographs measure, and its file is whole or not there."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from photochrom.color.ab_bins import ab_bins
from photochrom.evaluation import records
from photochrom.evaluation.color_error import auc_of
from photochrom.evaluation.records import SCALARS, SWEPT, RowRecord, SweepRecord, is_whole, load_record, save_record
from photochrom.evaluation.systems import Coloring, Scene


@pytest.fixture(scope="module")
def pairs():
    """Scenes and colorings of them, noise on noise."""
    random = np.random.default_rng(0)
    made = []
    for index in range(3):
        scene = Scene(index, random.integers(0, 256, (16, 16, 3), dtype=np.uint8))
        ab = (scene.ab * 0.5 + random.normal(0, 9, scene.ab.shape)).astype(np.float32)
        made.append((scene, Coloring(ab, scene.recolored(ab))))
    return made


@pytest.fixture(scope="module")
def row(pairs):
    record = RowRecord()
    for scene, coloring in pairs:
        record.add(scene, coloring)
    return record.arrays()


def column(record, name):
    return record["scalars"][:, list(SCALARS).index(name)]


def test_measures_of_pictures_are_those_of_scikit_image(pairs, row):
    psnr = [peak_signal_noise_ratio(scene.square, coloring.picture) for scene, coloring in pairs]
    np.testing.assert_allclose(column(row, "psnr"), psnr, rtol=1e-6)
    delta = [deltaE_ciede2000(rgb2lab(scene.square), rgb2lab(one.picture)).mean() for scene, one in pairs]
    np.testing.assert_allclose(column(row, "ciede2000"), delta, rtol=1e-3)


def test_measures_of_color_are_taken_on_the_ab_that_was_asked_for(pairs, row):
    error = [np.linalg.norm(coloring.ab - scene.ab, axis=-1).mean() for scene, coloring in pairs]
    chroma = [np.linalg.norm(coloring.ab, axis=-1) for _, coloring in pairs]
    np.testing.assert_allclose(column(row, "ab_error"), error, rtol=1e-5)
    np.testing.assert_allclose(column(row, "chroma"), [one.mean() for one in chroma], rtol=1e-5)
    np.testing.assert_allclose(column(row, "near_gray"), [(one < 5).mean() for one in chroma])


def test_scores_and_curve_lead_to_the_same_area(row):
    scores = row["scores"].sum(axis=0)
    shares = np.cumsum(row["curve"].sum(axis=0)[:151]) / row["curve"].sum()
    assert auc_of(scores[1], scores[0]) == pytest.approx(100 * shares.mean())


def test_the_error_of_a_bin_is_that_of_the_pixels_whose_true_color_it_is(pairs, row):
    truth = np.concatenate([scene.ab.reshape(-1, 2) for scene, _ in pairs])
    guess = np.concatenate([coloring.ab.reshape(-1, 2) for _, coloring in pairs])
    nearest = ((truth[:, None] - ab_bins()) ** 2).sum(axis=-1).argmin(axis=1)
    error = np.linalg.norm(guess - truth, axis=1)
    for place in np.unique(nearest)[:20]:
        assert row["bin_error"][place] == pytest.approx(error[nearest == place].sum(), rel=1e-5)


def test_a_photograph_without_a_coloring_counts_for_nothing(pairs, row):
    record = RowRecord()
    record.add(*pairs[0])
    record.lack(pairs[1][0], "no picture of that name")
    record.add(*pairs[2])
    arrays = record.arrays()
    assert arrays["valid"].tolist() == [1, 0, 1]
    assert str(arrays["problems"]) == '[[1, "no picture of that name"]]'
    np.testing.assert_array_equal(arrays["scalars"][[0, 2]], row["scalars"][[0, 2]])
    assert not arrays["scores"][1].any()
    assert arrays["confusion"].sum() == 2 * 16 * 16


def test_a_sweep_adds_up_what_rows_hold_photograph_by_photograph(pairs, row):
    sweep = SweepRecord((0.5, 1.0))
    for scene, coloring in pairs:
        gray = np.zeros_like(coloring.ab)
        sweep.add(scene, [coloring, Coloring(gray, scene.recolored(gray))])
    arrays = sweep.arrays()
    assert arrays["photographs"] == 3
    for place, name in enumerate(SWEPT):
        assert arrays["scalars"][0, place] == pytest.approx(column(row, name).sum())
    np.testing.assert_allclose(arrays["scores"][0], row["scores"].sum(axis=0))
    np.testing.assert_allclose(arrays["hues"], [row["hues"].sum(axis=0), np.zeros(36)])
    apart = np.abs(column(row, "colorfulness") - column(row, "true_colorfulness")).sum()
    assert arrays["colorfulness_error"] == pytest.approx([apart, column(row, "true_colorfulness").sum()])


def test_a_file_gives_back_what_was_saved(row, tmp_path):
    path = records.record_path(tmp_path / "deep", 3)
    save_record(path, row)
    loaded = load_record(path)
    assert loaded.keys() == row.keys()
    for name, values in row.items():
        np.testing.assert_array_equal(loaded[name], values)


def test_half_a_file_is_not_taken_for_a_whole_one(row, tmp_path):
    path = tmp_path / "000000.npz"
    assert not is_whole(path)
    save_record(path, row)
    assert is_whole(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert not is_whole(path)
