"""Validation figures against what they must be for networks whose answer is known."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from photochrom.color.ab_bins import GRAY_BIN, ab_bins
from photochrom.training.objectives import Classification, Regression
from photochrom.training.settings import Settings
from photochrom.training.targets import lightness_and_ab
from photochrom.training.validation import HUES, Sums, Validator

CPU = torch.device("cpu")
SETTINGS = Settings(system="lite", steps=1000)


class Answer(nn.Module):
    """Puts all the weight on given bins, int64 [N, h, w]."""

    def __init__(self, bins):
        super().__init__()
        self.bins, self.nothing = bins, nn.Parameter(torch.zeros(1))

    def forward(self, lightness):
        logits = torch.full((*self.bins.shape, 313), -50.0)
        return logits.scatter_(3, self.bins[..., None], 50.0).permute(0, 3, 1, 2)


class Constant(nn.Module):
    """One ab everywhere, as a regression gives it: over 110."""

    def __init__(self, a, b):
        super().__init__()
        self.ab = nn.Parameter(torch.tensor([a, b]) / 110)

    def forward(self, lightness):
        count, _, height, width = lightness.shape
        return self.ab[None, :, None, None].expand(count, 2, height // 4, width // 4)


@pytest.fixture
def squares():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))


@pytest.fixture
def validator(squares):
    return Validator(squares, objective=Classification(np.full(313, 1 / 313), SETTINGS, CPU), target="mean", device=CPU)


@pytest.fixture
def regressing(squares):
    return Validator(squares, objective=Regression(np.empty(0), SETTINGS, CPU), target="mean", device=CPU)


def nearest_bins(ab):
    """int64 [N, h, w], by looking at all 313."""
    distances = torch.cdist(ab.permute(0, 2, 3, 1).reshape(-1, 2), torch.from_numpy(np.array(ab_bins())))
    return distances.argmin(dim=1).reshape(len(ab), *ab.shape[2:])


def test_a_network_that_says_gray_stands_where_gray_stands(validator, squares):
    _, ab = lightness_and_ab(squares, target="mean")
    measured = validator.measure(Answer(torch.full((3, 8, 8), GRAY_BIN)))
    assert measured.gray[0] == pytest.approx(100 * (1 - float(ab.norm(dim=1).mean()) / 150), abs=1e-3)
    assert measured.raw[0.38] == pytest.approx(measured.gray[0], abs=1e-3)
    assert measured.rebalanced[1.0] == pytest.approx(measured.gray[1], abs=1e-3)
    assert measured.chroma[0.38] == pytest.approx(0, abs=1e-3)
    assert measured.over_gray() == pytest.approx((0, 0), abs=1e-3)


def test_a_network_that_names_the_nearest_bin_errs_by_less_than_half_a_bin(validator, squares):
    _, ab = lightness_and_ab(squares, target="mean")
    measured = validator.measure(Answer(nearest_bins(ab)))
    assert measured.raw[0.38] > 100 * (1 - np.hypot(5, 5) / 150)
    assert measured.rebalanced[0.38] > measured.gray[1]
    assert measured.chroma[1.0] == pytest.approx(measured.true_chroma, rel=0.1)
    assert measured.hue_entropy[1.0] == pytest.approx(measured.true_hue_entropy, rel=0.3)  # bins: few hues
    assert measured.collapse() is None


def test_rebalanced_figures_let_every_bin_weigh_alike(regressing, squares):
    """Against the mean over bins of the mean error in each, computed with a loop over the encoder's nearest bins."""
    _, ab = lightness_and_ab(squares, target="mean")
    measured = regressing.measure(Constant(10.0, -20.0))
    error = (ab - torch.tensor([10.0, -20.0])[:, None, None]).norm(dim=1).clamp_max(150)
    bins = regressing.bins_of(ab).reshape(error.shape)
    assert (bins == nearest_bins(ab)).float().mean() > 0.95  # the table rounds ab a little
    by_bin = [float(error[bins == each].mean()) for each in bins.unique()]
    assert measured.rebalanced[0.38] == pytest.approx(100 * (1 - np.mean(by_bin) / 150), abs=1e-3)
    assert measured.raw[0.38] == pytest.approx(100 * (1 - float(error.mean()) / 150), abs=1e-3)
    assert measured.loss == pytest.approx(
        float(0.5 * (ab - torch.tensor([10.0, -20.0])[:, None, None]).square().sum(1).mean()), rel=1e-5
    )


def test_hue_entropy_is_that_of_the_chroma_in_each_direction():
    angles = torch.arange(HUES) * 2 * math.pi / HUES + 0.01
    wheel = 20 * torch.stack([angles.cos(), angles.sin()])[None, :, None]
    even, one, two = Sums(CPU), Sums(CPU), Sums(CPU)
    weight = torch.ones(HUES)
    even.add(wheel, wheel, weight)
    one.add(wheel[..., :1], wheel[..., :1], weight[:1])
    # Opposite hues, one with three times the chroma of the other: shares 3/4 and 1/4.
    pair = torch.tensor([[30.0, -10.0], [0.5, -0.5]])[None, :, None]
    two.add(pair, pair, weight[:2])
    assert even.hue_entropy() == pytest.approx(math.log(HUES), abs=1e-6)
    assert one.hue_entropy() == pytest.approx(0, abs=1e-6)
    assert two.hue_entropy() == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4), abs=1e-3)
    assert Sums(CPU).hue_entropy() == 0


@pytest.mark.parametrize(("color", "says"), [((0.5, 0.5), "hardly any color"), ((20.0, 30.0), "one hue")])
def test_gray_and_brown_count_as_collapsed(regressing, color, says):
    assert says in regressing.measure(Constant(*color)).collapse()


def test_half_the_chroma_in_every_hue_is_no_collapse(regressing):
    measured = regressing.measure(Constant(20.0, 30.0))
    dull = dataclasses.replace(
        measured,
        chroma=dict.fromkeys(measured.chroma, 0.5 * measured.true_chroma),
        hue_entropy=dict.fromkeys(measured.chroma, 0.7 * measured.true_hue_entropy),
    )
    assert dull.collapse() is None


def test_the_sheet_has_gray_colored_and_true_rows(validator, squares):
    sheet = validator.sheet(Answer(torch.full((2, 8, 8), GRAY_BIN)), count=2)
    assert sheet.shape == (96, 64, 3)
    assert (np.ptp(sheet[:64].astype(int), axis=2) <= 1).all()
    np.testing.assert_array_equal(sheet[64:, :32], squares[0].permute(1, 2, 0))
