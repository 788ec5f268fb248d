"""PSNR, SSIM and CIEDE2000 against scikit-image and their definitions."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.image_measures import LARGEST_PSNR, ciede2000, psnr, ssim


@pytest.fixture(params=[3, 60], ids=["nearly equal", "far apart"])
def pair(request):
    """A smooth picture with some texture, and the same with noise, uint8 [72, 65, 3]."""
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0:72, 0:65]
    waves = np.stack([np.sin(rows / 9), np.cos(columns / 7), np.sin((rows + columns) / 11)], axis=-1)
    truth = (128 + 90 * waves + random.normal(0, 8, waves.shape)).clip(0, 255).astype(np.uint8)
    return (truth + random.normal(0, request.param, truth.shape)).clip(0, 255).astype(np.uint8), truth


def test_psnr_equals_scikit_images(pair):
    assert psnr(*pair) == pytest.approx(peak_signal_noise_ratio(pair[1], pair[0], data_range=255), abs=1e-9)


def test_identical_pictures_have_the_largest_psnr_and_an_ssim_of_1(pair):
    assert psnr(pair[1], pair[1]) == LARGEST_PSNR
    assert ssim(pair[1], pair[1]) == 1


def test_a_single_step_in_a_large_picture_does_not_pass_the_cap():
    truth = np.zeros((256, 256, 3), np.uint8)
    picture = truth.copy()
    picture[0, 0, 0] = 1
    assert psnr(picture, truth) == LARGEST_PSNR


def test_ssim_equals_scikit_images(pair):
    wanted = structural_similarity(
        *pair, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert ssim(*pair) == pytest.approx(wanted, abs=1e-5)


def test_ssim_of_two_flat_pictures_is_its_luminance_term():
    dark, bright = np.full((16, 16, 3), 50, np.uint8), np.full((16, 16, 3), 200, np.uint8)
    c1 = (0.01 * 255) ** 2
    assert ssim(dark, bright) == pytest.approx((2 * 50 * 200 + c1) / (50**2 + 200**2 + c1), abs=1e-5)


def test_ssim_does_not_depend_on_the_order(pair):
    assert ssim(*pair) == pytest.approx(ssim(*pair[::-1]), abs=1e-7)


def test_ciede2000_of_pictures_is_scikit_images_mean(pair):
    lab, truth = (rgb_to_lab(picture) for picture in pair)
    wanted = deltaE_ciede2000(lab.astype(np.float64), truth.astype(np.float64)).mean()
    assert ciede2000(lab, truth) == pytest.approx(wanted, abs=1e-5)


def test_pictures_that_are_not_8_bits_or_differ_in_shape_are_refused(pair):
    for measure in (psnr, ssim):
        with pytest.raises(TypeError, match="uint8"):
            measure(pair[0] / 255, pair[1])
        with pytest.raises(ValueError, match="agree"):
            measure(pair[0][:-1], pair[1])
    with pytest.raises(ValueError, match="windows of 11"):
        ssim(pair[0][:10], pair[1][:10])
    with pytest.raises(ValueError, match="no pixels"):
        ciede2000(np.zeros((0, 4, 3)), np.zeros((0, 4, 3)))
