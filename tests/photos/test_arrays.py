import io

import numpy as np
import PIL.Image
import pytest

from photochrom.color.lab import gray_to_lightness, rgb_to_lightness
from photochrom.photos import OversizedPhoto, UnsupportedPhoto, photograph_from_array


def test_arrays_of_every_kind_give_their_pixels_back(astronaut):
    for dtype in (np.uint8, np.uint16):
        deep = astronaut.astype(dtype) * (257 if dtype == np.uint16 else 1)
        for array in (
            deep,
            deep[..., 0],
            deep[..., :1],
            deep[..., :2],
            np.dstack([deep, deep[..., 0]]),
            deep[::-1, ::2],
        ):
            photograph = photograph_from_array(array)
            assert photograph.depth == 8 * array.dtype.itemsize
            assert photograph.is_gray == (array.ndim == 2 or array.shape[2] <= 2)
            assert photograph.has_alpha == (array.ndim == 3 and array.shape[2] in (2, 4))
            np.testing.assert_array_equal(photograph.pixels().numpy().squeeze(), array.squeeze())


def test_the_pixels_are_copied(cameraman):
    array = cameraman.copy()
    photograph = photograph_from_array(array)
    array[:] = 0
    np.testing.assert_allclose(photograph.lightness(256, 256), gray_to_lightness(cameraman), atol=1e-4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "I;16"])
def test_pil_images_of_every_mode_are_read(mode, astronaut):
    gray = PIL.Image.fromarray(astronaut).convert("L")
    picture = gray if mode == "I;16" else PIL.Image.fromarray(astronaut)
    picture = PIL.Image.fromarray(np.asarray(gray).astype(np.uint16) * 257) if mode == "I;16" else picture.convert(mode)
    photograph = photograph_from_array(picture)
    expected = gray if mode in ("L", "LA", "I;16") else picture.convert("L" if mode == "1" else "RGB")
    lightness = (gray_to_lightness if expected.mode == "L" else rgb_to_lightness)(np.asarray(expected))
    assert np.abs(photograph.lightness(256, 256) - lightness).mean() < 0.5


def test_pil_orientation_is_honored(astronaut):
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    file = io.BytesIO()
    PIL.Image.fromarray(astronaut[:, :100]).save(file, "PNG", exif=exif)
    with PIL.Image.open(file) as picture:
        upright = np.asarray(PIL.ImageOps.exif_transpose(picture))
        photograph = photograph_from_array(picture)
    np.testing.assert_array_equal(photograph.pixels().numpy(), upright)


def test_other_arrays_are_refused_in_one_line(cameraman):
    for array, word in (
        (cameraman / 255, "floats"),
        (cameraman > 9, "uint8"),
        (cameraman[0], "shape"),
        (np.zeros((20, 20, 5), np.uint8), "shape"),
        (np.zeros((0, 20), np.uint8), "shape"),
    ):
        with pytest.raises(UnsupportedPhoto) as caught:
            photograph_from_array(array)
        assert word in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(OversizedPhoto):
        photograph_from_array(cameraman, max_megapixels=0.01)
