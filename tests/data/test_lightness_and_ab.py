"""Lightness and targets on a CPU, against scikit-image."""

import numpy as np
import pytest
import skimage.color
import torch

from photochrom.data.crops import center_squares
from photochrom.data.decoding import decode
from photochrom.data.lightness_and_ab import lightness_and_ab_on_cpu, target_ab


@pytest.mark.parametrize("target", ["mean", "point"])
def test_both_are_those_of_another_library(real, target):
    squares = center_squares([decode(photograph, 192) for photograph in real[:3]], 64)
    lightness, ab = lightness_and_ab_on_cpu(squares, target=target)
    lab = skimage.color.rgb2lab(squares.permute(0, 2, 3, 1).numpy())
    cells = lab[..., 1:].reshape(3, 16, 4, 16, 4, 2)
    wanted = cells.mean(axis=(2, 4)) if target == "mean" else cells[:, :, 0, :, 0]
    assert (lightness.dtype, ab.dtype) == (torch.float32, torch.float32)
    # scikit-image rounds its white point in the fifth figure
    np.testing.assert_allclose(lightness[:, 0], lab[..., 0], atol=0.01)
    np.testing.assert_allclose(ab.permute(0, 2, 3, 1), wanted, atol=0.02)
    square = squares[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(target_ab(square, target), ab[0].permute(1, 2, 0), atol=1e-4)


def test_what_is_over_a_multiple_of_four_is_left_out(real):
    pixels = decode(real[0], 192)[:67, :90]
    assert target_ab(pixels, "mean").shape == (16, 22, 2)
    np.testing.assert_array_equal(target_ab(pixels, "mean"), target_ab(pixels[:64, :88], "mean"))
