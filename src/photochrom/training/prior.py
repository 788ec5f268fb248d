"""The prior of a run: how often each bin is the nearest to a color that the network will be asked for."""

from __future__ import annotations

import numpy as np
import torch

from photochrom.color.ab_bins import smooth_prior
from photochrom.data.crops import CropSampler
from photochrom.training.settings import Settings
from photochrom.training.targets import TargetEncoder, lightness_and_ab

BATCHES = 200  # of crops, at most, from which it is counted


def count_prior(sampler: CropSampler, settings: Settings, device: torch.device) -> np.ndarray:
    """float64 [313]: the bins of the crops of the first steps, smoothed over the ab plane.

    Args:
        sampler: of a single process, so that the prior does not depend on how many there are.
        settings: batch, steps, target and prior_sigma are read.
        device: where the work is done.
    """
    encoder = TargetEncoder(neighbors=1, sigma=settings.sigma, device=device)
    count = min(BATCHES, max(1, len(sampler.photographs) // settings.batch), settings.steps)
    total = torch.zeros(313, dtype=torch.float64)
    for step in range(count):
        _, ab = lightness_and_ab(sampler.draw(step).to(device), target=settings.target)
        total += torch.bincount(encoder.encode(ab).indices[..., 0].flatten().cpu(), minlength=313)
    return smooth_prior(total.numpy(), settings.prior_sigma)
