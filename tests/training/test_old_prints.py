"""Photographs made to look like old prints, each effect against an independent formula."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2gray, rgb2lab

from photochrom.training.old_prints import KERNEL, LARGEST_BLUR, OldPrint, age, damage, draw_old_prints

NOTHING = OldPrint(
    film=0.0,
    blur=0.0,
    grain=0.0,
    black=0.0,
    white=100.0,
    scratches=np.zeros((0, 4)),
    specks=np.zeros((0, 4)),
    noise=0,
)


def with_effect(**effect):
    return dataclasses.replace(NOTHING, **effect)


@pytest.fixture
def rgb():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 40, 48), dtype=np.uint8))


def lightness_of(rgb):
    return rgb2lab(rgb.permute(0, 2, 3, 1).numpy())[..., :1].transpose(0, 3, 1, 2)


def test_a_print_to_which_nothing_is_done_keeps_its_lightness(rgb):
    np.testing.assert_allclose(age(rgb, [NOTHING] * 2).numpy(), lightness_of(rgb), atol=0.01)


def test_orthochromatic_film_darkens_red_lightens_blue_and_leaves_gray(rgb):
    colors = torch.tensor([[220, 30, 20], [30, 60, 220], [90, 90, 90]], dtype=torch.uint8).T.reshape(1, 3, 1, 3)
    seen = age(colors, [with_effect(film=1.0)])[0, 0, 0]
    eye = torch.from_numpy(lightness_of(colors))[0, 0, 0]
    assert seen[0] < eye[0] - 20
    assert seen[1] > eye[1] + 15
    assert abs(seen[2] - eye[2]) < 0.01


def test_panchromatic_film_sees_the_luminance_of_another_library(rgb):
    linear = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    luminance = rgb2gray(np.moveaxis(np.asarray(linear), 1, -1))  # scikit-image's weights, of linear light
    lightness = np.where(luminance > (6 / 29) ** 3, 116 * np.cbrt(luminance) - 16, luminance * (29 / 3) ** 3)
    np.testing.assert_allclose(age(rgb, [NOTHING] * 2)[:, 0].numpy(), lightness, atol=0.05)


def test_each_print_has_its_own_blur(rgb):
    sigmas = (1.2, 0.5)
    soft = age(rgb, [with_effect(blur=sigma) for sigma in sigmas]).numpy()
    for picture, sharp, sigma in zip(soft, lightness_of(rgb), sigmas, strict=True):
        expected = gaussian_filter(sharp[0], sigma, mode="nearest", radius=KERNEL // 2)
        np.testing.assert_allclose(picture[0], expected, atol=0.02)
    assert KERNEL // 2 >= 2.6 * LARGEST_BLUR


def test_faded_blacks_and_whites_lie_between_what_is_asked_for():
    ends = torch.tensor([0, 255], dtype=torch.uint8).expand(1, 3, 1, 2)
    torch.testing.assert_close(age(ends, [with_effect(black=20.0, white=80.0)])[0, 0, 0], torch.tensor([20.0, 80.0]))


def test_grain_has_its_strength_and_comes_again_with_its_seed():
    gray = torch.full((2, 3, 128, 128), 119, dtype=torch.uint8)
    prints = [with_effect(grain=4.0, noise=1), with_effect(grain=4.0, noise=2)]
    grainy = age(gray, prints)
    assert abs(grainy.std() - 4) < 0.1
    assert abs(grainy.mean() - 50) < 0.1
    torch.testing.assert_close(age(gray, prints), grainy, rtol=0, atol=0)
    assert not torch.equal(grainy[0], grainy[1])


def test_a_scratch_is_a_line_and_a_speck_a_dot_where_they_are_asked_for():
    scratch = damage(with_effect(scratches=np.array([[0.0, 0.25, 0.01, 40.0]])), 100, 100)[0]
    assert scratch[:, 75].min() == 40
    assert scratch[:, :70].max() == 0 == scratch[:, 80:].max()
    speck = damage(with_effect(specks=np.array([[0.2, 0.6, 0.02, -30.0]])), 100, 100)[0]
    assert speck[60, 20] == -30
    rows, columns = np.nonzero(speck.numpy())
    assert np.hypot(rows - 60, columns - 20).max() <= 3


def test_what_is_drawn_follows_seed_step_and_place_so_processes_may_share_a_batch():
    whole = draw_old_prints(5, 1, first=0, count=8, share=1.0)
    second = draw_old_prints(5, 1, first=4, count=4, share=1.0)
    for place, each in second.items():
        np.testing.assert_equal(dataclasses.asdict(each), dataclasses.asdict(whole[place + 4]))
    other = draw_old_prints(6, 1, first=0, count=8, share=1.0)
    assert {each.noise for each in other.values()}.isdisjoint(each.noise for each in whole.values())


def test_the_share_of_old_prints_is_kept_and_all_effects_stay_in_their_range():
    drawn = draw_old_prints(0, 0, first=0, count=4000, share=0.3)
    assert abs(len(drawn) / 4000 - 0.3) < 0.03
    assert draw_old_prints(0, 0, first=0, count=100, share=0.0) == {}
    for each in drawn.values():
        assert 0 <= each.film <= 1
        assert 0 <= each.blur <= LARGEST_BLUR
        assert 0 <= each.black <= 25 < 75 <= each.white <= 100


def test_lightness_never_leaves_its_range(rgb):
    harsh = with_effect(grain=30.0, specks=np.array([[0.5, 0.5, 0.2, 90.0], [0.1, 0.1, 0.2, -90.0]]))
    aged = age(rgb, [harsh, harsh])
    assert aged.min() >= 0
    assert aged.max() <= 100
