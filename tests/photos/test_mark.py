import numpy as np
import pytest
import pyvips

from photochrom.color.lab import srgb_to_linear
from photochrom.photos import add_mark, encode_photograph


def plain(height, width, level, bands=3, deep=False):
    dtype, scale = (np.uint16, 257) if deep else (np.uint8, 1)
    image = pyvips.Image.new_from_array(np.full((height, width, bands), level * scale, dtype))
    return image.copy(interpretation="rgb16" if deep else "srgb")


@pytest.mark.parametrize("level", [0, 127, 255])
@pytest.mark.parametrize("deep", [False, True])
def test_the_mark_is_legible_on_dark_and_on_light(level, deep):
    marked = add_mark(plain(600, 800, level, deep=deep)).numpy().astype(float) / (257 if deep else 1)
    inside = marked[-34:-14, -100:-14]  # letters are 15 pixels high, two dots of ground above, a margin below
    light, ground = inside.max(), np.percentile(inside, 25)
    luminance = [srgb_to_linear(value / 255) for value in (light, ground)]
    # WCAG 2.2, success criterion 1.4.3: 4.5 : 1 for text.
    assert (luminance[0] + 0.05) / (luminance[1] + 0.05) >= 4.5


@pytest.mark.parametrize(("height", "width"), [(400, 600), (3000, 2000), (1200, 5000)])
def test_its_size_follows_the_picture_and_the_rest_is_untouched(height, width):
    image = plain(height, width, 90)
    marked = add_mark(image).numpy()
    rows, columns = np.nonzero((marked != 90).any(axis=2))
    assert rows.min() > height * 0.9
    tall = rows.max() - rows.min() + 1
    assert 1 / 40 < tall / min(height, width) < 1 / 20
    assert columns.max() < width  # and inside
    assert (columns.max() - columns.min()) < width / 2


def test_alpha_and_depth_stay_and_the_mark_is_opaque():
    image = plain(500, 500, 10, bands=4, deep=True)
    transparent = image.extract_band(0, n=3).bandjoin(image[3] * 0)
    marked = add_mark(transparent.cast("ushort").copy(interpretation="rgb16"))
    assert (marked.format, marked.bands) == ("ushort", 4)
    alpha = marked.numpy()[..., 3]
    assert alpha.max() == 65535
    assert alpha[:400].max() == 0


def test_pictures_too_small_for_letters_stay_as_they_are():
    small = plain(60, 60, 90)
    np.testing.assert_array_equal(add_mark(small).numpy(), small.numpy())


def test_it_is_drawn_only_when_asked_for():
    image = plain(300, 400, 90)
    assert encode_photograph(image, ".png") != encode_photograph(image, ".png", mark=True)
    np.testing.assert_array_equal(
        pyvips.Image.new_from_buffer(encode_photograph(image, ".png", mark=True), "").numpy(), add_mark(image).numpy()
    )
