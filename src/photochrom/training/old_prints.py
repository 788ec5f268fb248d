"""Photographs of today made to look like old prints, in lightness alone, for a network that will be shown such prints.

What time and old material do, each drawn for itself: an emulsion that is blind to red and too fond of blue, a soft
lens, grain, faded blacks and whites, scratches and dust. The colors to be learned stay the photograph's own.

Everything is drawn from the seed, the step and the photograph's place in the whole batch, so that it does not matter
how many processes share the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from photochrom.color.lab import RGB_TO_XYZ
from photochrom.training.srgb import decode, luminance_to_lightness

LUMINANCE = RGB_TO_XYZ[1]  # of linear red, green and blue: what the eye sees
ORTHOCHROMATIC = np.array([0.02, 0.53, 0.45])  # an emulsion of before about 1930: red is dark, blue is light
LARGEST_BLUR = 1.5  # sigma, pixels of the crop
LARGEST_GRAIN = 5.0  # standard deviation, L
FADED_BLACK, FADED_WHITE = 25.0, 75.0  # L of the weakest print
SCRATCHES, SPECKS = 0.7, 3.0  # mean number on a print
KERNEL = 9  # pixels: more than 2.5 sigmas of the largest blur on each side


@dataclass(frozen=True)
class OldPrint:
    """What is done to one photograph.

    Attributes:
        film: 0 for a panchromatic emulsion, 1 for an orthochromatic one.
        blur: sigma of the Gaussian, pixels.
        grain: standard deviation, L.
        black, white: L that black and white have faded to.
        scratches: of each the angle (radians), the distance from the middle and the width (shares of the side), and
            the L it adds.
        specks: of each the place (x, y) and the radius (shares of the side), and the L it adds.
        noise: seed of the grain.
    """

    film: float
    blur: float
    grain: float
    black: float
    white: float
    scratches: np.ndarray
    specks: np.ndarray
    noise: int


def draw_old_prints(step: int, seed: int, *, first: int, count: int, share: float) -> dict[int, OldPrint]:
    """Which photographs of a step are made old, and how.

    Args:
        step: counted from 0.
        seed: of the run.
        first: place in the whole batch of this process's first photograph.
        count: photographs of this process.
        share: of the photographs that are made old, 0..1.
    Returns: place in this process's share -> what is done.
    """
    drawn = {}
    for place in range(count):
        random = np.random.default_rng([seed, step, 4, first + place])  # crops draw from [seed, step], tones from 3
        if random.random() < share:
            drawn[place] = _draw(random)
    return drawn


def _draw(random: np.random.Generator) -> OldPrint:
    scratches, specks = random.poisson(SCRATCHES), random.poisson(SPECKS)
    light = random.choice([-30.0, 40.0])  # lost emulsion prints light or dark, all of it alike
    return OldPrint(
        film=float(random.random()),
        blur=float(LARGEST_BLUR * max(0.0, random.uniform(-0.5, 1.0))),
        grain=float(LARGEST_GRAIN * random.random() ** 2),
        black=float(FADED_BLACK * random.random() ** 2),
        white=float(100 - (100 - FADED_WHITE) * random.random() ** 2),
        scratches=np.stack(
            [
                random.normal(0, 0.15, scratches),
                random.uniform(-0.5, 0.5, scratches),
                random.uniform(0.002, 0.006, scratches),
                light * random.uniform(0.3, 1, scratches),
            ],
            axis=1,
        ),
        specks=np.stack(
            [
                random.random(specks),
                random.random(specks),
                random.uniform(0.003, 0.012, specks),
                light * random.uniform(0.5, 1, specks),
            ],
            axis=1,
        ),
        noise=int(random.integers(2**31)),
    )


def age(rgb: Tensor, prints: Sequence[OldPrint]) -> Tensor:
    """The lightness of photographs as old prints show it.

    Args:
        rgb: uint8 [n, 3, H, W], sRGB.
        prints: what is done to each, n of them.
    Returns: float32 [n, 1, H, W] in 0..100.

    Example:
        >>> gray = torch.full((1, 3, 16, 16), 119, dtype=torch.uint8)
        >>> faded = OldPrint(1.0, 0.0, 0.0, 20.0, 80.0, np.zeros((0, 4)), np.zeros((0, 4)), 0)
        >>> round(age(gray, [faded]).mean().item(), 1)
        50.0
    """
    lightness = seen_by_film(rgb, [each.film for each in prints])
    lightness = soften(lightness, [each.blur for each in prints])
    height, width = lightness.shape[2:]
    for picture, each in zip(lightness, prints, strict=True):
        grain = np.random.default_rng(each.noise).standard_normal((1, height, width), np.float32)
        picture += each.grain * torch.from_numpy(grain).to(picture.device)
        picture.mul_((each.white - each.black) / 100).add_(each.black)
        picture += damage(each, height, width).to(picture.device)
    return lightness.clamp_(0, 100)


def seen_by_film(rgb: Tensor, film: Sequence[float]) -> Tensor:
    """uint8 [n, 3, H, W] as emulsions see it: float32 [n, 1, H, W], L; gray stays what it is under any of them."""
    orthochromatic = np.array(film)[:, None]
    mixture = torch.from_numpy((1 - orthochromatic) * LUMINANCE + orthochromatic * ORTHOCHROMATIC).float()
    linear = decode(rgb.float() / 255)
    return luminance_to_lightness((linear * mixture.to(rgb.device)[:, :, None, None]).sum(dim=1, keepdim=True))


def soften(lightness: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Each photograph of [n, 1, H, W] under its own Gaussian; a sigma of 0 leaves it."""
    n, _, height, width = lightness.shape
    reach = torch.arange(KERNEL, device=lightness.device) - KERNEL // 2
    sigma = torch.tensor(sigmas, device=lightness.device).clamp_min(1e-3)[:, None]
    kernels = torch.softmax(-(reach**2) / (2 * sigma**2), dim=1)[:, None, None, :]
    side = KERNEL // 2
    x = F.pad(lightness.reshape(1, n, height, width), (side, side, side, side), mode="replicate")
    x = F.conv2d(F.conv2d(x, kernels, groups=n), kernels.transpose(2, 3), groups=n)
    return x.reshape(n, 1, height, width)


def damage(old: OldPrint, height: int, width: int) -> Tensor:
    """What scratches and dust add: float32 [1, height, width], L."""
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    added = np.zeros((height, width), np.float32)
    for angle, distance, thickness, light in old.scratches:
        off = np.abs((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) - distance)
        added += light * np.clip(1.5 - off / thickness, 0, 1)
    for across, down, radius, light in old.specks:
        added += light * np.clip(1.5 - np.hypot(x - across, y - down) / radius, 0, 1)
    return torch.from_numpy(added)[None]
