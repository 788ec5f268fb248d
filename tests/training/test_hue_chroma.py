"""Larsson's objective against brute force: the standard library's HSV, loops over windows, and the definitions."""

import colorsys
import math

import numpy as np
import pytest
import torch

from photochrom.color.lab import lab_to_rgb, rgb_to_lab
from photochrom.training.hue_chroma import (
    BINS,
    HueChroma,
    histogram,
    hue_and_chroma,
    median,
    pure_hue,
    shift_to_lightness,
)
from photochrom.training.settings import Settings
from photochrom.training.srgb import srgb_to_lab

CPU = torch.device("cpu")


def objective(**changes) -> HueChroma:
    return HueChroma(np.full(313, 1 / 313), Settings(system="larsson16", steps=200, **changes), CPU)


def batch(size: int = 4, count: int = 2):
    """(rgb [N, 3, h, w], lightness [N, 1, 4h, 4w], ab [N, 2, h, w]): blocks of one color each."""
    rgb = np.random.default_rng(0).uniform(0.05, 0.95, (count, size, size, 3)).astype(np.float32)
    lab = torch.from_numpy(np.moveaxis(rgb_to_lab(rgb), -1, 1).copy())
    lightness = lab[:, :1].repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
    return rgb, lightness, lab[:, 1:]


def test_hue_and_chroma_are_those_of_the_standard_library():
    rgb = np.random.default_rng(1).uniform(0, 1, (200, 3))
    rgb[:6] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0.5, 0.5, 0.5], [1, 0, 1e-3]]
    hue, chroma = hue_and_chroma(torch.from_numpy(rgb)[:, :, None, None])
    wanted = np.array([colorsys.rgb_to_hsv(*color) for color in rgb])
    np.testing.assert_allclose(hue[:, 0, 0], wanted[:, 0], atol=1e-9)
    np.testing.assert_allclose(chroma[:, 0, 0], wanted[:, 1] * wanted[:, 2], atol=1e-9)  # c = s v
    np.testing.assert_allclose(
        pure_hue(hue)[:, :, 0, 0], [colorsys.hsv_to_rgb(h, 1, 1) for h in wanted[:, 0]], atol=1e-9
    )


