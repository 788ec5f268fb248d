"""The way of a photograph, on real photographs with the tiny network."""

import io
import sys
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image

import photochrom
from photochrom.color.ab_bins import ab_bins
from photochrom.color.lab import rgb_to_lab, rgb_to_lightness
from photochrom.inference import Colorizer, Options, WeightsError
from photochrom.photos import PhotoError


@pytest.fixture(scope="module")
def colorizer(tiny_model):
    return Colorizer(tiny_model)


@pytest.fixture(scope="module")
def coffee():
    """uint8 [200, 300, 3]."""
    return np.ascontiguousarray(skimage.data.coffee()[::2, ::2])


@pytest.fixture(scope="module")
def coffee_file(coffee, tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "coffee.png"
    Image.fromarray(coffee).save(path)
    return path


def test_a_path_bytes_an_array_and_a_pil_image_give_the_same_picture(colorizer, coffee, coffee_file):
    from_path = colorizer.colorize(coffee_file).numpy()
    np.testing.assert_array_equal(colorizer.colorize(str(coffee_file)).numpy(), from_path)
    np.testing.assert_array_equal(colorizer.colorize(coffee_file.read_bytes()).numpy(), from_path)
    np.testing.assert_array_equal(colorizer.colorize(coffee).numpy(), from_path)
    np.testing.assert_array_equal(colorizer.colorize(Image.fromarray(coffee)).numpy(), from_path)


def test_the_photographs_own_lightness_is_kept(colorizer, coffee):
    colored = colorizer.colorize(coffee).numpy()
    assert colored.shape == coffee.shape
    assert colored.dtype == np.uint8
    assert np.abs(rgb_to_lightness(colored) - rgb_to_lightness(coffee)).max() <= 1


def test_the_color_of_a_flat_gray_is_the_networks_answer_to_it(colorizer, tiny_weights):
    """One lightness everywhere, so that neither reducing nor enlarging can move the color."""
    gray = np.full((96, 128), 119, np.uint8)
    lightness = 50.03  # of sRGB 119, by the definition of CIE Lab
    slope, offset = (weights.astype(np.float64) for weights in tiny_weights)
    sharpened = np.exp((slope * lightness / 100 + offset) / 0.38)
    expected = sharpened / sharpened.sum() @ ab_bins()
    colored = colorizer.colorize(np.repeat(gray[:, :, None], 3, axis=2))
    lab = rgb_to_lab(colored.numpy())
    np.testing.assert_allclose(
        lab[..., 1:].mean(axis=(0, 1)), expected, atol=0.6
    )  # 8 bits hold a* and b* to half a unit


def test_only_the_lightness_of_a_photograph_is_looked_at(colorizer, coffee):
    """A gray picture and a colored one of the same lightness get the same color."""
    from photochrom.color.lab import lab_to_rgb

    lightness = np.clip(rgb_to_lightness(coffee), 20, 80)
    gray = lab_to_rgb(np.stack([lightness, np.zeros_like(lightness), np.zeros_like(lightness)], axis=-1))
    tinted = lab_to_rgb(np.stack([lightness, np.full_like(lightness, 6), np.full_like(lightness, -6)], axis=-1))
    difference = np.abs(colorizer.colorize(gray).ab - colorizer.colorize(tinted).ab)
    assert difference.mean() < 0.2  # of rounding to 8 bits


def test_temperature_one_is_calmer_than_the_papers(tiny_model, coffee):
    def chroma(photo):
        return np.hypot(*photo.ab).mean()

    calm = Colorizer(tiny_model, temperature=1.0)
    assert chroma(calm.colorize(coffee)) < chroma(Colorizer(tiny_model).colorize(coffee))
    np.testing.assert_array_equal(
        calm.colorize(coffee, temperature=0.38).ab, Colorizer(tiny_model, temperature=0.38).colorize(coffee).ab
    )


def test_the_distribution_is_predicted_once_and_tried_at_any_temperature(colorizer, coffee):
    colors = colorizer.distribution(coffee)
    assert colors.logits.shape == (313, 64, 96)  # 256 x 384, at stride 4
    for temperature in (1.0, 0.38):
        ab = colorizer.colorize(coffee, temperature=temperature).ab
        np.testing.assert_allclose(colors.annealed_mean(temperature), ab, atol=2e-3)


def test_a_regression_colors_but_has_no_distribution(point_model, coffee):
    colorizer = Colorizer(point_model)
    assert colorizer.colorize(coffee).ab.shape == (2, 64, 96)
    with pytest.raises(ValueError, match="classification"):
        colorizer.distribution(coffee)


def test_a_photograph_may_be_given_out_again_and_again(colorizer, coffee_file, tmp_path):
    photo = colorizer.colorize(coffee_file)
    first = photo.numpy()
    np.testing.assert_array_equal(np.asarray(photo.pil()), first)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(photo._repr_png_()))), first)
    saved = photo.save(tmp_path / "new.png")
    np.testing.assert_array_equal(np.asarray(Image.open(saved)), first)
    assert (photo.width, photo.height) == (300, 200)
    assert "coffee.png" in repr(photo)


