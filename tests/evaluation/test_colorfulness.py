"""Both forms of colorfulness against their formulas in plain Python."""

import statistics

import numpy as np
import pytest

from photochrom.evaluation.colorfulness import colorfulness, colorfulness_absolute


def plain(rgb, *, absolute):
    """The formula pixel by pixel, with Python's own statistics."""
    rg, yb = [], []
    for red, green, blue in rgb.reshape(-1, 3).tolist():
        rg.append(red - green)
        yb.append((red + green) / 2 - blue)
    if absolute:
        rg, yb = [abs(value) for value in rg], [abs(value) for value in yb]
    spread = (statistics.pvariance(rg) + statistics.pvariance(yb)) ** 0.5
    return spread + 0.3 * (statistics.fmean(rg) ** 2 + statistics.fmean(yb) ** 2) ** 0.5


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (13, 11, 3), dtype=np.uint8)


def test_both_forms_equal_their_formulas(picture):
    assert colorfulness(picture) == pytest.approx(plain(picture, absolute=False), abs=1e-9)
    assert colorfulness_absolute(picture) == pytest.approx(plain(picture, absolute=True), abs=1e-9)


def test_gray_has_no_colorfulness():
    gray = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=-1)
    assert colorfulness(gray) == colorfulness_absolute(gray) == 0


def test_one_flat_color_has_only_the_means():
    flat = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    wanted = 0.3 * np.hypot(200 - 100, (200 + 100) / 2 - 50)
    assert colorfulness(flat) == pytest.approx(wanted)
    assert colorfulness_absolute(flat) == pytest.approx(wanted)


def test_the_forms_differ_where_opponent_colors_meet():
    # Half red, half green: the signed means cancel and all is spread; the absolute values are all alike.
    halves = np.array([[[100, 0, 0], [0, 100, 0]]], np.uint8)
    assert colorfulness(halves) == pytest.approx(100 + 0.3 * 50)
    assert colorfulness_absolute(halves) == pytest.approx(0.3 * np.hypot(100, 50))


def test_pictures_that_are_not_8_bit_rgb_are_refused(picture):
    with pytest.raises(TypeError, match="uint8"):
        colorfulness(picture / 255)
    with pytest.raises(ValueError, match=r"\[h, w, 3\]"):
        colorfulness_absolute(picture[..., :2])
