"""What the device computes against the NumPy science of color."""

import numpy as np
import pytest
import torch

from photochrom.color.ab_bins import soft_encode
from photochrom.color.lab import rgb_to_lab as lab_of
from photochrom.training.targets import TargetEncoder, jitter_tone, lightness_and_ab, rgb_to_lab


@pytest.fixture
def rgb():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 32, 64), dtype=np.uint8))


def test_lab_on_the_device_is_that_of_the_color_room(rgb):
    wanted = lab_of(np.moveaxis(rgb.numpy(), 1, -1))
    np.testing.assert_allclose(np.moveaxis(rgb_to_lab(rgb).numpy(), 1, -1), wanted, atol=2e-3)


def test_mean_targets_average_cells_and_point_targets_take_their_first_pixel(rgb):
    ab = np.moveaxis(lab_of(np.moveaxis(rgb.numpy(), 1, -1))[..., 1:], -1, 1)
    _, mean = lightness_and_ab(rgb, target="mean")
    _, point = lightness_and_ab(rgb, target="point")
    np.testing.assert_allclose(mean[1, 0, 2, 3], ab[1, 0, 8:12, 12:16].mean(), atol=2e-3)
    np.testing.assert_allclose(point[1, 0, 2, 3], ab[1, 0, 8, 12], atol=2e-3)


def test_encoding_by_table_is_the_soft_encoding_to_the_width_of_its_cells():
    ab = np.random.default_rng(1).uniform(-60, 60, (1, 2, 16, 16)).astype(np.float32)
    targets = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu")).encode(torch.from_numpy(ab))
    dense = torch.zeros(1, 16, 16, 313).scatter_(3, targets.indices, targets.weights)
    wanted = soft_encode(np.moveaxis(np.round(ab * 2) / 2, 1, -1))
    # Where bins are equally near, which of them is fifth is anyone's choice: compare what the encodings decode to.
    np.testing.assert_allclose(dense.numpy().sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.sort(dense.numpy(), -1), np.sort(wanted, -1), atol=1e-5)


def test_only_a_photograph_with_color_somewhere_counts():
    ab = torch.zeros(3, 2, 4, 4)
    ab[1, 0, 2, 2] = -5.5
    ab[2] = 4.9
    encoder = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu"))
    assert encoder.encode(ab).colored.flatten().tolist() == [0, 1, 0]


def test_tone_jitter_keeps_black_white_and_order():
    lightness = torch.linspace(0, 100, 32).reshape(1, 1, 4, 8).repeat(3, 1, 1, 1)
    changed = jitter_tone(lightness, 0.3, torch.Generator().manual_seed(0))
    assert (changed[:, 0, 0, 0] == 0).all()
    assert (changed[:, 0, 3, 7] == 100).all()
    assert (changed.flatten(1).diff() > 0).all()
    assert (changed[0] != changed[1]).any()
