"""Lab and sRGB on a device, against the NumPy conversion and against the definition of the curve."""

import numpy as np
import torch

from photochrom.color import lab as reference
from photochrom.training.srgb import decode, decode_with_slope, encode, lab_to_srgb, lightness_to_gray, srgb_to_lab


def colors() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (2, 3, 5, 7)).astype(np.float32)


def test_both_ways_equal_the_numpy_conversion():
    rgb = colors()
    lab = np.moveaxis(reference.rgb_to_lab(np.moveaxis(rgb, 1, -1)), -1, 1)
    np.testing.assert_allclose(srgb_to_lab(torch.from_numpy(rgb)), lab, atol=1e-3)
    np.testing.assert_allclose(lab_to_srgb(torch.from_numpy(lab)), rgb, atol=1e-5)


def test_colors_beyond_srgb_come_back_unclipped():
    lab = torch.tensor([30.0, 90.0, -110.0])[None, :, None, None]
    assert lab_to_srgb(lab).min() < 0
    torch.testing.assert_close(srgb_to_lab(lab_to_srgb(lab)), lab, rtol=1e-4, atol=1e-3)


def test_gray_has_no_color_and_the_lightness_asked_for():
    lightness = torch.linspace(0, 100, 21)[None, None, :, None]
    lab = srgb_to_lab(lightness_to_gray(lightness).repeat(1, 3, 1, 1))
    torch.testing.assert_close(lab[:, :1], lightness, rtol=1e-5, atol=1e-3)
    assert lab[:, 1:].abs().max() < 1e-3


def test_the_curve_and_its_slope_agree_with_finite_differences():
    values = torch.linspace(-0.5, 1.5, 400, dtype=torch.float64)
    step = 1e-6
    wanted = (decode(values + step) - decode(values - step)) / (2 * step)
    found, slope = decode_with_slope(values)
    torch.testing.assert_close(slope, wanted, rtol=1e-4, atol=1e-6)
    assert torch.equal(found, decode(values))
    torch.testing.assert_close(encode(decode(values)), values, rtol=1e-5, atol=2e-5)
