import math

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins, soft_encode
from photochrom.color.distribution import ColorDistribution, check_temperature


def random_logits(height=5, width=7, scale=3.0, seed=0):
    return np.random.default_rng(seed).normal(scale=scale, size=(313, height, width)).astype(np.float32)


def plain_softmax(logits, temperature):
    """Softmax of one pixel in Python's own floats."""
    peak = max(logits)
    weights = [math.exp((value - peak) / temperature) for value in logits]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("temperature", [1.0, 0.38, 0.05])
def test_probabilities_and_annealed_mean_equal_the_formula_written_out(temperature):
    logits = random_logits()
    colors = ColorDistribution(logits)
    probabilities, mean = colors.probabilities(temperature), colors.annealed_mean(temperature)
    for i, j in [(0, 0), (2, 6), (4, 3)]:
        expected = plain_softmax(logits[:, i, j].astype(float).tolist(), temperature)
        np.testing.assert_allclose(probabilities[:, i, j], expected, atol=1e-6)
        np.testing.assert_allclose(mean[:, i, j], np.array(expected) @ ab_bins(), atol=2e-4)


def test_temperature_sharpens_probabilities_by_their_power():
    # f_T(z) = exp(log z / T) / sum exp(log z / T), as the paper writes it
    colors = ColorDistribution(random_logits(scale=1.0))
    power = colors.probabilities().astype(np.float64) ** (1 / 0.38)
    np.testing.assert_allclose(colors.probabilities(0.38), power / power.sum(axis=0), atol=1e-6)


def test_at_temperature_1_it_is_the_mean():
    ab = np.random.default_rng(0).uniform(-40, 40, (6, 6, 2))
    encoded = np.moveaxis(soft_encode(ab), -1, 0)
    with np.errstate(divide="ignore"):
        colors = ColorDistribution(np.log(encoded))
    np.testing.assert_allclose(colors.annealed_mean(1.0), np.einsum("qhw,qc->chw", encoded, ab_bins()), atol=1e-4)


def test_towards_temperature_0_it_is_the_mode():
    colors = ColorDistribution(random_logits())
    for temperature in (1e-6, 1e-20, 5e-324):
        np.testing.assert_allclose(colors.annealed_mean(temperature), colors.mode(), atol=1e-3)


def test_chroma_grows_as_temperature_falls():
    # Most weight on one bin, the rest spread about gray: the paper's picture of desaturation.
    logits = np.zeros((313, 1, 1), np.float32)
    logits[200] = 5
    chroma = [np.linalg.norm(ColorDistribution(logits).annealed_mean(t)) for t in (1, 0.77, 0.58, 0.38, 0.14, 0.01)]
    assert chroma == sorted(chroma)
    assert chroma[-1] > chroma[0] + 10


def test_the_mode_is_the_bin_with_the_largest_logit():
    logits = random_logits()
    mode = ColorDistribution(logits).mode()
    for i in range(5):
        for j in range(7):
            assert mode[:, i, j].tolist() == ab_bins()[logits[:, i, j].argmax()].tolist()


def test_entropy_equals_the_formula_written_out():
    logits = random_logits()
    entropy = ColorDistribution(logits).entropy()
    for i, j in [(0, 0), (3, 5)]:
        p = plain_softmax(logits[:, i, j].astype(float).tolist(), 1.0)
        assert entropy[i, j] == pytest.approx(-sum(x * math.log(x) for x in p), abs=1e-4)


def test_entropy_runs_from_0_for_one_bin_to_the_logarithm_of_all():
    sure, open_ = np.full((313, 1, 1), -np.inf, np.float32), np.full((313, 1, 1), 17.0, np.float32)
    sure[5] = 0
    assert ColorDistribution(sure).entropy().item() == 0
    assert ColorDistribution(open_).entropy().item() == pytest.approx(math.log(313), abs=1e-4)


