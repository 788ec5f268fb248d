"""From bytes to pixels, in order and in threads."""

import io

import numpy as np
import pytest
import pyvips
from PIL import Image

from photochrom.data.decoding import decode, decode_all, in_threads
from photochrom.data.sources import DataError, EncodedPhotograph
from photochrom.photos.errors import PhotoError


def encoded(width, height, *, name="photo", suffix=".png"):
    ramp = pyvips.Image.xyz(width, height)
    picture = ramp[0].bandjoin([ramp[1], 128]).cast("uchar").copy(interpretation="srgb")
    return EncodedPhotograph(picture.write_to_buffer(suffix), name)


@pytest.mark.parametrize(("width", "height", "wanted"), [(200, 100, (50, 100, 3)), (100, 200, (100, 50, 3))])
def test_the_short_side_is_brought_down_and_never_up(width, height, wanted):
    assert decode(encoded(width, height), 50).shape == wanted
    assert decode(encoded(width, height), 500).shape == (height, width, 3)


def test_the_long_side_may_be_capped():
    assert decode(encoded(400, 100), 50, long_side=100).shape == (25, 100, 3)


def test_pixels_are_those_that_another_decoder_sees(real):
    for photograph in real[:5]:
        other = np.asarray(Image.open(io.BytesIO(photograph.data)).convert("RGB"))
        np.testing.assert_array_equal(decode(photograph, 10_000), other)


def test_a_photograph_on_its_side_is_turned_upright():
    picture = pyvips.Image.black(40, 20, bands=3).copy(interpretation="srgb").copy()
    picture.set_type(pyvips.GValue.gint_type, "orientation", 6)
    upright = decode(EncodedPhotograph(picture.write_to_buffer(".jpg"), "turned"), 20)
    assert upright.shape == (40, 20, 3)


def test_gray_deep_and_transparent_pictures_become_three_channels_of_8_bits():
    gray = pyvips.Image.black(40, 30).copy(interpretation="b-w")
    deep = (pyvips.Image.black(40, 30, bands=3) + 257 * 200).cast("ushort").copy(interpretation="rgb16")
    clear = pyvips.Image.black(40, 30, bands=4).copy(interpretation="srgb")
    for picture, value in ((gray, 0), (deep, 200), (clear, 255)):  # what is transparent is seen on white
        pixels = decode(EncodedPhotograph(picture.write_to_buffer(".png"), "x"), 30)
        assert (pixels.shape, pixels.dtype) == ((30, 40, 3), np.uint8)
        assert (pixels == value).all()


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", encoded(64, 64).data[:90]],
)
def test_what_is_no_photograph_is_refused_by_its_name(data):
    with pytest.raises(PhotoError, match=r"^album/x\.jpg: "):
        decode(EncodedPhotograph(data, "album/x.jpg"), 32)


def test_a_few_unreadable_photographs_are_left_out_and_many_stop_the_run():
    good = [encoded(40, 40, name=str(index)) for index in range(150)]
    broken = EncodedPhotograph(b"no picture", "broken.jpg")
    assert len(decode_all([*good, broken], short_side=32)) == 150
    with pytest.raises(DataError, match=r"1 of 2 .*broken\.jpg"):
        decode_all([good[0], broken], short_side=32)
    assert len(decode_all([good[0], broken], short_side=32, unreadable_share=0.5)) == 1


def test_work_in_threads_keeps_the_order_and_reads_only_a_little_ahead():
    taken = []

    def numbers():
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_threads(lambda number: number * number, numbers(), threads=2)
    assert [next(results) for _ in range(5)] == [(number, number * number) for number in range(5)]
    assert len(taken) < 20
    assert [square for _, square in results] == [number * number for number in range(5, 1000)]
