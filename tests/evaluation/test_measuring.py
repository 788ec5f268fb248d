"""Chunks, and what judges say of pictures."""

import numpy as np
import pytest
from PIL import Image

from photochrom.evaluation.measuring import NO_LABEL, Judges, RowPlan, chunks_of, measure_chunk
from photochrom.evaluation.photographs import open_photographs
from photochrom.evaluation.records import CHUNK, load_record, record_path
from photochrom.evaluation.settings import Settings
from photochrom.evaluation.systems import open_system


class Classifier:
    """Always says the same: class 1 before class 0."""

    name, sha256 = "same", ""

    def probabilities(self, pictures):
        said = np.zeros((len(pictures), 1000), np.float32)
        said[:, :2] = 0.3, 0.7
        return said


class Features:
    """The mean color."""

    name, sha256, dimensions = "mean", "", 3

    def features(self, pictures):
        return pictures.mean(axis=(1, 2)).astype(np.float32)


@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_chunks_hold_every_photograph_once(count):
    chunks = chunks_of(count)
    assert [index for chunk in chunks for index in chunk] == list(range(count))
    assert all(len(chunk) == CHUNK for chunk in chunks[:-1])


def test_a_judge_places_the_true_class_where_there_is_a_label():
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 3
    said = Judges(Classifier()).look(pictures, [], np.array([0, NO_LABEL, 1]))
    assert said["rank"].tolist() == [1, NO_LABEL, 0]
    assert said["probability"] == pytest.approx([0.3, 0, 0.7])
    assert "features" not in said


def test_a_feature_network_sees_pictures_and_their_matched_forms():
    pictures = [np.full((8, 8, 3), level, np.uint8) for level in (10, 20)]
    said = Judges(features=Features()).look(pictures, pictures[::-1], np.array([0, 1]))
    assert said["features"][:, 0].tolist() == [10, 20]
    assert said["features_matched"][:, 0].tolist() == [20, 10]
    assert "rank" not in said


def test_nobody_asked_says_nothing():
    assert Judges().look([np.zeros((8, 8, 3), np.uint8)], [], np.array([0])) == {}


@pytest.fixture
def plan(tmp_path):
    """plan(name) -> photographs and a row over them; those photographs are red."""
    source = tmp_path / "photographs"
    source.mkdir()
    for index in range(3):
        Image.new("RGB", (32, 32), (220, 30 + index, 30)).save(source / f"{index}.png")
    photographs = open_photographs(source, tmp_path / "work", Settings(size=32))

    def make(name):
        system = open_system(name, photographs, Settings(size=32), tmp_path, source)
        return photographs, RowPlan(system.name, system, None, tmp_path / "records" / system.name)

    return make


def test_matched_pictures_have_the_truths_chroma_back(plan):
    photographs, row = plan("mean-color")
    measure_chunk(0, photographs, [row], [], Judges(features=Features()), lambda: None)
    record = load_record(record_path(row.folder, 0))
    # One tint of the right hue and chroma: with the truth's chroma it is nearly the truth.
    assert np.abs(record["features_matched"] - (220, 31, 30)).max() < 3


@pytest.mark.parametrize("name", ["truth", "gray"])
def test_truth_and_gray_are_not_matched(plan, name):
    photographs, row = plan(name)
    measure_chunk(0, photographs, [row], [], Judges(features=Features()), lambda: None)
    assert "features_matched" not in load_record(record_path(row.folder, 0))


def test_a_chunk_that_is_there_is_not_measured_again(plan):
    photographs, row = plan("gray")
    measure_chunk(0, photographs, [row], [], Judges(), lambda: None)
    stamp = record_path(row.folder, 0).stat().st_mtime_ns
    measure_chunk(0, photographs, [row], [], Judges(), lambda: None)
    assert record_path(row.folder, 0).stat().st_mtime_ns == stamp


def test_work_that_is_stopped_leaves_no_file(plan):
    photographs, row = plan("gray")

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_chunk(0, photographs, [row], [], Judges(), stop)
    assert not list(row.folder.glob("*"))
