import numpy as np
import pytest
from skimage import data
from skimage.transform import resize

from photochrom.color.lab import rgb_to_lab
from photochrom.color.upsample import average_cells, color_slope, enlarge_cells, reduce_lightness, upsample_ab


def boundary(size=128, angle=0.4, hardness=1.0):
    """A bright yellowish and a dark bluish field with a slanting border: ab [2, H, W] and lightness [H, W]."""
    row, column = np.mgrid[:size, :size] / size - 0.5
    share = np.clip((np.sin(angle) * row + np.cos(angle) * column) * size * hardness + 0.5, 0, 1)
    lightness = 30 + 45 * share
    ab = np.stack([-10 + 25 * share, -40 + 90 * share])
    return ab.astype(np.float32), lightness.astype(np.float32)


def bilinear(ab, height, width):
    return np.stack([resize(channel, (height, width), order=1, mode="edge") for channel in ab])


def square_means(maps, stride=4):
    """Means of stride x stride squares, by reshaping."""
    *rest, height, width = maps.shape
    return maps.reshape(*rest, height // stride, stride, width // stride, stride).mean(axis=(-3, -1))


def mean_error(found, true):
    return np.hypot(*(found - true)).mean()


@pytest.mark.parametrize("angle", [0.0, 0.4, 0.8, 1.5])
def test_color_follows_a_sharp_border_at_least_a_tenth_better_than_bilinear(angle):
    ab, lightness = boundary(angle=angle)
    small = square_means(ab)
    ours, theirs = mean_error(upsample_ab(small, lightness), ab), mean_error(bilinear(small, *lightness.shape), ab)
    assert ours < 0.5 * theirs  # far more than a tenth: here lightness tells all


def test_a_photograph_gets_its_color_back_better_than_by_bilinear():
    lab = np.moveaxis(rgb_to_lab(data.astronaut()), -1, 0)
    lightness, ab = lab[0], lab[1:]
    small = square_means(ab)
    ours, theirs = upsample_ab(small, lightness), bilinear(small, *lightness.shape)
    assert mean_error(ours, ab) < 0.9 * mean_error(theirs, ab)
    gradient = np.hypot(*np.gradient(ab, axis=(1, 2))).sum(axis=0)
    edges = gradient >= np.quantile(gradient, 0.9)
    assert mean_error(ours[:, edges], ab[:, edges]) < 0.9 * mean_error(theirs[:, edges], ab[:, edges])


def test_texture_in_lightness_alone_brings_no_color():
    noise = np.random.default_rng(0).uniform(0, 100, (64, 64)).astype(np.float32)
    flat = np.stack([np.full((16, 16), 12.0), np.full((16, 16), -30.0)]).astype(np.float32)
    np.testing.assert_allclose(upsample_ab(flat, noise), np.broadcast_to([[[12.0]], [[-30.0]]], (2, 64, 64)), atol=1e-4)


def test_no_pixel_however_bright_adds_more_than_the_slope_times_20():
    rng = np.random.default_rng(0)
    ab, lightness = boundary(size=64)
    lightness = np.where(rng.random(lightness.shape) < 0.02, 100, lightness).astype(np.float32)  # glints
    small = square_means(ab)
    slope = color_slope(small, square_means(lightness))
    added = np.abs(upsample_ab(small, lightness) - enlarge_cells(small, 64, 64)).max(axis=(1, 2))
    assert (added <= 20 * np.abs(slope).max(axis=(1, 2))).all()


def test_without_contrast_only_the_enlargement_is_left():
    ab = np.random.default_rng(0).normal(scale=20, size=(2, 16, 20)).astype(np.float32)
    gray = np.full((64, 80), 50, np.float32)
    np.testing.assert_allclose(upsample_ab(ab, gray), enlarge_cells(ab, 64, 80), atol=1e-4)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose])
def test_a_turned_picture_gives_the_turned_color(turn):
    # Centers that were off by a part of a pixel would not turn with the picture.
    lab = np.moveaxis(rgb_to_lab(data.astronaut()[100:228, 100:228]), -1, 0)
    small = square_means(lab[1:])
    straight = upsample_ab(small, lab[0])
    turned = upsample_ab(np.stack([turn(c) for c in small]), turn(lab[0]))
    np.testing.assert_allclose(turned, np.stack([turn(c) for c in straight]), atol=2e-3)


