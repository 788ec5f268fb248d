"""CIEDE2000 against the pairs published to find wrong implementations, and against scikit-image."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from photochrom.evaluation.ciede2000 import delta_e_2000

# Sharma, Wu and Dalal 2005, table 1: L*, a*, b*, L*, a*, b*, difference.
PUBLISHED = np.array([
    [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
    [50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615],
    [50.0, 2.8361, -74.0200, 50.0, 0.0, -82.7485, 3.4412],
    [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000],
    [50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0000],
    [50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0000],
    [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
    [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669],
    [50.0, 2.49, -0.0010, 50.0, -2.49, 0.0009, 7.1792],
    [50.0, 2.49, -0.0010, 50.0, -2.49, 0.0010, 7.1792],
    [50.0, 2.49, -0.0010, 50.0, -2.49, 0.0011, 7.2195],
    [50.0, 2.49, -0.0010, 50.0, -2.49, 0.0012, 7.2195],
    [50.0, -0.0010, 2.49, 50.0, 0.0009, -2.49, 4.8045],
    [50.0, -0.0010, 2.49, 50.0, 0.0010, -2.49, 4.8045],
    [50.0, -0.0010, 2.49, 50.0, 0.0011, -2.49, 4.7461],
    [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
    [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
    [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
    [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030],
    [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
    [50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0000],
    [50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0000],
    [50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0000],
    [50.0, 2.5, 0.0, 50.0, 3.2592, 0.3350, 1.0000],
    [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
    [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
    [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
    [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
    [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
    [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
    [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
    [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
    [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
    [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
])  # fmt: skip
HALF_A_DIGIT = 0.00005


def random_lab(count, seed):
    random = np.random.default_rng(seed)
    return np.stack(
        [random.uniform(0, 100, count), random.uniform(-90, 100, count), random.uniform(-110, 95, count)], axis=-1
    )


def test_the_published_pairs_come_out_to_the_last_digit_in_both_orders():
    first, second, wanted = PUBLISHED[:, :3], PUBLISHED[:, 3:6], PUBLISHED[:, 6]
    np.testing.assert_allclose(delta_e_2000(first, second), wanted, atol=HALF_A_DIGIT * 1.001, rtol=0)
    np.testing.assert_allclose(delta_e_2000(second, first), wanted, atol=HALF_A_DIGIT * 1.001, rtol=0)


@pytest.mark.parametrize(("kind", "within"), [(np.float64, 1e-9), (np.float32, 2e-4)])
def test_random_pairs_equal_scikit_images(kind, within):
    first, second = random_lab(20_000, 0).astype(kind), random_lab(20_000, 1).astype(kind)
    found = delta_e_2000(first, second)
    assert found.dtype == kind
    np.testing.assert_allclose(found, deltaE_ciede2000(first.astype(float), second.astype(float)), atol=within, rtol=0)


def test_gray_pictures_differ_by_lightness_alone():
    gray = np.zeros((5, 4, 3), np.float32)
    gray[..., 0] = 40
    other = gray.copy()
    other[..., 0] = 60
    np.testing.assert_allclose(delta_e_2000(gray, other), 20, rtol=1e-6)  # around L* = 50 the weight is 1


def test_equal_colors_do_not_differ():
    lab = random_lab(1000, 2).astype(np.float32)
    assert delta_e_2000(lab, lab).max() == 0


def test_the_shape_of_a_picture_is_kept_and_no_pixels_are_none():
    assert delta_e_2000(np.zeros((3, 5, 3)), np.ones((3, 5, 3))).shape == (3, 5)
    assert delta_e_2000(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="agree"):
        delta_e_2000(np.zeros((4, 3)), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="axis of 3"):
        delta_e_2000(np.zeros((4, 2)), np.zeros((4, 2)))
