"""White balance against the definitions: XYZ, correlated color temperature, and pictures with a cast put in."""

import numpy as np
import pytest
from skimage import color, data

from photochrom.color.lab import WHITE, rgb_to_lab
from photochrom.color.upsample import average_cells
from photochrom.color.white_balance import Light, daylight, neutral_light, relight


def maps(rgb, height=40, width=60):
    """ab [2, h, w] and lightness [h, w] of a photograph."""
    lab = np.moveaxis(rgb_to_lab(rgb), -1, 0).copy()
    lightness, *ab = average_cells(lab, height, width)
    return np.stack(ab), lightness


@pytest.fixture(scope="module")
def coffee():
    return maps(data.coffee())


def test_relighting_multiplies_x_and_z_and_keeps_y(coffee):
    """The same by scikit-image's XYZ of Lab, with the gains put in there."""
    ab, lightness = coffee
    light = Light(1.01, 0.94)
    lab = np.moveaxis(np.stack([lightness, *ab]), 0, -1).astype(np.float64)
    gains = np.array([light.x**3, 1, light.z**3])
    expected = color.xyz2lab(color.lab2xyz(lab) * gains)
    bright = (lightness > 20) & (color.lab2xyz(lab).min(axis=-1) > 0.02)  # where Lab is the cube root throughout
    assert bright.mean() > 0.5
    found = np.moveaxis(relight(ab, lightness, light), 0, -1)
    np.testing.assert_allclose(found[bright], expected[..., 1:][bright], atol=0.05)


@pytest.mark.parametrize(("amount", "kelvin"), [(-1, 10660), (-0.5, 8085), (0.5, 5441), (1, 4677)])
def test_white_takes_the_correlated_color_temperature_that_is_promised(amount, kelvin):
    """McCamy's formula (1992) gives the temperature of a chromaticity to within one percent, two at the cool end."""
    light = daylight(amount)
    x, y, z = WHITE[0] * light.x**3, 1.0, WHITE[2] * light.z**3
    x, y = x / (x + y + z), y / (x + y + z)
    n = (x - 0.3320) / (0.1858 - y)
    assert 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33 == pytest.approx(kelvin, rel=0.02)


def test_nothing_asked_changes_nothing(coffee):
    ab, lightness = coffee
    assert daylight(0.0) == (1, 1)
    np.testing.assert_array_equal(relight(ab, lightness, daylight(0.0)), ab)


def test_warm_is_more_yellow_and_cool_more_blue_the_more_so_the_lighter(coffee):
    ab, lightness = coffee
    warm, cool = (relight(ab, lightness, daylight(amount))[1] - ab[1] for amount in (0.5, -0.5))
    assert (warm > 0).all()
    assert (cool < 0).all()
    white, shadow = lightness > np.percentile(lightness, 90), lightness < np.percentile(lightness, 10)
    assert warm[white].mean() > 2 * warm[shadow].mean()


def test_a_cast_put_on_a_gray_picture_is_taken_off_again():
    _, lightness = maps(np.repeat(data.camera()[..., None], 3, axis=2))
    gray = np.zeros((2, *lightness.shape), np.float32)
    cast = relight(gray, lightness, Light(1.02, 0.97))
    assert np.hypot(*cast).mean() > 4
    again = relight(cast, lightness, neutral_light(cast, lightness))
    np.testing.assert_allclose(again, 0, atol=0.02)


@pytest.mark.parametrize("amount", [-0.4, 0.4])
def test_the_light_of_a_photograph_with_neutral_areas_is_found(amount):
    """A cat's colors beside as much gray: the cast goes, the colors come back."""
    ab, lightness = maps(data.chelsea())
    ab[:, :, 20:] = 0
    cast = relight(ab, lightness, daylight(amount))
    again = relight(cast, lightness, neutral_light(cast, lightness))
    before, after = (np.hypot(*(colors - ab))[:, 20:].mean() for colors in (cast, again))
    assert before > 3
    assert after < 0.35 * before


def test_a_picture_without_neutral_areas_keeps_its_light():
    lightness = np.full((20, 20), 50, np.float32)
    red = np.broadcast_to(np.float32([60, 40])[:, None, None], (2, 20, 20))
    assert neutral_light(red, lightness) == (1, 1)


def test_a_black_picture_says_nothing_about_the_light():
    assert neutral_light(np.ones((2, 4, 4), np.float32), np.zeros((4, 4), np.float32)) == (1, 1)


@pytest.mark.parametrize("amount", [-1.01, 2, float("nan")])
def test_an_amount_outside_is_refused(amount):
    with pytest.raises(ValueError, match="-1"):
        daylight(amount)


def test_maps_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="same size"):
        relight(np.zeros((2, 4, 4), np.float32), np.zeros((8, 8), np.float32), daylight(1))
