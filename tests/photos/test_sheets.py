import numpy as np
import pytest
import pyvips

from photochrom.color.lab import gray_to_lightness, rgb_to_lightness
from photochrom.photos import (
    before_after,
    contact_sheet,
    join_color,
    open_photograph,
    photograph_from_array,
    save_photograph,
)


def test_before_is_gray_at_the_left_and_after_is_in_color_at_the_right(astronaut, store, tmp_path):
    photograph = open_photograph(store(astronaut, "a.png"))
    colored = join_color(photograph, np.full((2, 16, 16), 20, np.float32), lightness=photograph.lightness(64, 64))
    target = save_photograph(before_after(photograph, colored), tmp_path / "both.png")
    both = pyvips.Image.new_from_file(str(target)).numpy()
    gap = both.shape[1] - 512
    assert both.shape[0] == 256
    assert 2 <= gap <= 10
    left, middle, right = np.split(both, [256, 256 + gap], axis=1)
    assert (left == left[..., :1]).all()
    assert (middle == 255).all()
    np.testing.assert_array_equal(right, colored_again(photograph))
    assert np.abs(gray_to_lightness(left[..., 0]) - rgb_to_lightness(astronaut)).max() < 0.3


def colored_again(photograph):
    ab = np.full((2, 16, 16), 20, np.float32)
    return join_color(photograph, ab, lightness=photograph.lightness(64, 64)).numpy()


def test_before_and_after_of_16_bits_with_transparency(tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (48, 64, 2), dtype=np.uint16)
    photograph = photograph_from_array(deep)
    colored = join_color(photograph, np.zeros((2, 16, 16), np.float32), lightness=photograph.lightness(64, 64))
    both = before_after(photograph, colored)
    assert (both.bands, both.format) == (3, "ushort")


def test_a_sheet_holds_every_picture_in_its_cell(astronaut, cameraman):
    color, gray = pyvips.Image.new_from_array(astronaut), pyvips.Image.new_from_array(cameraman)
    deep = (gray.cast("ushort") * 257).cast("ushort")
    sheet = contact_sheet([[gray, color, deep], [gray, color]], cell=(64, 48)).numpy()
    assert sheet.dtype == np.uint8
    assert sheet.shape == (8 + 48 + 16 + 48 + 8, 8 + 3 * 64 + 2 * 8 + 8, 3)
    centers = [sheet[row + 24, column + 32] for row in (8, 72) for column in (8, 80, 152)]
    assert np.abs(centers[0].astype(int) - centers[2]).max() <= 1  # the same picture in 8 and in 16 bits
    assert (centers[1] == centers[4]).all()
    assert (centers[5] == 255).all()  # the short row's last cell is white


def test_labels_and_headings_need_no_markup_and_make_room(cameraman):
    gray = pyvips.Image.new_from_array(cameraman)
    plain = contact_sheet([[gray], [gray]])
    named = contact_sheet([[gray], [gray]], ["a < b & c", ""], headings=["gray"])
    assert named.height > plain.height
    beside = contact_sheet([[gray], [gray]], across=2)
    assert beside.height < plain.height
    with pytest.raises(ValueError, match="labels"):
        contact_sheet([[gray]], ["one", "two"])
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
