"""The AuC against its definition written out plainly, and against the published rows of the shared photographs."""

from pathlib import Path

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins, nearest_bin
from photochrom.color.lab import rgb_to_lab
from photochrom.data.decoding import decode
from photochrom.data.sources import read_source
from photochrom.evaluation.color_error import BinScores, ColorError, auc_of, bin_scores, bin_weights

SHARED = Path(__file__).parents[3] / "shared"
PUBLISHED_TO = 0.05  # the table has two decimals; another JPEG decoder moves a figure by up to 0.02


@pytest.fixture
def pictures():
    random = np.random.default_rng(0)
    truth = [random.normal(0, 25, (12, 9, 2)).clip(-80, 80) for _ in range(3)]
    return [(ab + random.normal(0, 15, ab.shape), ab) for ab in truth]


def plain_auc(pictures, weight):
    shares = []
    for threshold in range(151):
        within = total = 0.0
        for guess, truth in pictures:
            for one, other in zip(guess.reshape(-1, 2), truth.reshape(-1, 2), strict=True):
                w = weight(other)
                total += w
                within += w * (np.linalg.norm(one - other) <= threshold)
        shares.append(within / total)
    return 100 * np.mean(shares)


def plain_integral(pictures, weight):
    reached = total = 0.0
    for guess, truth in pictures:
        for one, other in zip(guess.reshape(-1, 2), truth.reshape(-1, 2), strict=True):
            w = weight(other)
            total += w
            reached += w * max(0.0, 1 - np.linalg.norm(one - other) / 150)
    return 100 * reached / total


def frequencies(pictures):
    colors = np.concatenate([truth.reshape(-1, 2) for _, truth in pictures])
    return np.bincount(nearest_bin(colors), minlength=len(ab_bins())) / len(colors)


def smoothed(frequency):
    """Each bin spreads its share over all bins by a Gaussian of 5 ab units, in plain loops."""
    bins, result = ab_bins().astype(float), np.zeros(len(frequency))
    for center, share in zip(bins, frequency, strict=True):
        spread = np.exp(-((bins - center) ** 2).sum(axis=1) / (2 * 5**2))
        result += share * spread / spread.sum()
    return result


def counted(pictures):
    error = ColorError()
    for guess, truth in pictures:
        error.add(guess, truth)
    return error


def summed(pictures):
    scores = [bin_scores(guess, truth) for guess, truth in pictures]
    return BinScores(*(np.sum(part, axis=0) for part in zip(*scores, strict=True)))


def test_raw_auc_equals_the_definition(pictures):
    wanted = plain_auc(pictures, lambda ab: 1.0)
    assert counted(pictures).auc() == pytest.approx(wanted, abs=1e-9)
    scores = summed(pictures)
    assert auc_of(scores.thresholds, scores.counts) == pytest.approx(wanted, abs=1e-9)


def test_rebalanced_auc_weighs_every_pixel_by_the_rarity_of_its_true_bin(pictures):
    frequency = frequencies(pictures)
    wanted = plain_auc(pictures, lambda ab: 1 / frequency[nearest_bin(ab)])
    assert counted(pictures).auc(rebalanced=True) == pytest.approx(wanted, abs=1e-9)
    scores = summed(pictures)
    assert auc_of(scores.thresholds, scores.counts, "set") == pytest.approx(wanted, abs=1e-9)


def test_the_integral_is_the_exact_area_under_the_curve(pictures):
    scores, frequency = summed(pictures), frequencies(pictures)
    assert auc_of(scores.integral, scores.counts) == pytest.approx(plain_integral(pictures, lambda ab: 1.0), abs=1e-9)
    wanted = plain_integral(pictures, lambda ab: 1 / frequency[nearest_bin(ab)])
    assert auc_of(scores.integral, scores.counts, "set") == pytest.approx(wanted, abs=1e-9)


def test_smoothed_weights_spread_each_bin_over_its_neighbors(pictures):
    prior = smoothed(frequencies(pictures))
    wanted = plain_auc(pictures, lambda ab: 1 / prior[nearest_bin(ab)])
    scores = summed(pictures)
    assert auc_of(scores.thresholds, scores.counts, "set-s5") == pytest.approx(wanted, abs=1e-4)  # the bins are float32
    assert auc_of(scores.thresholds, scores.counts, prior) == pytest.approx(wanted, abs=1e-9)
    assert counted(pictures).auc(rebalanced=True, prior=prior) == pytest.approx(wanted, abs=1e-9)


