import numpy as np
import pytest

from photochrom.color.gamut import fit_gamut, fit_gamut_srgb, shrink_to_gamut
from photochrom.color.lab import (
    RGB_TO_XYZ,
    lab_to_linear_rgb,
    lightness_to_luminance,
    rgb_to_lab,
    rgb_to_lightness,
)


def any_lab(count=200_000, seed=0):
    """Colors inside and far outside sRGB, black and white among them."""
    rng = np.random.default_rng(seed)
    lab = rng.uniform([0, -110, -110], [100, 110, 110], (count, 3)).astype(np.float32)
    lab[:100, 0], lab[100:200, 0] = 0, 100
    return lab


def test_every_color_lies_in_srgb_afterwards():
    linear = fit_gamut(any_lab())
    assert linear.min() >= 0
    assert linear.max() <= 1


def test_luminance_is_kept_for_every_color():
    lab = any_lab()
    luminance = fit_gamut(lab).astype(np.float64) @ RGB_TO_XYZ[1]
    np.testing.assert_allclose(luminance, lightness_to_luminance(lab[:, 0]), atol=2e-6)


def test_lightness_of_the_8_bit_picture_is_kept_to_its_rounding():
    lab = any_lab()
    away = np.abs(rgb_to_lightness(fit_gamut_srgb(lab)) - lab[:, 0])
    assert away.max() < 0.5  # 1 is promised; clipping channel by channel moves it by tens


def test_lightness_of_the_16_bit_picture_is_kept_closely():
    lab = any_lab()
    away = np.abs(rgb_to_lightness(fit_gamut_srgb(lab, np.uint16)) - lab[:, 0])
    assert away.max() < 0.01


def test_colors_within_srgb_are_not_changed():
    rgb = np.random.default_rng(0).integers(0, 256, (50_000, 3), dtype=np.uint8)
    lab = rgb_to_lab(rgb)
    np.testing.assert_allclose(fit_gamut(lab), np.clip(lab_to_linear_rgb(lab), 0, 1), atol=1e-5)
    np.testing.assert_array_equal(fit_gamut_srgb(lab), rgb)


def test_no_more_color_is_given_up_than_needed():
    lab = any_lab(20_000)[200:]
    outside = (lab_to_linear_rgb(lab) < -1e-3).any(axis=1) | (lab_to_linear_rgb(lab) > 1 + 1e-3).any(axis=1)
    fitted = fit_gamut(lab)[outside]
    at_the_border = np.minimum(fitted.min(axis=1), 1 - fitted.max(axis=1))
    assert outside.mean() > 0.5
    assert at_the_border.max() < 1e-6


def test_the_color_moves_straight_towards_gray():
    lab = any_lab(20_000)[200:]
    gray = lightness_to_luminance(lab[:, 0])[:, None]
    asked, given = lab_to_linear_rgb(lab) - gray, fit_gamut(lab) - gray
    share = (asked * given).sum(axis=1) / (asked * asked).sum(axis=1)
    assert share.min() >= 0
    assert share.max() <= 1 + 1e-5
    np.testing.assert_allclose(given, asked * share[:, None], atol=3e-6)


def test_black_and_white_have_room_for_no_color():
    assert fit_gamut_srgb([[0, 80, 80], [100, -80, 80]]).tolist() == [[0, 0, 0], [255, 255, 255]]


def test_lightness_beyond_its_range_is_black_or_white():
    assert fit_gamut_srgb([[-5, 0, 0], [140, 0, 0]]).tolist() == [[0, 0, 0], [255, 255, 255]]


def test_gray_is_exactly_gray():
    lab = np.zeros((10_001, 3), np.float32)
    lab[:, 0] = np.linspace(0, 100, len(lab))
    linear = fit_gamut(lab)
    assert (linear == linear[:, :1]).all()


def test_the_share_can_be_worked_out_by_hand():
    # From gray 0.4: up by 1.2 with room for 0.6, down by 0.6 with room for 0.4; half of it fits.
    fitted = shrink_to_gamut(np.float32([1.6, -0.2, 0.4]), np.float32(0.4))
    np.testing.assert_allclose(fitted, [1.0, 0.1, 0.4], atol=1e-6)


def test_the_input_is_not_changed_and_its_shape_is_kept():
    lab = any_lab(600).reshape(20, 30, 3) * 2
    before = lab.copy()
    assert fit_gamut(lab).shape == (20, 30, 3)
    np.testing.assert_array_equal(lab, before)


def test_channels_first_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"np\.moveaxis"):
        fit_gamut(np.zeros((3, 8, 8), np.float32))
