"""Validation figures against what they must be for networks whose answer is known."""

import numpy as np
import pytest
import torch
from torch import nn

from photochrom.color.ab_bins import GRAY_BIN
from photochrom.training.targets import TargetEncoder, lightness_and_ab
from photochrom.training.validation import Validator


class Answer(nn.Module):
    """Puts all the weight on given bins, int64 [N, h, w]."""

    def __init__(self, bins):
        super().__init__()
        self.bins = bins

    def forward(self, lightness):
        logits = torch.full((*self.bins.shape, 313), -50.0)
        return logits.scatter_(3, self.bins[..., None], 50.0).permute(0, 3, 1, 2)


@pytest.fixture
def squares():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))


@pytest.fixture
def validator(squares):
    encoder = TargetEncoder(neighbors=5, sigma=5.0, device=torch.device("cpu"))
    return Validator(squares, encoder=encoder, rarity=torch.ones(313), target="mean")


def test_a_network_that_says_gray_stands_where_gray_stands(validator, squares):
    _, ab = lightness_and_ab(squares, target="mean")
    measured = validator.measure(Answer(torch.full((3, 8, 8), GRAY_BIN)))
    assert measured.gray[0] == pytest.approx(100 * (1 - float(ab.norm(dim=1).mean()) / 150), abs=1e-3)
    assert measured.raw[0.38] == pytest.approx(measured.gray[0], abs=1e-3)
    assert measured.rebalanced[1.0] == pytest.approx(measured.gray[1], abs=1e-3)
    assert measured.chroma[0.38] == pytest.approx(0, abs=1e-3)


def test_a_network_that_names_the_nearest_bin_errs_by_less_than_half_a_bin(validator, squares):
    _, ab = lightness_and_ab(squares, target="mean")
    nearest = validator.encoder.encode(ab).indices[..., 0]
    measured = validator.measure(Answer(nearest))
    assert measured.raw[0.38] > 100 * (1 - np.hypot(5, 5) / 150)
    assert measured.rebalanced[0.38] > measured.gray[1]
    assert measured.chroma[1.0] == pytest.approx(measured.true_chroma, rel=0.1)


def test_rebalanced_figures_let_every_bin_weigh_alike(validator, squares):
    _, ab = lightness_and_ab(squares, target="mean")
    nearest = validator.encoder.encode(ab).indices[..., 0]
    sums = torch.zeros(313).scatter_add_(0, nearest.flatten(), validator.weight[nearest.flatten()])
    occupied = sums[sums > 0]
    torch.testing.assert_close(occupied, torch.full_like(occupied, float(occupied.mean())))


def test_the_sheet_has_gray_colored_and_true_rows(validator, squares):
    sheet = validator.sheet(Answer(torch.full((2, 8, 8), GRAY_BIN)), count=2)
    assert sheet.shape == (96, 64, 3)
    assert (np.ptp(sheet[:64].astype(int), axis=2) <= 1).all()
    np.testing.assert_array_equal(sheet[64:, :32], squares[0].permute(1, 2, 0))
