"""Hints on pictures whose things are known."""

import numpy as np
import pytest

from photochrom.color.ab_bins import soft_encode
from photochrom.color.distribution import ColorDistribution
from photochrom.color.hints import PlacedColor, hint_weights, spread_hints

RED, BLUE = (55.0, 40.0), (10.0, -45.0)


def street(height=48, width=64, grain=1.0):
    """A dark coat before a light wall: ab of all gray, lightness, and where the coat is."""
    coat = np.zeros((height, width), bool)
    coat[12:40, 20:44] = True
    noise = np.random.default_rng(0).normal(0, grain, coat.shape)
    folds = 4 * np.sin(np.arange(width) / 3)
    lightness = np.where(coat, 30 + folds, 75) + noise
    return np.zeros((2, height, width), np.float32), lightness.astype(np.float32), coat


def test_the_hint_wins_at_its_place():
    ab, lightness, _ = street()
    colored = spread_hints(ab, lightness, [PlacedColor(0.5, 0.5, RED)])
    np.testing.assert_allclose(colored[:, 24, 32], RED, atol=1e-3)


def test_a_hint_on_a_coat_colors_the_coat_and_stops_at_its_edge():
    ab, lightness, coat = street()
    weight = hint_weights(ab, lightness, [PlacedColor(0.5, 0.5, RED)])[0]
    assert weight[coat].min() > 0.6
    assert weight[coat].mean() > 0.9
    assert weight[~coat].max() < 0.02


def test_a_hint_on_the_wall_goes_around_the_coat():
    ab, lightness, coat = street()
    weight = hint_weights(ab, lightness, [PlacedColor(0.05, 0.5, BLUE)])[0]
    assert weight[~coat].min() > 0.4  # the far side, once around
    assert weight[~coat].mean() > 0.8
    assert weight[coat].max() < 0.02


def test_a_soft_edge_stops_a_hint_too():
    """An edge out of focus, over three cells."""
    lightness = np.interp(np.arange(40), [0, 19, 22, 39], [30, 30, 80, 80]).astype(np.float32)
    lightness = np.tile(lightness, (20, 1))
    weight = hint_weights(np.zeros((2, 20, 40), np.float32), lightness, [PlacedColor(0.2, 0.5, RED)])[0]
    assert weight[:, :19].min() > 0.8
    assert weight[:, 23:].max() < 0.02


def test_where_the_network_believes_in_other_colors_the_hint_does_not_hold():
    """Two things of one lightness, told apart by the distribution alone: grass and a red dress."""
    believed = np.zeros((20, 40, 2), np.float32)
    believed[:, :20], believed[:, 20:] = (-30, 30), (50, 30)
    with np.errstate(divide="ignore"):
        colors = ColorDistribution(np.log(np.moveaxis(soft_encode(believed), -1, 0)))
    flat, lightness = np.zeros((2, 20, 40), np.float32), np.full((20, 40), 50, np.float32)
    without = hint_weights(flat, lightness, [PlacedColor(0.2, 0.5, BLUE)])[0]
    weight = hint_weights(flat, lightness, [PlacedColor(0.2, 0.5, BLUE)], colors)[0]
    assert without[:, 25:].min() > 0.5
    assert weight[:, :20].min() > 0.5
    assert weight[:, 20:].max() == 0


def test_of_two_hints_each_wins_at_its_place_and_near_it():
    lightness = np.full((30, 60), 50, np.float32)
    hints = [PlacedColor(0.25, 0.5, RED), PlacedColor(0.75, 0.5, BLUE)]
    colored = spread_hints(np.zeros((2, 30, 60), np.float32), lightness, hints)
    np.testing.assert_allclose(colored[:, 15, 15], RED, atol=0.1)
    np.testing.assert_allclose(colored[:, 15, 45], BLUE, atol=0.1)
    assert colored[1, 15, 10] > 30
    assert colored[1, 15, 50] < -35


