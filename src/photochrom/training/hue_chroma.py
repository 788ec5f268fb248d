"""Larsson's objective: histograms of hue and of chroma around each place, and their point estimate.

Hue and chroma are those of HSV: with sRGB values in 0..1, chroma is the largest channel less the smallest, and hue the
place on the hexagon of colors, 0..1 once around. Two departures from the release follow from this package's interface,
lightness in and ab at stride 4 out:

- The histograms are collected over 3x3 places of stride 4, 12 pixels across, where the release takes 7x7 pixels.
- The point estimate is shifted until it has the photograph's lightness L. The release shifts it until its mean channel
  is the gray level that its network saw; with L as input, that rule in its own terms.

Source: Larsson, Maire and Shakhnarovich 2016, arXiv:1603.06668, and the authors' released training files.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from photochrom.color.lab import RGB_TO_XYZ
from photochrom.training.reduction import has_color, reduce_places
from photochrom.training.settings import Settings
from photochrom.training.srgb import (
    decode_with_slope,
    lab_to_srgb,
    lightness_to_gray,
    lightness_to_luminance,
    srgb_to_lab,
)

STRIDE = 4
BINS = 32  # of each histogram, uniform over 0..1
WINDOW = 3  # places of stride 4
HUE_WEIGHT = 5.0
FADING = 0.03  # where the mean direction of the hues is shorter than this, chroma fades
CHANNEL_HUES = (0.0, 1 / 3, -1 / 3)  # of pure red, green and blue
NEWTON_STEPS = 4  # from black to white and gray to full color they end within 0.05 of the lightness


class HueChroma:
    """KL divergence from the histograms, hue counted five times and by chroma; chroma less near black and white.

    Args:
        prior: not read; no color is rarer than another here.
        settings: target, gray_limit and loss_per are read.
        device: where batches live.
    """

    outputs = 2 * BINS
    is_point = True

    def __init__(self, prior: np.ndarray, settings: Settings, device: torch.device) -> None:
        del prior
        self.target, self.gray_limit, self.loss_per = settings.target, settings.gray_limit, settings.loss_per
        centers = 2 * math.pi * (torch.arange(BINS) + 0.5) / BINS
        self.directions = torch.stack([centers.cos(), centers.sin()], dim=1).to(device)  # [BINS, 2]

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """The mean over places (or the sum over a photograph's) of both divergences, in nats.

        Args:
            output: float [N, 64, h, w], logits: hue, then chroma.
            lightness: float32 [N, 1, 4h, 4w] in 0..100.
            ab: float32 [N, 2, h, w].
        """
        rgb = lab_to_srgb(torch.cat([self.at_stride(lightness), ab], dim=1)).clamp(0, 1)
        hue, chroma = hue_and_chroma(rgb)
        gray = rgb.mean(dim=1)
        of_hue, of_chroma = output.float().split(BINS, dim=1)
        near_middle = 3 * torch.minimum(gray, 1 - gray).clamp_max(1 / 3)
        divergence = HUE_WEIGHT * chroma * kl(histogram(hue), of_hue) + near_middle * kl(histogram(chroma), of_chroma)
        return reduce_places(divergence * has_color(ab, self.gray_limit), self.loss_per)

    def colors(self, output: Tensor, lightness: Tensor, temperature: float = 1.0) -> Tensor:
        """Ab float32 [N, 2, h, w]: hue by its circular mean, chroma by its median, at the photograph's lightness."""
        del temperature
        of_hue, of_chroma = output.float().split(BINS, dim=1)
        shares = torch.softmax(of_hue.permute(0, 2, 3, 1), dim=-1)
        east, north = torch.matmul(shares, self.directions).unbind(dim=-1)
        length = (east**2 + north**2).sqrt()
        chroma = median(torch.softmax(of_chroma.permute(0, 2, 3, 1), dim=-1)) * (length / FADING).clamp_max(1)
        offsets = pure_hue(torch.atan2(north, east) / (2 * math.pi))
        offsets = (offsets - offsets.mean(dim=1, keepdim=True)) * chroma[:, None]
        small = self.at_stride(lightness.float())
        rgb = shift_to_lightness(offsets, small).clamp(0, 1)
        return srgb_to_lab(rgb)[:, 1:]

    def at_stride(self, lightness: Tensor) -> Tensor:
        """Lightness where the colors are: [N, 1, 4h, 4w] to [N, 1, h, w], as the targets were taken."""
        return F.avg_pool2d(lightness, STRIDE) if self.target == "mean" else lightness[:, :, ::STRIDE, ::STRIDE]


def hue_and_chroma(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Hue in [0, 1) and chroma in 0..1, each [N, h, w], of sRGB [N, 3, h, w] in 0..1; a gray has hue 0."""
    red, green, blue = rgb.unbind(dim=1)
    largest, chroma = rgb.amax(dim=1), rgb.amax(dim=1) - rgb.amin(dim=1)
    span = torch.where(chroma > 0, chroma, 1.0)
    sixths = torch.where(
        largest == red,
        (green - blue) / span,
        torch.where(largest == green, 2 + (blue - red) / span, 4 + (red - green) / span),
    )
    return (sixths / 6).remainder(1.0), chroma


def histogram(values: Tensor) -> Tensor:
    """Shares of each of 32 bins in the window around each place: [N, h, w] in 0..1 to [N, 32, h, w].

    At the picture's edge the window is what there is of it.
    """
    bins = (values * BINS).long().clamp_max(BINS - 1)
    counts = F.one_hot(bins, BINS).permute(0, 3, 1, 2).float()
    return F.avg_pool2d(counts, WINDOW, stride=1, padding=WINDOW // 2, count_include_pad=False)


def kl(target: Tensor, logits: Tensor) -> Tensor:
    """Sum over the bins of t (log t - log p), [N, h, w], from shares t and logits of p, both [N, bins, h, w]."""
    return (torch.xlogy(target, target) - target * torch.log_softmax(logits, dim=1)).sum(dim=1)


def median(shares: Tensor) -> Tensor:
    """The value below which half of a histogram lies: shares [..., bins] over 0..1 to [...], linear within a bin."""
    below = torch.cumsum(shares, dim=-1) - shares
    return ((0.5 - below) / shares.clamp_min(1e-12)).clamp(0, 1).sum(dim=-1) / shares.shape[-1]


def pure_hue(hue: Tensor) -> Tensor:
    """Full color of a hue: [N, h, w] in -1/2..1 to sRGB [N, 3, h, w], the largest channel 1 and the smallest 0."""
    channels = []
    for center in CHANNEL_HUES:
        around = (hue - center).abs()
        around = torch.minimum(around, (1 - around).abs())  # the shorter way around the circle
        channels.append((2 - 6 * around).clamp(0, 1))
    return torch.stack(channels, dim=1)


def shift_to_lightness(offsets: Tensor, lightness: Tensor) -> Tensor:
    """Add one number to all three channels so that the color has this lightness.

    Luminance grows with that number, and its curve is convex but for the bend of sRGB: Newton's steps find it.

    Args:
        offsets: float [N, 3, h, w], sRGB values less some gray.
        lightness: float [N, 1, h, w] in 0..100.
    Returns: sRGB [N, 3, h, w], not clipped.
    """
    share = torch.tensor(RGB_TO_XYZ[1], dtype=offsets.dtype, device=offsets.device)[:, None, None]
    wanted = lightness_to_luminance(lightness)
    gray = lightness_to_gray(lightness)
    for _ in range(NEWTON_STEPS):
        linear, slopes = decode_with_slope(offsets + gray)
        luminance, slope = ((part * share).sum(dim=1, keepdim=True) for part in (linear, slopes))
        gray = gray - (luminance - wanted) / slope
    return offsets + gray
