import numpy as np
import PIL.Image
import pytest

from photochrom.photos.enlarging import enlarge


def smooth_map(height, width):
    rows, columns = np.mgrid[:height, :width] / 5
    return (np.sin(rows) + np.cos(columns + 0.3 * rows)).astype(np.float32)


@pytest.mark.parametrize(("width", "height"), [(96, 64), (480, 320), (1000, 667), (97, 641), (2500, 70)])
def test_smooth_maps_agree_with_pillow_at_any_size(width, height):
    small = smooth_map(64, 96)
    expected = np.asarray(PIL.Image.fromarray(small).resize((width, height), PIL.Image.Resampling.BICUBIC))
    got = enlarge(small, width, height).numpy()
    assert got.shape == (height, width)
    # Pillow leaves out what lies beyond the border, where here the last pixel goes on: compare one pixel and a half in.
    inside = slice(3 * height // 128 + 1, -3 * height // 128 - 1), slice(3 * width // 192 + 1, -3 * width // 192 - 1)
    assert np.abs(got - expected)[inside].max() < 0.006  # of a range of 4
    assert np.abs(got - expected).max() < 0.06


def test_a_constant_stays_constant():
    got = enlarge(np.full((7, 9), 3.25, np.float32), 131, 117).numpy()
    np.testing.assert_allclose(got, 3.25, atol=1e-6)


def test_a_straight_slope_stays_straight_and_in_its_place():
    columns = np.arange(24, dtype=np.float32)
    got = enlarge(np.tile(columns, (16, 1)), 24 * 20, 16 * 20).numpy()
    center = (np.arange(24 * 20) + 0.5) / 20 - 0.5  # pixels are squares: the corners stay where they are
    inside = slice(40, -40)
    assert np.abs(got[:, inside] - center[inside]).max() < 1e-3


def test_reducing_is_allowed():
    assert enlarge(smooth_map(64, 96), 20, 16).numpy().shape == (16, 20)


@pytest.mark.parametrize(("width", "height"), [(1095, 913), (300, 41), (97, 641), (20, 16)])
def test_what_is_drawn_at_once_is_what_is_streamed_to_the_last_bit(width, height, monkeypatch):
    small = np.random.default_rng(0).uniform(-9000, 9000, (64, 96)).astype(np.float32)
    at_once = enlarge(small, width, height).numpy()
    monkeypatch.setattr("photochrom.photos.enlarging.HELD_PIXELS", 0)
    np.testing.assert_array_equal(enlarge(small, width, height).numpy(), at_once)
