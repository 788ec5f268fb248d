"""What a system is trained for, and how its output becomes color: the joint between networks and the loop.

An objective turns the colors of a batch into a loss, and a network's output into ab. The loop, the validation and the
export know no more of a system than this.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from photochrom.color.ab_bins import ab_bins, rarity_weights
from photochrom.training.loss import rebalanced_cross_entropy
from photochrom.training.settings import Settings
from photochrom.training.targets import TargetEncoder


class Objective(Protocol):
    """The three things that a kind of output defines."""

    outputs: int  # channels of the network's output

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """The scalar to make small.

        Args:
            output: float [N, outputs, H/4, W/4], as the network gave it.
            lightness: float32 [N, 1, H, W] in 0..100, what the network saw.
            ab: float32 [N, 2, H/4, W/4], the photographs' own colors.
        """
        ...

    def colors(self, output: Tensor, lightness: Tensor, temperature: float) -> Tensor:
        """Ab, float32 [N, 2, H/4, W/4]; an objective without a distribution over bins leaves `temperature` aside."""
        ...


class Classification:
    """Cross-entropy over the bins, each place weighed by the rarity of its color; the annealed mean.

    Args:
        prior: float64 [313].
        settings: neighbors, sigma and uniform_share are read.
        device: where batches live.
    """

    def __init__(self, prior: np.ndarray, settings: Settings, device: torch.device) -> None:
        self.encoder = TargetEncoder(neighbors=settings.neighbors, sigma=settings.sigma, device=device)
        self.rarity = torch.from_numpy(rarity_weights(prior, settings.uniform_share)).to(device)
        self.bins = torch.from_numpy(np.array(ab_bins())).to(device)
        self.outputs = len(self.bins)

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """See `rebalanced_cross_entropy`."""
        del lightness
        return rebalanced_cross_entropy(output, self.encoder.encode(ab), self.rarity)

    def colors(self, output: Tensor, lightness: Tensor, temperature: float) -> Tensor:
        """The annealed mean."""
        del lightness
        rows = output.float().permute(0, 2, 3, 1)
        return (torch.softmax(rows / temperature, dim=-1) @ self.bins).permute(0, 3, 1, 2)


def build_objective(settings: Settings, prior: np.ndarray, device: torch.device) -> Objective:
    """The objective that the settings name."""
    return {"classification": Classification}[settings.objective](prior, settings, device)
