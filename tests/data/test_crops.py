"""Decoding, and crops that depend on the seed and the step alone."""

import numpy as np
import pytest
import pyvips

from photochrom.data.crops import CropSampler, center_squares, decode, decode_all
from photochrom.data.sources import DataError, EncodedPhotograph


def encoded(width, height, *, name="photo", suffix=".png"):
    ramp = pyvips.Image.xyz(width, height)
    picture = ramp[0].bandjoin([ramp[1], 128]).cast("uchar").copy(interpretation="srgb")
    return EncodedPhotograph(picture.write_to_buffer(suffix), name)


@pytest.mark.parametrize(("width", "height", "wanted"), [(200, 100, (50, 100, 3)), (100, 200, (100, 50, 3))])
def test_the_short_side_is_brought_down_and_never_up(width, height, wanted):
    assert decode(encoded(width, height), 50).shape == wanted
    assert decode(encoded(width, height), 500).shape == (height, width, 3)


def test_a_photograph_on_its_side_is_turned_upright():
    picture = pyvips.Image.black(40, 20, bands=3).copy(interpretation="srgb").copy()
    picture.set_type(pyvips.GValue.gint_type, "orientation", 6)
    upright = decode(EncodedPhotograph(picture.write_to_buffer(".jpg"), "turned"), 20)
    assert upright.shape == (40, 20, 3)


def test_gray_and_transparent_pictures_become_three_channels():
    gray = pyvips.Image.black(40, 30).copy(interpretation="b-w")
    clear = pyvips.Image.black(40, 30, bands=4).copy(interpretation="srgb")
    for picture in (gray, clear):
        assert decode(EncodedPhotograph(picture.write_to_buffer(".png"), "x"), 30).shape == (30, 40, 3)


def test_unreadable_photographs_are_named_and_skipped_while_they_are_few(caplog):
    good = [encoded(40, 40, name=str(index)) for index in range(150)]
    decoded = decode_all([*good, EncodedPhotograph(b"no picture", "broken.jpg")], short_side=32)
    assert len(decoded) == 150
    assert "broken.jpg" in caplog.text


def test_many_unreadable_photographs_stop_the_run():
    with pytest.raises(DataError, match="1 of 2"):
        decode_all([encoded(40, 40), EncodedPhotograph(b"no picture", "broken.jpg")], short_side=32)


@pytest.fixture
def sampler():
    photographs = [np.full((40 + index, 60, 3), index, np.uint8) for index in range(10)]
    return CropSampler(photographs, size=32, batch=4, seed=3)


def test_a_step_gives_the_same_crops_again_and_another_step_gives_others(sampler):
    assert (sampler.draw(5) == sampler.draw(5)).all()
    assert sampler.indices(5) != sampler.indices(6)


def test_batches_from_a_later_step_continue_the_sequence(sampler):
    late = sampler.batches(7)
    assert (next(late) == sampler.draw(7)).all()
    assert (next(late) == sampler.draw(8)).all()


def test_every_photograph_comes_once_an_epoch(sampler):
    seen = [index for step in range(5) for index in sampler.indices(step)]  # 20 draws, two epochs of 10
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_a_crop_shows_a_region_of_the_photograph_as_it_is():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None], (64, 64, 3)).copy()
    sampler = CropSampler([ramp], size=32, batch=1, seed=0, smallest=0.5)
    for step in range(8):
        crop = sampler.draw(step)[0, 0].numpy().astype(int)
        assert (np.ptp(crop, axis=0) <= 1).all()  # columns stay columns
        slopes = np.diff(crop[0])
        assert (slopes >= 0).all() or (slopes <= 0).all()
        assert 14 <= np.ptp(crop) <= 63


def test_center_squares_take_the_middle():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert (center_squares([wide], 8) == 200).all()