def test_the_curve_rises_from_the_share_of_exact_pixels_to_all(pictures):
    guess, truth = pictures[0]
    guess = guess.copy()
    guess[:6] = truth[:6]
    curve = counted([(guess, truth)]).curve()
    assert curve.shape == (151,)
    assert curve[0] == 0.5
    assert curve[-1] == 1
    assert (np.diff(curve) >= 0).all()


def test_the_truth_scores_100_and_errors_beyond_150_score_nothing():
    truth = np.zeros((4, 4, 2))
    assert counted([(truth, truth)]).auc() == 100
    assert counted([(truth + np.array([151, 0]), truth)]).auc() == 0
    exact, beyond = bin_scores(truth, truth), bin_scores(truth + np.array([151, 0]), truth)
    assert exact.counts[120] == exact.thresholds[120] == exact.integral[120] == 16
    assert beyond.counts.sum() == 16
    assert beyond.thresholds.sum() == beyond.integral.sum() == 0


def test_a_threshold_holds_an_error_of_exactly_its_size():
    truth = np.zeros((1, 2))
    assert counted([(np.array([[150.0, 0.0]]), truth)]).auc() == pytest.approx(100 / 151)
    assert counted([(np.array([[149.5, 0.0]]), truth)]).auc() == pytest.approx(100 / 151)
    assert counted([(np.array([[149.0, 0.0]]), truth)]).auc() == pytest.approx(200 / 151)


def test_the_mean_error_of_a_bin_follows_from_its_scores(pictures):
    guess, truth = pictures[0]
    scores, bins = bin_scores(guess, truth), nearest_bin(truth)
    common = int(np.bincount(bins.ravel()).argmax())
    wanted = np.linalg.norm((guess - truth)[bins == common], axis=-1).mean()
    assert 150 * (1 - scores.integral[common] / scores.counts[common]) == pytest.approx(wanted)


def test_resamples_are_finished_one_by_one(pictures):
    scores = np.stack([bin_scores(guess, truth).thresholds for guess, truth in pictures])
    counts = np.stack([bin_scores(guess, truth).counts for guess, truth in pictures])
    drawn = np.array([[1, 1, 1], [2, 0, 1], [0, 0, 0]])
    for weights in (None, "set", "set-s5"):
        resampled = auc_of(drawn @ scores, drawn @ counts, weights)
        assert resampled.shape == (3,)
        whole, part = counted(pictures), counted([pictures[0], pictures[0], pictures[2]])
        for error, found in ((whole, resampled[0]), (part, resampled[1])):
            prior = smoothed(error.frequencies()) if weights == "set-s5" else None
            assert found == pytest.approx(error.auc(rebalanced=weights is not None, prior=prior), abs=1e-4)
        assert np.isnan(resampled[2])  # nothing was drawn


