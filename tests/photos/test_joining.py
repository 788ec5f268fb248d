import numpy as np
import pytest
import pyvips
import skimage.color
import skimage.data

from photochrom.color.gamut import fit_gamut
from photochrom.color.lab import encode_linear, gray_to_lightness, rgb_to_lab, rgb_to_lightness
from photochrom.color.upsample import upsample_ab
from photochrom.photos import in_gray, join_color, open_photograph, photograph_from_array


def saturated_ab(seed, height=64, width=64):
    """Far outside sRGB for most lightnesses, and changing from cell to cell."""
    return np.random.default_rng(seed).uniform(-110, 110, (2, height, width)).astype(np.float32)


def joined(array, ab, size=(64, 48)):
    photograph = photograph_from_array(array)
    return join_color(photograph, ab, lightness=photograph.lightness(*size)).numpy()


def every_gray(dtype):
    """A ramp of all values, wide enough for every ab of the map to meet every lightness."""
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    return (
        np.tile(values.reshape(256, -1), (1, max(1, 512 * 256 // len(values))))
        if dtype == np.uint16
        else np.tile(values[:, None], (4, 512))
    )


@pytest.mark.parametrize("seed", range(3))
def test_every_pixel_keeps_its_lightness_within_one_though_the_colors_leave_the_gamut(seed, astronaut):
    for picture in (every_gray(np.uint8), astronaut):
        colored = joined(picture, saturated_ab(seed))
        before = gray_to_lightness(picture) if picture.ndim == 2 else rgb_to_lightness(picture)
        after = skimage.color.rgb2lab(colored)[..., 0]  # another library's Lab
        assert np.abs(after - before).max() <= 0.5  # rounding to 8 bits alone gives 0.4
        assert rgb_to_lab(colored)[..., 1:].std() > 5  # and it did get colorful


def test_16_bits_keep_their_lightness_within_a_twentieth(astronaut):
    deep_color = np.random.default_rng(0).integers(0, 65536, (200, 300, 3), dtype=np.uint16)
    for picture in (every_gray(np.uint16), deep_color):
        colored = joined(picture, saturated_ab(3))
        assert colored.dtype == np.uint16
        before = gray_to_lightness(picture) if picture.ndim == 2 else rgb_to_lightness(picture)
        assert np.abs(rgb_to_lightness(colored) - before).max() < 0.05


@pytest.mark.parametrize(("dtype", "levels"), [(np.uint8, 0), (np.uint16, 1)])
def test_without_color_gray_comes_back_as_it_was(dtype, levels):
    picture = every_gray(dtype)
    colored = joined(picture, np.zeros((2, 16, 16), np.float32)).astype(np.int32)
    assert np.abs(colored - picture[..., None]).max() <= levels
    assert (colored == colored[..., :1]).all()


def test_the_colors_are_those_of_lab_and_of_the_gamut_at_constant_luminance(cameraman):
    # One color all over: then enlarging changes nothing, and the plain formula of the color room can be compared.
    for a, b in ((20, -15), (-30, 40), (60, 60), (-90, 10), (5, -100)):
        ab = np.broadcast_to(np.float32([a, b])[:, None, None], (2, 16, 16))
        lab = np.empty((*cameraman.shape, 3), np.float32)
        lab[..., 0], lab[..., 1], lab[..., 2] = gray_to_lightness(cameraman), a, b
        expected = encode_linear(fit_gamut(lab))
        colored = joined(cameraman, ab)
        assert np.abs(colored.astype(int) - expected).max() <= 1
        assert (colored != expected).mean() < 0.02  # a table of 65,536 steps rounds the other way now and then


def test_color_lies_where_the_small_map_has_it(astronaut):
    # Against the exact enlargement of the color room at the full size, on smooth colors, sampled on the picture's grid.
    rows, columns = np.mgrid[:16, :24].astype(np.float32)
    ab = np.stack([2 * columns - 20, 3 * rows - 25]).astype(np.float32)
    flat = np.full((607, 901), 128, np.uint8)
    expected = upsample_ab(ab, np.full(flat.shape, 54, np.float32))
    got = np.moveaxis(rgb_to_lab(joined(flat, ab, size=(96, 64)))[..., 1:], -1, 0)
    assert np.abs(got - expected).max() < 0.8  # 8-bit rounding is 0.6
    assert np.abs(got - expected).mean() < 0.2


def test_color_follows_a_sharp_edge_of_the_lightness():
    picture = np.where(np.arange(1024) < 500, 60, 200).astype(np.uint8) * np.ones((768, 1), np.uint8)
    ab = np.zeros((2, 48, 64), np.float32)
    ab[0] = np.where(np.arange(64) < 31.25, -20, 20)
    ab[0, :, 31] = (-20 * 0.25) + 20 * 0.75  # the cell that the edge runs through
    photograph = photograph_from_array(picture)
    guided = join_color(photograph, ab, lightness=photograph.lightness(256, 192)).numpy()
    blind = join_color(photograph, ab, lightness=np.full((192, 256), 50, np.float32)).numpy()
    truth = np.where(np.arange(1024) < 500, -20, 20)
    near = slice(480, 520)
    errors = [np.abs(rgb_to_lab(colored)[:, near, 1] - truth[near]).mean() for colored in (guided, blind)]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 401), (333, 19), (97, 101), (1023, 1025)])
