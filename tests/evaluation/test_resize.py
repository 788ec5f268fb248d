"""Resizing against Pillow."""

import numpy as np
import pytest
from PIL import Image

from photochrom.evaluation.resize import resize


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((256, 256), (260, 260)),
        ((256, 256), (224, 224)),
        ((40, 40), (33, 33)),
        ((30, 41), (30, 60)),
        ((50, 31), (9, 31)),
    ],
    ids=["lite2", "lite0", "odd", "wider", "lower"],
)
def test_pixels_are_those_of_pillow(old, new):
    pictures = np.random.default_rng(0).integers(0, 256, (2, *old, 3), dtype=np.uint8)
    wanted = [np.asarray(Image.fromarray(one).resize(new[::-1], Image.Resampling.BICUBIC)) for one in pictures]
    differences = np.abs(resize(pictures, *new).astype(int) - np.stack(wanted))
    assert differences.max() <= 1  # a sum that lies on a half, in float32 or in Pillow's whole numbers
    assert (differences > 0).mean() < 0.005


def test_a_picture_of_the_size_is_left_alone():
    pictures = np.random.default_rng(0).integers(0, 256, (1, 20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize(pictures, 20, 30), pictures)


def test_no_pictures_give_none():
    assert resize(np.zeros((0, 20, 30, 3), np.uint8), 8, 9).shape == (0, 8, 9, 3)


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 4), np.uint8)]
)
def test_other_types_and_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be uint8 \[n, h, w, 3\], got"):
        resize(wrong, 4, 4)
