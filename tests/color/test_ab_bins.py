import math
from pathlib import Path

import numpy as np
import pytest

from photochrom.color.ab_bins import (
    ab_bins,
    check_prior,
    encoding_table,
    nearest_bin,
    rarity_weights,
    smooth_prior,
    soft_encode,
)

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"

# The first and last b of the authors' bins for each a.
RANGES = {
    -90: (50, 90), -80: (20, 90), -70: (0, 90), -60: (-20, 90), -50: (-30, 100), -40: (-40, 100), -30: (-50, 100),
    -20: (-50, 100), -10: (-60, 100), 0: (-70, 100), 10: (-80, 90), 20: (-80, 90), 30: (-90, 90), 40: (-100, 90),
    50: (-100, 80), 60: (-110, 80), 70: (-110, 80), 80: (-110, 70), 90: (-110, 70), 100: (-90, 0),
}  # fmt: skip

# The largest shares of the authors' prior, and the weights that they publish for lambda = 0.5.
LARGEST = {(0, 0): 0.201234, (0, 10): 0.1083, (0, -10): 0.0642, (10, 0): 0.0531, (-10, 0): 0.0491, (10, 10): 0.0484}
WEIGHTS = {(0, 0): 0.096503, (0, 10): 0.1769, (0, -10): 0.2927, (10, 0): 0.3504, (-10, 0): 0.3772, (10, 10): 0.3827}


def reference(name):
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"the authors' {name} is not beside the repository")
    return np.load(path)


def bin_at(a, b):
    return int(np.flatnonzero((ab_bins() == (a, b)).all(axis=1))[0])


def random_ab(count, reach=110.0, seed=0):
    return np.random.default_rng(seed).uniform(-reach, reach, (count, 2)).astype(np.float32)


def test_the_bins_have_the_published_ranges():
    rows = [(a, b) for a, (low, high) in RANGES.items() for b in range(low, high + 1, 10)]
    np.testing.assert_array_equal(ab_bins(), rows)


def test_the_bins_equal_the_authors_file_row_for_row():
    np.testing.assert_array_equal(ab_bins(), reference("pts_in_hull.npy"))


def test_known_rows_are_where_the_authors_have_them():
    assert {bin_at(0, 0): 120, bin_at(0, 10): 121, bin_at(0, -10): 119, bin_at(10, 0): 139, bin_at(-10, 0): 102} == {
        120: 120, 121: 121, 119: 119, 139: 139, 102: 102
    }  # fmt: skip


def test_the_shared_bins_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        ab_bins()[0] = 0


@pytest.mark.parametrize("reach", [110, 300])
def test_the_nearest_bin_is_the_nearest_of_all(reach):
    ab = random_ab(5000, reach)
    distance = np.linalg.norm(ab[:, None] - ab_bins(), axis=-1)
    np.testing.assert_allclose(
        np.linalg.norm(ab - ab_bins()[nearest_bin(ab)], axis=-1), distance.min(axis=1), rtol=1e-5
    )


def test_each_bin_is_nearest_to_itself():
    np.testing.assert_array_equal(nearest_bin(ab_bins()), np.arange(313))


def test_the_nearest_bin_of_one_color_and_of_a_map():
    assert nearest_bin([0.0, 0.0]) == 120
    assert nearest_bin(np.zeros((4, 5, 2))).shape == (4, 5)


@pytest.mark.parametrize(
    ("ab", "neighbors", "expected"),
    [
        ((0, 0), 5, {(0, 0): 0.6488, (10, 0): 0.0878, (-10, 0): 0.0878, (0, 10): 0.0878, (0, -10): 0.0878}),
        ((0, 0), 10, {(0, 0): 0.6192, (10, 0): 0.0838, (0, -10): 0.0838, (10, 10): 0.0113, (-10, 10): 0.0113}),
        ((2.5, 2.5), 5, {(0, 0): 0.5206, (10, 0): 0.1915, (0, 10): 0.1915, (10, 10): 0.0705}),
        ((3, -7), 5, {(0, -10): 0.4670, (0, 0): 0.2098, (10, -10): 0.2098, (10, 0): 0.0943}),
    ],
)
def test_soft_encoding_has_the_published_weights(ab, neighbors, expected):
    encoded = soft_encode(ab, neighbors=neighbors)
    for center, weight in expected.items():
        assert encoded[bin_at(*center)] == pytest.approx(weight, abs=6e-5)
    assert np.count_nonzero(encoded) == neighbors


def test_of_two_equally_near_bins_one_takes_the_last_place():
    encoded = soft_encode([3.0, -7.0])
    assert sorted([encoded[bin_at(0, -20)], encoded[bin_at(-10, -10)]]) == pytest.approx([0, 0.0190], abs=6e-5)