@pytest.mark.parametrize("size", [(64, 64), (61, 83), (16, 16), (1, 1), (1, 300), (300, 1), (5, 9), (257, 4)])
def test_any_size_can_be_asked_for(size):
    rng = np.random.default_rng(0)
    ab = rng.normal(scale=20, size=(2, 16, 16)).astype(np.float32)
    found = upsample_ab(ab, rng.uniform(0, 100, size).astype(np.float32))
    assert found.shape == (2, *size)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 200


def test_one_cell_fills_the_picture():
    found = upsample_ab(
        np.float32([[[7]], [[-3]]]), np.random.default_rng(0).uniform(0, 100, (9, 5)).astype(np.float32)
    )
    np.testing.assert_allclose(found, np.broadcast_to([[[7]], [[-3]]], (2, 9, 5)), atol=1e-5)


def test_the_slope_is_the_weighted_covariance_over_the_damped_variance():
    rng = np.random.default_rng(0)
    lightness, ab = rng.uniform(0, 100, (6, 7)), rng.normal(scale=20, size=(2, 6, 7))
    slope = color_slope(ab.astype(np.float32), lightness.astype(np.float32))
    weight = np.outer([1, 2, 1], [1, 2, 1]).ravel()
    for i, j in [(2, 3), (4, 5), (0, 0), (5, 2)]:
        rows, columns = np.clip([i - 1, i, i + 1], 0, 5), np.clip([j - 1, j, j + 1], 0, 6)
        near = lightness[np.ix_(rows, columns)].ravel()
        for channel in range(2):
            cov = np.cov(near, ab[channel][np.ix_(rows, columns)].ravel(), fweights=weight, ddof=0)
            assert slope[channel, i, j] == pytest.approx(cov[0, 1] / (cov[0, 0] + 50), rel=1e-4, abs=1e-5)


def test_color_that_is_a_line_in_lightness_has_its_slope():
    lightness = np.random.default_rng(0).uniform(0, 100, (12, 12)).astype(np.float32)
    slope = color_slope(np.stack([0.7 * lightness + 3, -0.2 * lightness]), lightness, damping=0)
    np.testing.assert_allclose(slope[0], 0.7, rtol=1e-3)
    np.testing.assert_allclose(slope[1], -0.2, rtol=1e-3)


def test_a_flat_picture_without_damping_has_slope_0():
    flat = np.full((5, 5), 40, np.float32)
    assert not color_slope(np.zeros((2, 5, 5), np.float32), flat, damping=0).any()


def test_averaging_is_the_mean_of_squares_where_they_fit():
    maps = np.random.default_rng(0).uniform(0, 100, (2, 64, 96)).astype(np.float32)
    np.testing.assert_allclose(average_cells(maps, 16, 24), square_means(maps), rtol=1e-5)
    np.testing.assert_allclose(reduce_lightness(maps[0]), square_means(maps[0]), rtol=1e-5)


def test_averaging_keeps_the_mean_where_squares_do_not_fit():
    lightness = np.random.default_rng(0).uniform(0, 100, (61, 83)).astype(np.float32)
    small = reduce_lightness(lightness)
    assert small.shape == (16, 21)
    assert small.mean() == pytest.approx(lightness.mean(), rel=1e-5)


def test_averaging_counts_pixels_on_a_border_by_their_share():
    np.testing.assert_allclose(average_cells(np.float32([[0, 30, 60]]), 1, 2), [[10, 50]])


def test_enlarging_and_averaging_again_gives_nearly_the_same_means():
    lab = np.moveaxis(rgb_to_lab(data.astronaut()), -1, 0)
    small = square_means(lab)
    again = square_means(enlarge_cells(small, 512, 512))
    plain = square_means(np.stack([resize(c, (512, 512), order=3, mode="edge") for c in small]))
    assert np.abs(again - small).mean() < 0.5 * np.abs(plain - small).mean()


def test_enlarging_keeps_slopes_straight_and_in_place():
    row, column = np.mgrid[:64, :64] + 0.5
    true = (0.3 * row - 0.8 * column).astype(np.float32)
    found = enlarge_cells(square_means(true), 64, 64)
    np.testing.assert_allclose(found[16:-16, 16:-16], true[16:-16, 16:-16], atol=1e-3)


def test_maps_of_another_rank_are_refused():
    with pytest.raises(ValueError, match=r"\[2, h, w\]"):
        upsample_ab(np.zeros((16, 16, 2), np.float32), np.zeros((64, 64), np.float32))
    with pytest.raises(ValueError, match="same size"):
        color_slope(np.zeros((2, 16, 16), np.float32), np.zeros((64, 64), np.float32))