def test_a_histogram_counts_what_lies_in_the_window():
    values = np.random.default_rng(2).uniform(0, 1, (1, 5, 4))
    values[0, 0, 0] = 1.0  # belongs to the last bin
    found = histogram(torch.from_numpy(values))
    for row in range(5):
        for column in range(4):
            window = values[0, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            counts, _ = np.histogram(window, bins=BINS, range=(0, 1))
            np.testing.assert_allclose(found[0, :, row, column], counts / window.size, atol=1e-6)


def brute_force_loss(logits, rgb) -> float:
    """The sum over places of 5 c KL(hue) + 3 min(l, 1/3, 1 - l) KL(chroma), over the number of places."""
    total, (count, height, width, _) = 0.0, rgb.shape
    hsv = np.array([colorsys.rgb_to_hsv(*color) for color in rgb.reshape(-1, 3).astype(float)]).reshape(rgb.shape)
    hue, chroma = hsv[..., 0], hsv[..., 1] * hsv[..., 2]
    for image, row, column in np.ndindex(count, height, width):
        window = np.s_[image, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        divergence = []
        for values, scores in ((hue, logits[image, :BINS, row, column]), (chroma, logits[image, BINS:, row, column])):
            counts, _ = np.histogram(values[window], bins=BINS, range=(0, 1))
            target, predicted = counts / counts.sum(), np.exp(scores - scores.max())
            predicted /= predicted.sum()
            divergence.append(sum(t * math.log(t / p) for t, p in zip(target, predicted, strict=True) if t > 0))
        level = rgb[image, row, column].mean()
        total += 5 * chroma[image, row, column] * divergence[0] + 3 * min(level, 1 / 3, 1 - level) * divergence[1]
    return total / (count * height * width)


def test_the_loss_equals_brute_force():
    rgb, lightness, ab = batch()
    logits = np.random.default_rng(3).normal(0, 2, (2, 2 * BINS, 4, 4)).astype(np.float32)
    wanted = brute_force_loss(logits.astype(float), rgb)
    found = objective().loss(torch.from_numpy(logits), lightness, ab)
    np.testing.assert_allclose(float(found), wanted, rtol=1e-4)
    per_image = objective(loss_per="image").loss(torch.from_numpy(logits), lightness, ab)
    np.testing.assert_allclose(float(per_image), 16 * wanted, rtol=1e-4)


def test_a_photograph_without_color_teaches_nothing():
    _, lightness, ab = batch()
    ab[1] = 1.0
    logits = torch.zeros(2, 2 * BINS, 4, 4, requires_grad=True)
    objective().loss(logits, lightness, ab).backward()
    assert not logits.grad[1].any()
    assert logits.grad[0].any()


def test_the_median_is_where_half_of_the_histogram_lies_below():
    shares = np.random.default_rng(4).dirichlet(np.full(BINS, 0.3), 50)
    edges = np.arange(BINS + 1) / BINS
    wanted = [np.interp(0.5, np.concatenate([[0], np.cumsum(row)]), edges) for row in shares]
    np.testing.assert_allclose(median(torch.from_numpy(shares)), wanted, atol=1e-6)


@pytest.mark.parametrize("lightness", [0.0, 2.0, 10.0, 50.0, 90.0, 100.0])
def test_a_shifted_color_has_the_lightness_asked_for(lightness):
    hue, chroma = torch.linspace(-0.5, 0.5, 61)[:, None], torch.linspace(0, 1, 40)
    full = pure_hue((hue + 0 * chroma)[None])
    offsets = (full - full.mean(dim=1, keepdim=True)) * chroma
    asked = torch.full((1, 1, 61, 40), lightness)
    torch.testing.assert_close(srgb_to_lab(shift_to_lightness(offsets, asked))[:, :1], asked, rtol=0, atol=0.05)


@pytest.mark.parametrize("target", ["mean", "point"])
def test_certain_histograms_of_a_photograph_give_back_its_colors(target):
    rgb, lightness, _ = batch(size=6)
    hue, chroma = hue_and_chroma(torch.from_numpy(np.moveaxis(rgb, -1, 1).copy()))
    # All the mass in one bin each: the hue at its center, the chroma at its middle.
    one_hot = torch.cat(
        [torch.nn.functional.one_hot((value * BINS).long(), BINS).permute(0, 3, 1, 2) for value in (hue, chroma)], dim=1
    )
    found = objective(target=target).colors(100.0 * one_hot, lightness, 0.38)
    centers = [(torch.floor(value * BINS) + 0.5) / BINS for value in (hue, chroma)]
    for image, row, column in np.ndindex(2, 6, 6):
        # The gray that makes the color of this hue and chroma as light as the photograph, found by halving.
        h, c = (float(value[image, row, column]) for value in centers)
        full = np.array(colorsys.hsv_to_rgb(h, 1, 1))
        low, high = -1.0, 2.0
        for _ in range(40):
            gray = (low + high) / 2
            color = (gray + c * (full - full.mean())).clip(0, 1)
            low, high = (gray, high) if rgb_to_lab(color)[0] < lightness[image, 0, 4 * row, 4 * column] else (low, gray)
        if color.min() > 0 and color.max() < 1:  # where neither clips, both rules are the same
            np.testing.assert_allclose(found[image, :, row, column], rgb_to_lab(color)[1:], atol=0.1)
    # And within the width of a bin, the photograph's own color.
    shown = lab_to_rgb(np.moveaxis(torch.cat([lightness[:, :, ::4, ::4], found], dim=1).numpy(), 1, -1), np.float32)
    assert np.abs(shown - rgb).mean() < 0.03


def test_chroma_fades_where_hues_disagree():
    logits = torch.zeros(1, 2 * BINS, 1, 1)  # every hue alike
    logits[:, BINS + 16] = 50.0  # chroma of a half
    found = objective().colors(logits, torch.full((1, 1, 4, 4), 60.0), 0.38)
    assert found.abs().max() < 0.1