def test_the_tenth_neighbor_of_gray_is_one_of_those_two_steps_away():
    encoded = soft_encode([0.0, 0.0], neighbors=10)
    tenth = [encoded[bin_at(*ab)] for ab in [(20, 0), (-20, 0), (0, 20), (0, -20)]]
    assert sorted(tenth) == pytest.approx([0, 0, 0, 0.0002], abs=6e-5)


@pytest.mark.parametrize(("neighbors", "error", "entropy"), [(5, 0.22, 1.26), (10, 0.24, 1.44)])
def test_soft_encoding_loses_as_little_as_published(neighbors, error, entropy):
    ab = random_ab(20_000, reach=40)
    encoded = soft_encode(ab, neighbors=neighbors).astype(np.float64)
    away = np.linalg.norm(encoded @ ab_bins() - ab, axis=-1)
    assert away.mean() == pytest.approx(error, abs=0.01)
    assert away.max() < 1.26
    nats = -(encoded * np.log(np.where(encoded > 0, encoded, 1))).sum(axis=1).mean()
    assert nats == pytest.approx(entropy, abs=0.01)


def test_soft_encoding_equals_the_formula_written_out():
    ab = random_ab(50)
    for color, encoded in zip(ab.tolist(), soft_encode(ab, neighbors=7, sigma=8.0), strict=True):
        nearest = sorted((math.dist(color, center), q) for q, center in enumerate(ab_bins().tolist()))[:7]
        weights = {q: math.exp(-(d**2) / (2 * 8.0**2)) for d, q in nearest}
        expected = [weights.get(q, 0) / sum(weights.values()) for q in range(313)]
        np.testing.assert_allclose(encoded, expected, atol=1e-6)


