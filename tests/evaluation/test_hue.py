"""Hue measures against hand-made pictures, plain loops and the colors that everybody names alike."""

import math

import numpy as np
import pytest

from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.hue import (
    FAMILIES,
    family_confusion,
    hue_entropy,
    hue_families,
    hue_histogram,
    near_gray_share,
)


def ab_of(degrees, chroma):
    angle = np.radians(degrees)
    return np.stack([chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)


@pytest.fixture
def colors():
    return np.random.default_rng(0).normal(0, 20, (40, 30, 2))


def test_the_histogram_sums_chroma_by_hue(colors):
    wanted = [0.0] * 36
    for a, b in colors.reshape(-1, 2):
        wanted[int(math.degrees(math.atan2(b, a)) % 360 // 10)] += math.hypot(a, b)
    np.testing.assert_allclose(hue_histogram(colors), wanted, rtol=1e-4)


def test_histograms_of_parts_add_up(colors):
    np.testing.assert_allclose(hue_histogram(colors[:9]) + hue_histogram(colors[9:]), hue_histogram(colors))


def test_a_hue_just_below_a_full_turn_is_in_the_last_sector_or_the_first():
    histogram = hue_histogram(np.array([10.0, -1e-7], np.float32))
    assert histogram[0] + histogram[35] == pytest.approx(10)


def test_entropy_counts_equally_common_hues():
    for count in (1, 2, 4, 36):
        histogram = np.zeros(36)
        histogram[:count] = 7.0
        assert hue_entropy(histogram) == pytest.approx(math.log2(count))


def test_entropy_equals_the_definition_and_ignores_the_scale():
    histogram = np.array([1.0, 2.0, 0.0, 5.0])
    wanted = -sum(p * math.log2(p) for p in (1 / 8, 2 / 8, 5 / 8))
    assert hue_entropy(histogram) == pytest.approx(wanted)
    assert hue_entropy(100 * histogram) == pytest.approx(wanted)


def test_gray_has_no_hue_and_resamples_are_kept_apart():
    histograms = np.zeros((3, 36))
    histograms[1, 4] = 2
    histograms[2, [4, 5]] = 2
    np.testing.assert_allclose(hue_entropy(histograms), [0, 0, 1])


def test_one_tint_over_everything_has_little_entropy(colors):
    sepia = np.broadcast_to([3.0, 12.0], colors.shape)
    assert hue_entropy(hue_histogram(sepia)) == 0
    assert hue_entropy(hue_histogram(colors)) > 5


def test_near_gray_is_a_chroma_below_the_limit():
    picture = ab_of(np.zeros(10), np.array([0, 1, 2, 3, 4.9, 5, 6, 7, 8, 9]))
    assert near_gray_share(picture) == 0.5
    assert near_gray_share(picture, limit=2.5) == 0.3


@pytest.mark.parametrize(
    ("family", "rgb"),
    [
        ("red", (255, 0, 0)),
        ("orange", (255, 128, 0)),
        ("orange", (224, 172, 105)),  # skin
        ("yellow", (255, 255, 0)),
        ("yellow-green", (124, 160, 60)),  # grass
        ("green", (0, 140, 80)),
        ("cyan", (0, 255, 255)),
        ("blue", (0, 0, 255)),
        ("blue", (135, 206, 235)),  # sky
        ("purple", (128, 0, 128)),
        ("purple", (255, 0, 255)),
        ("near gray", (120, 124, 120)),
    ],
)
def test_colors_fall_into_the_family_that_people_call_them(family, rgb):
    assert FAMILIES[int(hue_families(rgb_to_lab(np.array(rgb, np.uint8))[1:]))] == family


def test_the_families_cover_the_circle_without_a_gap():
    family = hue_families(ab_of(np.arange(0, 360, 0.5), 30.0))
    assert set(family.tolist()) == set(range(1, len(FAMILIES)))
    assert np.count_nonzero(np.diff(family)) == len(FAMILIES) - 1  # each begins once; purple runs through 0


def test_confusion_counts_every_pixel_once_with_the_truth_in_rows(colors):
    truth = colors[::-1] + 3
    confusion = family_confusion(colors, truth)
    wanted = np.zeros_like(confusion)
    for guess, own in zip(hue_families(colors).ravel(), hue_families(truth).ravel(), strict=True):
        wanted[own, guess] += 1
    np.testing.assert_array_equal(confusion, wanted)
    assert confusion.sum() == colors[..., 0].size


def test_a_perfect_coloring_has_no_confusion(colors):
    confusion = family_confusion(colors, colors)
    np.testing.assert_array_equal(confusion, np.diag(np.diag(confusion)))


def test_bad_arrays_are_refused(colors):
    with pytest.raises(ValueError, match="axis of 2"):
        hue_histogram(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="one shape"):
        family_confusion(colors, colors[:5])
    with pytest.raises(ValueError, match="negative"):
        hue_entropy([-1.0, 2.0])
    with pytest.raises(ValueError, match="no colors"):
        near_gray_share(np.zeros((0, 2)))