def test_known_bins_are_not_looked_for_again(pictures):
    guess, truth = pictures[0]
    wanted = bin_scores(guess, truth)
    for kind in (np.int64, np.int16):  # 16 bits hold an index, but not an index into all columns
        for one, other in zip(bin_scores(guess, truth, nearest_bin(truth).astype(kind)), wanted, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_uniform_prior_gives_the_raw_figure(pictures):
    error, scores = counted(pictures), summed(pictures)
    uniform = np.full(len(ab_bins()), 1 / len(ab_bins()))
    assert error.auc(rebalanced=True, prior=uniform) == pytest.approx(error.auc())
    assert auc_of(scores.thresholds, scores.counts, uniform) == pytest.approx(error.auc())


def test_a_prior_without_a_color_that_occurs_is_refused(pictures):
    gray_alone = np.eye(1, len(ab_bins()))[0]
    with pytest.raises(ValueError, match="smooth"):
        counted(pictures).auc(rebalanced=True, prior=gray_alone)
    with pytest.raises(ValueError, match="smooth"):
        bin_weights(summed(pictures).counts, gray_alone)


def test_pictures_of_another_shape_and_no_pictures_are_refused():
    with pytest.raises(ValueError, match="agree"):
        ColorError().add(np.zeros((4, 4, 2)), np.zeros((4, 5, 2)))
    with pytest.raises(ValueError, match="nearest_bin"):
        bin_scores(np.zeros((4, 4, 2)), np.zeros((4, 4, 2)), np.zeros(4, np.int64))
    with pytest.raises(ValueError, match="add"):
        ColorError().auc()


def test_a_prediction_that_is_not_finite_is_refused():
    broken = np.zeros((4, 4, 2))
    broken[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ColorError().add(broken, np.zeros((4, 4, 2)))


def test_unknown_weights_and_scores_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="'set-s5'"):
        auc_of(np.ones(313), np.ones(313), "authors")
    with pytest.raises(ValueError, match="313"):
        auc_of(np.ones(313), np.ones(313), np.ones(5))
    with pytest.raises(ValueError, match="agree"):
        auc_of(np.ones(5), np.ones(5))


@pytest.fixture(scope="module")
def evaluation_ab():
    """True ab of the 826 shared photographs and their bins: float32 [256, 256, 2] and int16 [256, 256] each."""
    folder = SHARED / "data" / "eval"
    if not folder.is_dir():
        pytest.skip("the evaluation photographs are not beside this repository (../shared/data/eval)")
    truth = [rgb_to_lab(decode(photograph, 1024))[..., 1:] for photograph in read_source(folder)]
    return truth, [nearest_bin(ab).astype(np.int16) for ab in truth]


def scores_of(truth, bins, colors):
    """Both ways over the set: the sums by bin, and the counts."""
    error, total = ColorError(), np.zeros((3, len(ab_bins())))
    for index, (ab, found) in enumerate(zip(truth, bins, strict=True)):
        error.add(colors(index), ab, found)
        total += bin_scores(colors(index), ab, found)
    return error, BinScores(*total)


@pytest.mark.slow
def test_the_gray_row_of_the_shared_photographs_comes_out(evaluation_ab):
    truth, bins = evaluation_ab
    error, scores = scores_of(truth, bins, lambda index: np.zeros_like(truth[index]))
    published = {None: (87.46, 87.72), "set": (57.77, 57.83), "set-s5": (58.86, 58.92)}
    for weights, (thresholds, integral) in published.items():
        assert auc_of(scores.thresholds, scores.counts, weights) == pytest.approx(thresholds, abs=PUBLISHED_TO)
        assert auc_of(scores.integral, scores.counts, weights) == pytest.approx(integral, abs=PUBLISHED_TO)
    assert error.auc() == pytest.approx(87.46, abs=PUBLISHED_TO)
    assert error.auc(rebalanced=True) == pytest.approx(57.77, abs=PUBLISHED_TO)


@pytest.mark.slow
def test_the_gray_row_under_the_authors_prior_comes_out(evaluation_ab):
    truth, bins = evaluation_ab
    file = SHARED / "reference" / "prior_probs.npy"
    if not file.exists():
        pytest.skip("the authors' prior is not beside this repository (../shared/reference/prior_probs.npy)")
    error, scores = scores_of(truth, bins, lambda index: np.zeros_like(truth[index]))
    prior = np.load(file)
    assert auc_of(scores.thresholds, scores.counts, prior) == pytest.approx(53.99, abs=PUBLISHED_TO)
    assert auc_of(scores.integral, scores.counts, prior) == pytest.approx(54.02, abs=PUBLISHED_TO)
    assert error.auc(rebalanced=True, prior=prior) == pytest.approx(53.99, abs=PUBLISHED_TO)


@pytest.mark.slow
def test_the_random_row_of_the_shared_photographs_comes_out(evaluation_ab):
    truth, bins = evaluation_ab
    order = np.random.default_rng(0).permutation(len(truth))
    given = np.empty(len(truth), int)
    given[order] = np.roll(order, -1)
    error, scores = scores_of(truth, bins, lambda index: truth[given[index]])
    assert error.auc() == pytest.approx(82.36, abs=PUBLISHED_TO)
    assert error.auc(rebalanced=True) == pytest.approx(57.07, abs=PUBLISHED_TO)
    published = {None: (82.36, 82.57), "set": (57.07, 57.11), "set-s5": (58.07, 58.12)}
    for weights, (thresholds, integral) in published.items():
        assert auc_of(scores.thresholds, scores.counts, weights) == pytest.approx(thresholds, abs=PUBLISHED_TO)
        assert auc_of(scores.integral, scores.counts, weights) == pytest.approx(integral, abs=PUBLISHED_TO)