def test_colors_far_outside_are_encoded_without_a_division_by_zero():
    encoded = soft_encode([[1e4, -1e4], [500.0, 500.0]])
    np.testing.assert_allclose(encoded.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("neighbors", [1, 5, 10])
def test_the_table_equals_soft_encoding_on_its_grid(neighbors):
    ab = np.round(random_ab(5000) * 2) / 2  # multiples of the table's step
    index, weight = encoding_table(neighbors).lookup(ab)
    dense = np.zeros((len(ab), 313), np.float32)
    np.put_along_axis(dense, index, weight, axis=1)
    np.testing.assert_allclose(dense, soft_encode(ab, neighbors=neighbors), atol=1e-6)


def test_looking_up_loses_little_more_than_encoding_itself():
    ab = random_ab(20_000, reach=40)
    index, weight = encoding_table().lookup(ab)
    away = np.linalg.norm((ab_bins()[index] * weight[..., None]).sum(axis=-2) - ab, axis=-1)
    # 0.22 and 1.25 are the encoding's; a grid point is 0.19 away on average and 0.36 at most.
    assert away.mean() < 0.22 + 0.19
    assert away.max() < 1.25 + 0.36


def test_the_first_entry_of_the_table_is_the_nearest_bin():
    table = encoding_table(step=1.0)
    axis = table.low + np.arange(len(table.indices)) * table.step
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    np.testing.assert_array_equal(table.indices[..., 0], nearest_bin(grid))


def test_the_table_covers_what_lies_outside_with_its_border():
    table = encoding_table()
    outside, border = table.lookup([[200.0, -300.0]]), table.lookup([[110.0, -110.0]])
    np.testing.assert_array_equal(outside[0], border[0])


def test_the_table_is_built_once():
    assert encoding_table(5) is encoding_table(5)


@pytest.mark.parametrize("step", [0, -1, 0.3, 10, math.nan])
def test_a_step_that_misses_the_bins_is_refused(step):
    with pytest.raises(ValueError, match="divide 5"):
        encoding_table(step=step)


def test_smoothing_keeps_a_distribution_a_distribution():
    counts = np.random.default_rng(0).integers(0, 1000, 313)
    for sigma in (0, 2.5, 5, 20):
        smoothed = smooth_prior(counts, sigma)
        assert smoothed.sum() == pytest.approx(1)
        assert smoothed.min() >= 0


def test_smoothing_without_width_only_normalizes():
    np.testing.assert_allclose(smooth_prior(np.arange(313), 0), np.arange(313) / np.arange(313).sum())


def test_smoothing_spreads_a_bin_as_the_gaussian_of_the_distance():
    one = np.zeros(313)
    one[bin_at(0, 0)] = 42
    smoothed = smooth_prior(one, sigma=5)
    center = smoothed[bin_at(0, 0)]
    assert smoothed[bin_at(10, 0)] / center == pytest.approx(math.exp(-100 / 50))
    assert smoothed[bin_at(-10, 10)] / center == pytest.approx(math.exp(-200 / 50))


def test_smoothing_at_the_border_loses_nothing_and_stays_there():
    one = np.zeros(313)
    one[bin_at(100, -90)] = 1
    smoothed = smooth_prior(one)
    assert smoothed.argmax() == bin_at(100, -90)
    assert smoothed.sum() == pytest.approx(1)


@pytest.mark.parametrize("uniform_share", [0, 0.25, 0.5, 0.8, 1])
@pytest.mark.parametrize("empty", [0, 100])
def test_the_expected_weight_is_1(uniform_share, empty):
    prior = np.random.default_rng(1).random(313)
    prior[:empty] = 0
    weights = rarity_weights(prior, uniform_share)
    assert np.isfinite(weights).all()
    assert (prior / prior.sum() * weights).sum() == pytest.approx(1, rel=1e-6)


def test_an_empty_bin_weighs_nothing_at_lambda_0_and_most_otherwise():
    prior = np.ones(313)
    prior[7] = 0
    assert rarity_weights(prior, 0)[7] == 0
    assert rarity_weights(prior, 0.5).argmax() == 7


def test_lambda_1_weighs_all_alike():
    np.testing.assert_allclose(rarity_weights(np.arange(313), 1), 1, rtol=1e-6)


def test_weights_follow_the_papers_formula():
    prior = np.random.default_rng(2).random(313)
    prior /= prior.sum()
    raw = [1 / (0.7 * p + 0.3 / 313) for p in prior]
    scale = sum(p * w for p, w in zip(prior, raw, strict=True))
    np.testing.assert_allclose(rarity_weights(prior, 0.3), [w / scale for w in raw], rtol=1e-6)


def test_the_common_colors_have_the_published_weights_relative_to_gray():
    prior = np.full(313, (1 - sum(LARGEST.values())) / (313 - len(LARGEST)))
    for ab, share in LARGEST.items():
        prior[bin_at(*ab)] = share
    weights = rarity_weights(prior)
    for ab, weight in WEIGHTS.items():
        assert weights[bin_at(*ab)] / weights[120] == pytest.approx(weight / WEIGHTS[0, 0], rel=1e-3)


@pytest.mark.parametrize(
    ("uniform_share", "smallest", "largest", "mean", "median"),
    [
        (0, 0.0159, 5.26e5, 4689, 34.1),
        (0.25, 0.0628, 11.93, 8.926, 10.96),
        (0.5, 0.096503, 6.174868, 5.174880, 5.998717),
        (0.75, 0.1594, 3.505, 3.172, 3.471),
        (1, 1, 1, 1, 1),
    ],
)
def test_the_authors_prior_gives_the_published_weights(uniform_share, smallest, largest, mean, median):
    weights = rarity_weights(reference("prior_probs.npy"), uniform_share)
    found = [weights.min(), weights.max(), weights.mean(), np.median(weights)]
    np.testing.assert_allclose(found, [smallest, largest, mean, median], rtol=3e-3 if uniform_share != 0.5 else 3e-6)


def test_the_authors_prior_gives_the_published_weight_of_each_listed_color():
    weights = rarity_weights(reference("prior_probs.npy"))
    listed = WEIGHTS | {(0, 20): 0.4413, (50, 50): 4.7643, (-50, 50): 5.5833, (80, 70): 6.0626}
    for ab, weight in listed.items():
        assert weights[bin_at(*ab)] == pytest.approx(weight, abs=6e-5)


def test_the_authors_prior_passes_the_check():
    prior = reference("prior_probs.npy")
    np.testing.assert_allclose(check_prior(prior), prior, rtol=1e-12)


def test_a_prior_counted_from_floats_in_0_to_255_is_refused():
    prior = np.full(313, 0.001)
    prior[[bin_at(-90, 90), bin_at(-90, 70), bin_at(0, 0)]] = 0.182, 0.1, 0.046  # as it circulates
    with pytest.raises(ValueError, match=r"\(-90, 90\), not gray"):
        check_prior(prior)
    assert check_prior(prior, gray_leads=False).sum() == pytest.approx(1)


@pytest.mark.parametrize("use", [check_prior, smooth_prior, rarity_weights])
@pytest.mark.parametrize(
    "bad", [np.ones(312), np.zeros(313), np.full(313, -1.0), np.full(313, np.nan), np.ones((313, 1))]
)
def test_what_is_no_prior_is_refused(use, bad):
    with pytest.raises(ValueError, match="prior"):
        use(bad)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_lambda_outside_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="lambda"):
        rarity_weights(np.ones(313), share)


@pytest.mark.parametrize("use", [nearest_bin, soft_encode, encoding_table().lookup])
def test_what_is_no_ab_is_refused_with_the_way_out(use):
    with pytest.raises(ValueError, match=r"np\.moveaxis"):
        use(np.zeros((2, 64, 64)))
    with pytest.raises(ValueError, match="NaN"):
        use([math.nan, 0.0])


@pytest.mark.parametrize("wrong", [{"neighbors": 0}, {"neighbors": 314}, {"sigma": 0.0}, {"sigma": math.nan}])
def test_an_encoding_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        soft_encode([0.0, 0.0], **wrong)
