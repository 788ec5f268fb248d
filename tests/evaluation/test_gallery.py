"""Small pictures side by side."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from photochrom.evaluation.gallery import SMALL, data_uri, galleries
from photochrom.evaluation.measuring import RowPlan
from photochrom.evaluation.photographs import open_photographs
from photochrom.evaluation.set_distances import SetDistances
from photochrom.evaluation.settings import Settings
from photochrom.evaluation.summary import Gathered
from photochrom.evaluation.systems import open_system


def decoded(uri):
    kind, _, content = uri.partition(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


@pytest.mark.parametrize(("side", "shown"), [(288, SMALL), (64, 64)])
def test_a_picture_is_reduced_and_never_enlarged(side, shown):
    picture = np.zeros((side, side, 3), np.uint8)
    picture[:, : side // 2] = (200, 40, 40)
    small = decoded(data_uri(picture))
    assert small.shape == (shown, shown, 3)
    assert np.abs(small[:, : shown // 2 - 4].mean(axis=(0, 1)) - (200, 40, 40)).max() < 8
    assert small[:, shown // 2 + 4 :].mean() < 8


def gathered(errors):
    row = Gathered(SetDistances(is_truth=False, seed=0))
    row.ab_error = list(errors)
    return row


@pytest.fixture
def shown(tmp_path):
    """shown(errors, count) -> the gallery of a folder of pictures, with those errors."""
    source = tmp_path / "photographs"
    source.mkdir()
    for index in range(5):
        Image.new("RGB", (32, 32), (40 * index, 90, 90)).save(source / f"{index}.png")
    settings = Settings(size=32)
    photographs = open_photographs(source, tmp_path / "work", settings)
    names = ("truth", "gray", "random", f"mine={source}")
    systems = [open_system(name, photographs, settings, tmp_path, source) for name in names]
    plans = [RowPlan(system.name, system, None, tmp_path) for system in systems]

    def make(errors, count):
        rows = {plan.name: gathered(errors) for plan in plans}
        return galleries(plans, rows, photographs, count)

    return make


def test_the_best_come_first_on_one_side_and_the_worst_on_the_other(shown):
    [gallery] = shown([3.0, 1.0, 5.0, 2.0, 4.0], 2)
    assert [example.photograph for example in gallery.best] == ["1.png", "3.png"]
    assert [example.photograph for example in gallery.worst] == ["2.png", "4.png"]
    assert [example.error for example in gallery.worst] == [5.0, 4.0]


def test_truth_gray_and_colorizers_stand_side_by_side(shown):
    [gallery] = shown([3.0, 1.0, 5.0, 2.0, 4.0], 1)
    [example] = gallery.best
    assert list(example.pictures) == ["truth", "gray", "mine"]
    assert np.abs(decoded(example.pictures["truth"]).astype(int) - (40, 90, 90)).max() < 8


def test_photographs_without_a_coloring_are_not_shown(shown):
    [gallery] = shown([np.nan, 1.0, np.nan, 2.0, 4.0], 24)
    assert [example.photograph for example in gallery.best] == ["1.png", "3.png"]
    assert [example.photograph for example in gallery.worst] == ["4.png", "3.png"]


def test_no_gallery_is_made_where_none_is_wanted(shown):
    assert shown([3.0, 1.0, 5.0, 2.0, 4.0], 0) == []
