"""The AuC against its definition written out plainly, and against the published rows of the shared photographs."""

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins, nearest_bin
from photochrom.evaluation.color_error import ColorError


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


def counted(pictures):
    error = ColorError()
    for guess, truth in pictures:
        error.add(guess, truth)
    return error


def test_raw_auc_equals_the_definition(pictures):
    assert counted(pictures).auc() == pytest.approx(plain_auc(pictures, lambda ab: 1.0), abs=1e-9)


def test_rebalanced_auc_weighs_every_pixel_by_the_rarity_of_its_true_bin(pictures):
    colors = np.concatenate([truth.reshape(-1, 2) for _, truth in pictures])
    frequency = np.bincount(nearest_bin(colors), minlength=len(ab_bins())) / len(colors)
    wanted = plain_auc(pictures, lambda ab: 1 / frequency[nearest_bin(ab)])
    assert counted(pictures).auc(rebalanced=True) == pytest.approx(wanted, abs=1e-9)


def test_the_truth_scores_100_and_errors_beyond_150_score_nothing():
    truth = np.zeros((4, 4, 2))
    assert counted([(truth, truth)]).auc() == 100
    assert counted([(truth + np.array([151, 0]), truth)]).auc() == 0


def test_a_uniform_prior_gives_the_raw_figure(pictures):
    error = counted(pictures)
    uniform = np.full(len(ab_bins()), 1 / len(ab_bins()))
    assert error.auc(rebalanced=True, prior=uniform) == pytest.approx(error.auc())


def test_a_prior_without_a_color_that_occurs_is_refused(pictures):
    with pytest.raises(ValueError, match="smooth"):
        counted(pictures).auc(rebalanced=True, prior=np.eye(1, len(ab_bins()))[0])


def test_pictures_of_another_shape_and_no_pictures_are_refused():
    with pytest.raises(ValueError, match="agree"):
        ColorError().add(np.zeros((4, 4, 2)), np.zeros((4, 5, 2)))
    with pytest.raises(ValueError, match="add"):
        ColorError().auc()
