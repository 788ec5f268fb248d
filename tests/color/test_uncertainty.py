"""The uncertainty map and the scale that shows it."""

import numpy as np
import pytest
from skimage import color

from photochrom.color.ab_bins import soft_encode
from photochrom.color.distribution import ColorDistribution
from photochrom.color.uncertainty import scale_colors, uncertainty


def test_one_bin_is_0_and_all_alike_is_1():
    logits = np.zeros((313, 1, 2), np.float32)
    logits[7, 0, 0] = 200
    np.testing.assert_allclose(uncertainty(ColorDistribution(logits)), [[0, 1]], atol=1e-5)


def test_k_bins_alike_have_the_share_of_their_logarithm():
    for count in (2, 10, 100):
        logits = np.full((313, 1, 1), -np.inf, np.float32)
        logits[:count] = 3
        found = uncertainty(ColorDistribution(logits)).item()
        assert found == pytest.approx(np.log(count) / np.log(313), abs=1e-5)


def test_two_colors_are_less_sure_than_one():
    one, other = soft_encode([[30.0, 20.0], [-40.0, -20.0]])
    with np.errstate(divide="ignore"):
        logits = np.log(np.stack([one, (one + other) / 2], axis=-1))[:, None]
    sure, unsure = uncertainty(ColorDistribution(logits)).ravel()
    assert unsure == pytest.approx(sure + np.log(2) / np.log(313), abs=1e-3)


def test_the_scale_gets_lighter_evenly():
    """So that it reads in gray, and for every kind of color vision."""
    lightness = color.rgb2lab(scale_colors()[None])[0, :, 0]
    steps = np.diff(lightness)
    assert (steps > 0.1).all()
    assert steps.max() < 2.5 * steps.mean()
    assert lightness[-1] - lightness[0] > 80


def test_colors_far_apart_on_the_scale_look_different():
    lab = color.rgb2lab(scale_colors(6)[None])[0]
    assert np.linalg.norm(np.diff(lab, axis=0), axis=1).min() > 15
