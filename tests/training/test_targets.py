"""What the device computes against the NumPy science of color."""

import numpy as np
import pytest
import torch

from photochrom.color.ab_bins import soft_encode
from photochrom.color.lab import rgb_to_lab
from photochrom.training.targets import TargetEncoder, lightness_and_ab, lightness_and_ab_by_formula

WAYS = [lightness_and_ab, lightness_and_ab_by_formula]  # on a CPU and, in PyTorch, on any device


@pytest.fixture
def rgb():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 32, 64), dtype=np.uint8))


@pytest.mark.parametrize("split", WAYS)
def test_lightness_is_that_of_the_color_room(rgb, split):
    wanted = rgb_to_lab(np.moveaxis(rgb.numpy(), 1, -1))[..., 0]
    lightness, _ = split(rgb, target="mean")
    assert lightness.shape == (2, 1, 32, 64)
    np.testing.assert_allclose(lightness[:, 0].numpy(), wanted, atol=2e-3)


@pytest.mark.parametrize("split", WAYS)
def test_mean_targets_average_cells_and_point_targets_take_their_first_pixel(rgb, split):
    ab = np.moveaxis(rgb_to_lab(np.moveaxis(rgb.numpy(), 1, -1))[..., 1:], -1, 1)
    _, mean = split(rgb, target="mean")
    _, point = split(rgb, target="point")
    np.testing.assert_allclose(mean.numpy(), ab.reshape(2, 2, 8, 4, 16, 4).mean(axis=(3, 5)), atol=2e-3)
    np.testing.assert_allclose(point.numpy(), ab[:, :, ::4, ::4], atol=2e-3)


@pytest.mark.parametrize("split", WAYS)
def test_gray_photographs_ask_for_no_color(split):
    gray = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(1, 3, 16, 16)
    _, ab = split(gray, target="mean")
    assert ab.abs().max() < 1e-4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_what_the_cpu_gives(rgb):
    pairs = zip(lightness_and_ab(rgb.cuda(), target="mean"), lightness_and_ab(rgb, target="mean"), strict=True)
    for found, wanted in pairs:
        torch.testing.assert_close(found.cpu(), wanted, rtol=0, atol=2e-3)


def test_encoding_by_table_is_the_soft_encoding_to_the_width_of_its_cells():
    ab = np.random.default_rng(1).uniform(-60, 60, (1, 2, 16, 16)).astype(np.float32)
    targets = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu")).encode(torch.from_numpy(ab))
    dense = torch.zeros(1, 16, 16, 313).scatter_(3, targets.indices, targets.weights)
    wanted = soft_encode(np.moveaxis(np.round(ab * 2) / 2, 1, -1))
    # Where bins are equally near, which of them is fifth is anyone's choice: compare what the encodings decode to.
    np.testing.assert_allclose(dense.numpy().sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.sort(dense.numpy(), -1), np.sort(wanted, -1), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_colors_of_another_type_find_the_same_bins(dtype):
    ab = torch.randint(-100, 101, (2, 2, 16, 16), generator=torch.Generator().manual_seed(0))  # exact in all types
    encoder = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu"))
    found, wanted = encoder.encode(ab.to(dtype)), encoder.encode(ab.float())
    assert torch.equal(found.indices, wanted.indices)
    assert torch.equal(found.weights, wanted.weights)


def test_only_a_photograph_with_color_somewhere_counts():
    ab = torch.zeros(3, 2, 4, 4)
    ab[1, 0, 2, 2] = -5.5
    ab[2] = 4.9
    encoder = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu"))
    assert encoder.encode(ab).colored.flatten().tolist() == [0, 1, 0]