def test_top_colors_are_the_bins_in_order_of_probability():
    logits = random_logits()
    colors, shares = ColorDistribution(logits).top_colors(4)
    assert colors.shape == (4, 2, 5, 7)
    assert shares.shape == (4, 5, 7)
    order = np.argsort(-logits[:, 2, 3])[:4]
    np.testing.assert_array_equal(colors[:, :, 2, 3], ab_bins()[order])
    expected = np.array(plain_softmax(logits[:, 2, 3].astype(float).tolist(), 1.0))[order]
    np.testing.assert_allclose(shares[:, 2, 3], expected, atol=1e-6)


def test_all_top_colors_together_have_probability_1():
    _, shares = ColorDistribution(random_logits()).top_colors(313)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "logits",
    [
        random_logits(scale=1e4),
        random_logits() + 1e4,
        random_logits() * 1e37,
        np.full((313, 2, 2), -np.inf, np.float32),
        np.full((313, 2, 2), np.inf, np.float32),
        np.full((313, 2, 2), 3e38, np.float32),
        np.where(np.arange(313)[:, None, None] == 9, np.inf, random_logits()).astype(np.float32),
        np.where(np.arange(313)[:, None, None] < 300, -np.inf, random_logits()).astype(np.float32),
        np.zeros((313, 0, 4), np.float32),
    ],
)
@pytest.mark.parametrize("temperature", [1.0, 0.38, 1e-3, 1e-40])
def test_any_logits_give_finite_colors(logits, temperature):
    colors = ColorDistribution(logits)
    with np.errstate(all="raise", under="ignore"):
        probabilities = colors.probabilities(temperature)
        found = [colors.annealed_mean(temperature), colors.mode(), colors.entropy(), *colors.top_colors(3)]
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-5)
    assert all(np.isfinite(array).all() for array in found)
    assert all(array.dtype == np.float32 for array in found)


def test_an_infinite_logit_decides_and_a_ruled_out_bin_has_no_share():
    decided, ruled_out = random_logits(1, 1), random_logits(1, 1)
    decided[9], ruled_out[:300] = np.inf, -np.inf
    assert ColorDistribution(decided).annealed_mean(1.0).ravel().tolist() == ab_bins()[9].tolist()
    assert ColorDistribution(ruled_out).probabilities()[:300].max() == 0


def test_a_pixel_with_every_bin_ruled_out_is_undecided():
    probabilities = ColorDistribution(np.full((313, 1, 1), -np.inf, np.float32)).probabilities()
    np.testing.assert_allclose(probabilities, 1 / 313, rtol=1e-5)


def test_other_bins_and_float64_logits_are_taken():
    bins = np.array([[-10, 0], [10, 0], [0, 20]], np.float32)
    colors = ColorDistribution(np.zeros((3, 1, 1)), bins)
    np.testing.assert_allclose(colors.annealed_mean(0.38).ravel(), [0, 20 / 3], atol=1e-5)


def test_logits_are_not_changed():
    logits = random_logits()
    before = logits.copy()
    colors = ColorDistribution(logits)
    colors.annealed_mean(0.38)
    colors.entropy()
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("shape", [(313, 4), (1, 313, 4, 4), (312, 4, 4)])
def test_logits_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[Q, h, w\]"):
        ColorDistribution(np.zeros(shape, np.float32))


def test_nan_is_refused():
    logits = random_logits()
    logits[3, 1, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ColorDistribution(logits)


@pytest.mark.parametrize("temperature", [0, -0.1, 1.0001, 7, math.nan, math.inf, -math.inf])
def test_a_temperature_outside_0_to_1_is_refused_in_one_line(temperature):
    for refuse in (check_temperature, ColorDistribution(random_logits()).annealed_mean):
        with pytest.raises(ValueError, match="temperature must be above 0 and at most 1") as refusal:
            refuse(temperature)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("count", [0, 314])
def test_a_count_outside_the_bins_is_refused(count):
    with pytest.raises(ValueError, match="count"):
        ColorDistribution(random_logits()).top_colors(count)