def test_a_notebook_gets_a_preview_of_a_large_picture(colorizer):
    large = np.repeat(np.repeat(skimage.data.camera(), 3, axis=0), 3, axis=1)  # 1536 x 1536
    assert Image.open(io.BytesIO(colorizer.colorize(large)._repr_png_())).size == (1024, 1024)


def test_sixteen_bits_stay_sixteen_and_become_eight_for_pil(colorizer, coffee):
    deep = coffee.astype(np.uint16) * 257
    photo = colorizer.colorize(deep)
    assert photo.numpy().dtype == np.uint16
    eight = np.asarray(photo.pil())
    assert eight.dtype == np.uint8
    assert np.abs(eight.astype(int) - colorizer.colorize(coffee).numpy()).max() <= 1


def test_without_pillow_the_line_to_type_is_given(colorizer, coffee, monkeypatch):
    photo = colorizer.colorize(coffee)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        photo.pil()


def test_before_and_after_stand_side_by_side(colorizer, coffee):
    photo = colorizer.colorize(coffee)
    both = photo.before_after().numpy()
    assert both.shape[0] == 200
    assert both.shape[1] >= 600
    left, right = both[:, :300].astype(int), both[:, -300:]
    assert np.abs(left - left[:, :, :1]).max() == 0  # gray
    np.testing.assert_array_equal(right, photo.numpy())


def test_saving_refuses_the_original_and_what_is_there(colorizer, coffee_file, tmp_path):
    original = coffee_file.read_bytes()
    photo = colorizer.colorize(coffee_file)
    with pytest.raises(PhotoError):
        photo.save(coffee_file, overwrite=True)
    assert coffee_file.read_bytes() == original
    photo.save(tmp_path / "new.png")
    with pytest.raises(PhotoError):
        photo.save(tmp_path / "new.png")
    photo.save(tmp_path / "new.png", overwrite=True)


def test_the_pixel_limit_is_an_option(tiny_model, coffee, coffee_file):
    small = Colorizer.from_options(Options(model=tiny_model, max_megapixels=0.05))
    for photo in (coffee, coffee_file):
        with pytest.raises(PhotoError, match="limit"):
            small.colorize(photo)


def test_missing_weights_are_told_at_once(tmp_path):
    with pytest.raises(WeightsError, match="check the path"):
        Colorizer(tmp_path / "gone.onnx")


def test_a_file_that_is_no_network_is_told_when_it_is_needed(tmp_path, coffee):
    path = tmp_path / "text.onnx"
    path.write_text("not a network")
    colorizer = Colorizer(path)
    for _ in range(2):  # and every time
        with pytest.raises(WeightsError, match=r"text\.onnx"):
            colorizer.colorize(coffee)


def test_the_function_finds_weights_that_were_mended(tmp_path, tiny_model, coffee):
    path = tmp_path / "mended.onnx"
    path.write_text("not a network")
    with pytest.raises(WeightsError):
        photochrom.colorize(coffee, model=path)
    path.write_bytes(tiny_model.read_bytes())
    np.testing.assert_array_equal(photochrom.colorize(coffee, model=path).ab, Colorizer(tiny_model).colorize(coffee).ab)


@pytest.mark.parametrize("temperature", [0.0, 7.0, float("nan")])
def test_a_temperature_outside_0_to_1_is_refused_before_anything_is_read(colorizer, temperature):
    with pytest.raises(ValueError, match="temperature"):
        colorizer.colorize("there is no such file.jpg", temperature=temperature)


def test_other_choices_share_the_loaded_network(colorizer, tiny_model, coffee):
    vivid = colorizer.with_options(replace(colorizer.options, temperature=0.1, saturation=1.5))
    expected = Colorizer.from_options(Options(tiny_model, temperature=0.1, saturation=1.5)).colorize(coffee)
    np.testing.assert_array_equal(vivid.colorize(coffee).numpy(), expected.numpy())
    assert vivid.predictor is colorizer.predictor
    assert colorizer.options.saturation == 1


@pytest.mark.parametrize("other", [{"model": "lite"}, {"threads": 3}])
def test_another_network_needs_a_colorizer_of_its_own(colorizer, other):
    with pytest.raises(ValueError, match="make another one"):
        colorizer.with_options(replace(colorizer.options, **other))
