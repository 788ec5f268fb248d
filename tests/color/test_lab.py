import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from photochrom.color.lab import (
    RGB_TO_XYZ,
    WHITE,
    encode_linear,
    gray_to_lightness,
    lab_to_linear_rgb,
    lab_to_rgb,
    lightness_to_luminance,
    linear_to_srgb,
    rgb_to_lab,
    rgb_to_lightness,
    srgb_to_linear,
)

# Lab under D65 of the sRGB primaries and their mixtures, as color calculators publish them.
PUBLISHED = {
    (255, 255, 255): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
    (128, 128, 128): (53.585, 0.0, 0.0),
    (255, 0, 0): (53.241, 80.092, 67.203),
    (0, 255, 0): (87.735, -86.183, 83.179),
    (0, 0, 255): (32.297, 79.188, -107.860),
    (0, 255, 255): (91.113, -48.088, -14.131),
    (255, 0, 255): (60.324, 98.234, -60.825),
    (255, 255, 0): (97.139, -21.554, 94.478),
}


def random_rgb(count, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (count, 3), dtype=dtype, endpoint=True)


def plain_lab(red, green, blue):
    """The textbook formula for one color of 8 bits, in Python's own floats."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red / 255, green / 255, blue / 255)]
    relative = [sum(m * v for m, v in zip(row, linear, strict=True)) / sum(row) for row in RGB_TO_XYZ.tolist()]
    x, y, z = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in relative)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize(("rgb", "lab"), PUBLISHED.items())
def test_the_primaries_have_their_published_values(rgb, lab):
    np.testing.assert_allclose(rgb_to_lab(np.array(rgb, np.uint8)), lab, atol=0.011)


def test_random_colors_agree_with_the_textbook_formula():
    rgb = random_rgb(2000)
    np.testing.assert_allclose(rgb_to_lab(rgb), [plain_lab(*color) for color in rgb.tolist()], atol=1e-4)


def test_dark_colors_agree_with_the_textbook_formula():
    rgb = random_rgb(500) // 16  # most of them on the straight line near black
    np.testing.assert_allclose(rgb_to_lab(rgb), [plain_lab(*color) for color in rgb.tolist()], atol=1e-4)


def test_colors_agree_with_scikit_image_within_its_rounded_white_point():
    rgb = random_rgb(100_000)
    np.testing.assert_allclose(rgb_to_lab(rgb), rgb2lab(rgb), atol=0.01)


def test_lab_to_rgb_agrees_with_scikit_image():
    lab = rgb2lab(random_rgb(100_000, seed=1))
    np.testing.assert_allclose(lab_to_rgb(lab, np.float32), lab2rgb(lab), atol=5e-4)  # its white point is rounded


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_equal_rgb_has_no_chroma_at_all(dtype):
    top = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    gray = np.repeat(np.linspace(0, top, 65536).astype(dtype)[:, None], 3, axis=1)
    assert not rgb_to_lab(gray)[:, 1:].any()


def test_lab_without_chroma_has_equal_rgb():
    lab = np.zeros((10_001, 3), np.float32)
    lab[:, 0] = np.linspace(0, 100, len(lab))
    linear = lab_to_linear_rgb(lab)
    assert (linear == linear[:, :1]).all()


def test_white_is_the_row_sums_and_close_to_the_published_d65():
    np.testing.assert_array_equal(WHITE, RGB_TO_XYZ.sum(axis=1))
    np.testing.assert_allclose(WHITE, [0.95047, 1.0, 1.08883], atol=1e-4)


def test_every_8_bit_color_survives_the_way_there_and_back():
    green, blue = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8), indexing="ij")
    colors = np.stack([np.zeros_like(green), green, blue], axis=-1)
    for red in range(256):  # all 16.7 million, in a few seconds
        colors[..., 0] = red
        assert np.array_equal(lab_to_rgb(rgb_to_lab(colors)), colors), f"a color with red {red} changed"


def test_16_bit_colors_come_back_within_one_step_and_grays_exactly():
    rgb = random_rgb(500_000, np.uint16)
    back = lab_to_rgb(rgb_to_lab(rgb), np.uint16)
    moved = np.abs(back.astype(int) - rgb)
    assert moved.max() <= 1
    assert (moved > 0).any(axis=1).mean() < 1e-3
    gray = np.repeat(np.arange(65536, dtype=np.uint16)[:, None], 3, axis=1)
    np.testing.assert_array_equal(lab_to_rgb(rgb_to_lab(gray), np.uint16), gray)


def test_8_bit_16_bit_and_float_input_agree():
    rgb = random_rgb(10_000)
    lab = rgb_to_lab(rgb)
    np.testing.assert_array_equal(rgb_to_lab(rgb.astype(np.uint16) * 257), lab)
    np.testing.assert_allclose(rgb_to_lab(rgb / 255), lab, atol=1e-4)


def test_lightness_alone_is_that_of_lab():
    rgb = random_rgb(100_000)
    np.testing.assert_array_equal(rgb_to_lightness(rgb), rgb_to_lab(rgb)[:, 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_of_gray_is_that_of_the_color_with_equal_channels(dtype):
    gray = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    lightness = gray_to_lightness(gray)
    np.testing.assert_array_equal(lightness, rgb_to_lightness(np.stack([gray] * 3, axis=-1)))
    assert (np.diff(lightness) > 0).all()
    assert lightness[[0, -1]].tolist() == [0, 100]


def test_luminance_of_lightness_is_what_the_three_channels_add_up_to():
    rgb = random_rgb(10_000)
    luminance = srgb_to_linear(rgb / 255) @ RGB_TO_XYZ[1]
    np.testing.assert_allclose(lightness_to_luminance(rgb_to_lightness(rgb)), luminance, atol=1e-6)


def test_lightness_0_and_100_are_luminance_0_and_1():
    np.testing.assert_allclose(lightness_to_luminance([0, 8, 100]), [0, 0.0088565, 1], atol=1e-6)


def test_the_srgb_curve_has_its_published_values_and_its_inverse():
    np.testing.assert_allclose(srgb_to_linear([0.04045, 0.5, 0.735357]), [0.0031308, 0.2140411, 0.5], atol=1e-6)
    values = np.linspace(-0.05, 1.2, 10_000)
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-6)


def test_the_8_bit_table_is_rounding_to_within_its_promise():
    linear = np.random.default_rng(0).random(1_000_000, np.float32)
    exact = linear_to_srgb(linear) * 255
    assert np.abs(encode_linear(linear) - exact).max() < 0.53


def test_colors_outside_srgb_are_clipped():
    assert lab_to_rgb([50.0, 0.0, -120.0]).tolist()[0] == 0
    assert lab_to_rgb([[150.0, 0.0, 0.0], [-20.0, 0.0, 0.0]]).tolist() == [[255] * 3, [0] * 3]
    assert lab_to_rgb([60.0, 120.0, 0.0], np.float32).max() == 1


@pytest.mark.parametrize("shape", [(3,), (0, 3), (4, 5, 3), (2, 3, 4, 3)])
def test_leading_axes_are_kept(shape):
    rgb = np.full(shape, 100, np.uint8)
    assert rgb_to_lab(rgb).shape == lab_to_rgb(rgb_to_lab(rgb)).shape == shape
    assert rgb_to_lightness(rgb).shape == shape[:-1]


def test_views_with_strides_are_read_right():
    rgb = random_rgb(64 * 64).reshape(64, 64, 3)
    view = rgb[::-2, 1::3, ::-1]
    np.testing.assert_array_equal(rgb_to_lab(view), rgb_to_lab(view.copy()))


def test_pictures_larger_than_a_block_are_converted_whole():
    rgb = random_rgb(100_001)
    np.testing.assert_array_equal(rgb_to_lab(rgb)[-7:], rgb_to_lab(rgb[-7:]))


@pytest.mark.parametrize("convert", [rgb_to_lab, rgb_to_lightness, lab_to_rgb, lab_to_linear_rgb])
def test_channels_first_is_refused_with_the_way_out(convert):
    with pytest.raises(ValueError, match=r"np\.moveaxis"):
        convert(np.zeros((3, 8, 8), np.float32))


@pytest.mark.parametrize("bad", [255.0, -0.5, np.nan])
def test_floats_outside_0_to_1_are_refused(bad):
    with pytest.raises(ValueError, match=r"0\.\.1"):
        rgb_to_lab([bad, 0.0, 0.0])


def test_other_types_are_refused():
    with pytest.raises(TypeError, match="uint8"):
        rgb_to_lab(np.zeros((2, 3), np.int32))
    with pytest.raises(TypeError, match="uint16"):
        lab_to_rgb(np.zeros((2, 3)), np.int8)
