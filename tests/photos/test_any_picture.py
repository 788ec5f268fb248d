"""Any size, mode and depth of a picture keeps its shape, mode and lightness, or is refused in one line."""

import io

import numpy as np
import pytest
import pyvips
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photochrom.color.lab import gray_to_lightness, rgb_to_lightness
from photochrom.photos import PhotoError, encode_photograph, join_color, open_photograph, photograph_from_array

# Every side from a pixel to a strip of film, small areas more often than large.
SIZES = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 3), st.integers(1, 4000)),
    st.tuples(st.integers(1, 4000), st.integers(1, 3)),
    st.sampled_from([(1, 1), (3, 4000), (4000, 3), (1, 4000)]),
)
DEPTHS = st.sampled_from([np.uint8, np.uint16])
RELAXED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def pictures(draw):
    """An array of any size, 1 to 4 channels and 8 or 16 bits: noise, or flat, or a ramp."""
    height, width = draw(SIZES)
    channels, dtype = draw(st.integers(1, 4)), draw(DEPTHS)
    top = np.iinfo(dtype).max
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "flat", "ramp"]))
    if kind == "noise":
        return random.integers(0, top, (height, width, channels), dtype, endpoint=True)
    if kind == "flat":
        return np.broadcast_to(
            random.integers(0, top, channels, dtype, endpoint=True), (height, width, channels)
        ).copy()
    ramp = np.linspace(0, top, height * width).reshape(height, width, 1)
    return np.broadcast_to(ramp, (height, width, channels)).astype(dtype)


def colored(photograph, seed=0):
    ab = np.random.default_rng(seed).normal(0, 40, (2, 16, 24)).astype(np.float32)
    return join_color(photograph, ab, lightness=photograph.lightness(96, 64))


def lightness_of(array):
    """float [h, w] in 0..100, from the formulas of CIE in another room."""
    return gray_to_lightness(array[..., 0]) if array.shape[2] <= 2 else rgb_to_lightness(array[..., :3])


@RELAXED
@given(picture=pictures())
def test_color_keeps_shape_depth_transparency_and_lightness(picture):
    result = colored(photograph_from_array(picture)).numpy()
    has_alpha = picture.shape[2] in (2, 4)
    assert result.dtype == picture.dtype
    assert result.shape == (*picture.shape[:2], 4 if has_alpha else 3)
    if has_alpha:
        np.testing.assert_array_equal(result[..., 3], picture[..., -1])
    tolerance = 0.5 if picture.dtype == np.uint8 else 0.05  # rounding to 8 bits alone gives 0.4
    assert np.abs(rgb_to_lightness(result[..., :3]) - lightness_of(picture)).max() <= tolerance


@RELAXED
@given(picture=pictures(), extension=st.sampled_from([".png", ".tif"]))
def test_lossless_files_give_back_what_was_joined(picture, extension):
    expected = colored(photograph_from_array(picture))
    content = encode_photograph(expected, extension)
    again = open_photograph(content)
    assert (again.height, again.width) == picture.shape[:2]
    assert again.depth == 8 * picture.dtype.itemsize
    np.testing.assert_array_equal(again.pixels().numpy(), expected.numpy())


@RELAXED
@given(picture=pictures(), extension=st.sampled_from([".jpg", ".webp", ".avif"]))
def test_lossy_files_keep_the_size(picture, extension):
    again = open_photograph(encode_photograph(colored(photograph_from_array(picture)), extension, quality=95))
    assert (again.height, again.width) == picture.shape[:2]


@RELAXED
@given(
    size=SIZES,
    dtype=st.sampled_from(["bool", "uint8", "uint16", "uint32", "int16", "float16", "float32", "float64", "complex64"]),
    photometric=st.sampled_from(["minisblack", "miniswhite", "rgb", "separated", "palette"]),
    extra=st.integers(0, 2),
    planar=st.sampled_from(["contig", "separate"]),
    byteorder=st.sampled_from(["<", ">"]),
    bigtiff=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_tiff_of_any_kind_is_colored_or_refused_in_one_line(
    size, dtype, photometric, extra, planar, byteorder, bigtiff, seed
):
    content = tiff(size, dtype, photometric, extra, planar, byteorder, bigtiff, seed)
    if content is None:
        return  # tifffile itself refuses the combination
    try:
        photograph = open_photograph(content)
        result = colored(photograph).numpy()
    except PhotoError as error:
        message = str(error)
        assert "\n" not in message
        assert 20 < len(message) < 300
        assert dtype not in ("uint8", "uint16")  # what every archive has
        return
    assert result.shape[:2] == size
    assert result.dtype == (np.uint16 if photograph.depth == 16 else np.uint8)
    gray = photograph.pixels().numpy().reshape(*size, -1)
    plain = photometric in ("minisblack", "rgb") and not extra and planar == "contig" and dtype in ("uint8", "uint16")
    stored = tifffile.imread(io.BytesIO(content)).reshape(gray.shape) if plain else gray
    np.testing.assert_array_equal(gray, stored)
    tolerance = 0.5 if photograph.depth == 8 else 0.05
    assert np.abs(rgb_to_lightness(result[..., :3]) - lightness_of(gray)).max() <= tolerance


def tiff(size, dtype, photometric, extra, planar, byteorder, bigtiff, seed):
    random = np.random.default_rng(seed)
    samples = {"rgb": 3, "separated": 4}.get(photometric, 1) + extra
    values = random.random((*size, samples))
    scale = 2 if dtype == "bool" else 1 if np.dtype(dtype).kind in "fc" else np.iinfo(dtype).max
    array = (values * scale).astype(dtype)
    array = array[..., 0] if samples == 1 else np.moveaxis(array, -1, 0) if planar == "separate" else array
    options = {"colormap": random.integers(0, 65536, (3, 256), np.uint16)} if photometric == "palette" else {}
    if samples > 1:
        options |= {"planarconfig": planar, "extrasamples": ["unassalpha", "unspecified"][:extra]}
    file = io.BytesIO()
    try:
        tifffile.imwrite(
            file, array, photometric=photometric, byteorder=byteorder, bigtiff=bigtiff, metadata=None, **options
        )
    except (ValueError, TypeError, KeyError):
        return None
    return file.getvalue()


@pytest.mark.parametrize(("extension", "side"), [(".jpg", 65_501), (".webp", 16_384), (".avif", 16_385)])
def test_sides_longer_than_a_format_holds_are_refused_with_a_way_out(extension, side):
    strip = pyvips.Image.black(side, 1, bands=3).copy(interpretation="srgb")
    with pytest.raises(PhotoError, match=r"at most .* pixels a side.*end the name in \.png or \.tif"):
        encode_photograph(strip, extension)
    shorter = encode_photograph(strip.crop(0, 0, side - 1, 1), extension)
    assert open_photograph(shorter).width == side - 1