def test_the_order_of_hints_does_not_matter():
    ab, lightness, _ = street()
    hints = [PlacedColor(0.45, 0.4, RED), PlacedColor(0.55, 0.6, BLUE), PlacedColor(0.1, 0.1, (0, 0))]
    np.testing.assert_allclose(spread_hints(ab, lightness, hints), spread_hints(ab, lightness, hints[::-1]), atol=1e-3)


def test_a_gray_hint_takes_color_away():
    _, lightness, coat = street()
    ab = np.full((2, *lightness.shape), 30, np.float32)
    colored = spread_hints(ab, lightness, [PlacedColor(0.5, 0.5, (0, 0))])
    assert np.abs(colored[:, coat]).mean() < 4
    np.testing.assert_allclose(colored[:, ~coat], 30, atol=1)


def test_a_color_keeps_its_chromaticity_in_light_and_shade():
    """In XYZ, X / Y and Z / Y of the hinted surface are the same at every lightness."""
    from skimage import color

    lightness = np.tile(np.linspace(30, 60, 40, dtype=np.float32), (20, 1))
    hint = PlacedColor(0.5, 0.5, (25, 20))
    ab = spread_hints(np.zeros((2, 20, 40), np.float32), lightness, [hint])
    weight = hint_weights(np.zeros((2, 20, 40), np.float32), lightness, [hint])[0]
    firm = weight > 0.999
    assert np.ptp(lightness[firm]) > 1
    xyz = color.lab2xyz(np.stack([lightness, *ab], axis=-1)[firm])
    ratios = xyz[:, [0, 2]] / xyz[:, 1:2]
    np.testing.assert_allclose(ratios, np.broadcast_to(np.median(ratios, axis=0), ratios.shape), rtol=0.01)


def test_a_radius_limits_how_far_a_color_goes():
    lightness = np.full((40, 60), 50, np.float32)
    weight = hint_weights(np.zeros((2, 40, 60), np.float32), lightness, [PlacedColor(0.5, 0.5, RED, reach=0.2)])[0]
    row, column = np.mgrid[:40, :60] + 0.5
    away = np.hypot(row - 20, column - 30)
    assert weight[away >= 0.2 * 60].max() == 0
    assert weight[away < 0.15 * 60].min() > 0.9


def test_without_hints_nothing_changes():
    ab, lightness, _ = street()
    assert spread_hints(ab, lightness, []) is ab


def test_a_hint_at_the_very_corner_lies_in_the_last_cell():
    ab, lightness, _ = street()
    colored = spread_hints(ab, lightness, [PlacedColor(1.0, 1.0, RED)])
    np.testing.assert_allclose(colored[:, -1, -1], RED, atol=1e-3)


def test_a_hint_in_black_does_not_glow_in_the_light():
    lightness = np.tile(np.linspace(0, 30, 40, dtype=np.float32), (20, 1))
    colored = spread_hints(np.zeros((2, 20, 40), np.float32), lightness, [PlacedColor(0.0, 0.5, (20, 10))])
    assert np.hypot(*colored).max() < 1.7 * np.hypot(20, 10)


@pytest.mark.parametrize("x", [-0.1, 1.1, float("nan")])
def test_a_place_outside_is_refused(x):
    with pytest.raises(ValueError, match=r"0\.\.1"):
        PlacedColor(x, 0.5, RED)


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same size"):
        spread_hints(np.zeros((2, 4, 4), np.float32), np.zeros((8, 8), np.float32), [PlacedColor(0.5, 0.5, RED)])


def test_a_ruled_out_bin_and_a_decided_one_do_no_harm():
    logits = np.zeros((313, 8, 8), np.float32)
    logits[:300, :4], logits[9, 4:], logits[:, 0, 0] = -np.inf, np.inf, -np.inf
    weight = hint_weights(
        np.zeros((2, 8, 8), np.float32),
        np.full((8, 8), 50, np.float32),
        [PlacedColor(0.5, 0.9, RED)],
        ColorDistribution(logits),
    )[0]
    assert np.isfinite(weight).all()
    assert weight[4:].min() > 0.9
    assert weight[:4].max() == 0