def test_any_size_comes_back_as_it_was(height, width):
    picture = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    colored = joined(picture, saturated_ab(1, 24, 40), size=(160, 96))
    assert colored.shape == (height, width, 3)
    assert np.abs(rgb_to_lightness(colored) - gray_to_lightness(picture)).max() <= 0.5


def test_alpha_comes_back_untouched(astronaut):
    for dtype in (np.uint8, np.uint16):
        rng = np.random.default_rng(0)
        picture = rng.integers(0, np.iinfo(dtype).max + 1, (60, 80, 4), dtype=dtype)
        for with_alpha in (picture, picture[..., 2:]):
            colored = joined(with_alpha, saturated_ab(1))
            assert colored.dtype == dtype
            np.testing.assert_array_equal(colored[..., 3], with_alpha[..., -1])


def test_a_photograph_stored_on_its_side_is_joined_upright(astronaut, store):
    upright = photograph_from_array(astronaut[:, :200])
    ab = saturated_ab(5) / 4
    expected = join_color(upright, ab, lightness=upright.lightness(96, 128)).numpy()
    stored = pyvips.Image.new_from_array(np.ascontiguousarray(np.rot90(astronaut[:, :200]))).copy()
    stored.set_type(pyvips.GValue.gint_type, "orientation", 6)  # 6: turn right to see it upright
    photograph = open_photograph(store(stored, "side.tif"))
    colored = join_color(photograph, ab, lightness=photograph.lightness(96, 128))
    assert "orientation" not in colored.get_fields() or colored.get("orientation") == 1
    difference = np.abs(colored.numpy().astype(int) - expected)
    assert difference.max() <= 3  # the two reductions to the working size differ in their last bit


def test_in_gray_shows_the_lightness_alone(astronaut):
    gray = in_gray(photograph_from_array(astronaut)).numpy()
    assert gray.ndim == 2
    assert np.abs(gray_to_lightness(gray) - rgb_to_lightness(astronaut)).max() < 0.3


def test_color_that_is_not_finite_is_refused(cameraman):
    photograph = photograph_from_array(cameraman)
    with pytest.raises(ValueError, match="finite"):
        join_color(photograph, np.full((2, 16, 16), np.nan, np.float32), lightness=photograph.lightness(64, 64))
    with pytest.raises(ValueError, match="ab must be"):
        join_color(photograph, np.zeros((16, 16), np.float32), lightness=photograph.lightness(64, 64))
