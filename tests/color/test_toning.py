"""Color or one tone: photographs, and the same photographs toned."""

import numpy as np
import pytest
from skimage import color as skcolor
from skimage import data

from photochrom.color.lab import rgb_to_lab
from photochrom.color.toning import COLORED, color_beyond_tone, is_colored

COLOR = {name: getattr(data, name)()[::5, ::5] for name in ("astronaut", "coffee", "chelsea", "rocket")}


def toned(rgb, dark, light):
    """Each gray level mapped to a color between two inks, as a sepia filter does."""
    gray = skcolor.rgb2gray(rgb)[..., None]
    return np.rint((1 - gray) * np.array(dark) + gray * np.array(light)).astype(np.uint8)


@pytest.mark.parametrize("name", COLOR)
def test_color_photographs_are_colored(name):
    assert is_colored(rgb_to_lab(COLOR[name]))


@pytest.mark.parametrize("name", COLOR)
@pytest.mark.parametrize(
    ("dark", "light"), [((40, 20, 5), (255, 240, 200)), ((0, 10, 60), (230, 240, 255)), ((0, 0, 0), (255, 255, 255))]
)
def test_the_same_photographs_toned_are_not(name, dark, light):
    lab = rgb_to_lab(toned(COLOR[name], dark, light))
    assert color_beyond_tone(lab) < 0.5 * COLORED
    assert not is_colored(lab)


def test_a_toned_print_with_film_grain_in_its_colors_is_not_colored():
    noise = np.random.default_rng(0).normal(0, 3, COLOR["coffee"].shape)
    grainy = np.clip(toned(COLOR["coffee"], (40, 20, 5), (255, 240, 200)) + noise, 0, 255).astype(np.uint8)
    assert not is_colored(rgb_to_lab(grainy))


def test_one_red_coat_in_a_gray_street_is_color():
    street = np.repeat(data.camera()[::5, ::5, None], 3, axis=2)
    street[40:90, 20:65] = (150, 30, 30)  # a fifth of the picture, all of one lightness
    assert is_colored(rgb_to_lab(street))


def test_a_tone_at_half_strength_leaves_half_as_much():
    lab = rgb_to_lab(COLOR["coffee"])
    half = lab * np.float32([1, 0.5, 0.5])
    assert color_beyond_tone(half) == pytest.approx(0.5 * color_beyond_tone(lab), rel=1e-5)


def test_few_pixels_and_none_are_no_color():
    assert color_beyond_tone(np.zeros((0, 3), np.float32)) == 0
    assert color_beyond_tone(np.full((1, 3), 40, np.float32)) == pytest.approx(0, abs=1e-4)


def test_old_scans_are_toned_and_not_colored(legacy_pixels):
    """The 18 toned scans that the limit was measured on."""
    assert max(color_beyond_tone(rgb_to_lab(pixels)) for pixels in legacy_pixels) < COLORED


@pytest.fixture(scope="module")
def legacy_pixels(legacy_photographs):
    from photochrom.inference.working_size import working_shape
    from photochrom.photos import open_photograph

    found = []
    for path in legacy_photographs:
        photograph = open_photograph(path)
        if not photograph.is_gray:
            height, width = working_shape(photograph.width, photograph.height)
            found.append(photograph.reduced(width, height).numpy()[::4, ::4])
    assert len(found) == 18
    return found


@pytest.fixture(scope="module")
def legacy_photographs():
    from pathlib import Path

    folder = Path(__file__).parents[3] / "shared" / "data" / "legacy"
    if not folder.is_dir():
        pytest.skip("the old photographs of ../shared are not here")
    return sorted(folder.glob("*.jpg"))
