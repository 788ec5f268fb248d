"""What a system is trained for, and how its output becomes color: the joint between networks and the loop.

An objective turns the colors of a batch into a loss, and a network's output into ab. The loop, the validation and the
export know no more of a system than this.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from photochrom.color.ab_bins import ab_bins, rarity_weights
from photochrom.training.hue_chroma import HueChroma
from photochrom.training.loss import rebalanced_cross_entropy
from photochrom.training.reduction import has_color, reduce_places, scale_of
from photochrom.training.settings import Settings
from photochrom.training.targets import TargetEncoder, Targets

AB_SCALE = 110.0  # a regression's network gives ab over this: numbers of order 1, as its layers like them


class Objective(Protocol):
    """What a kind of output defines.

    Attributes:
        outputs: channels of the network's output.
        is_point: the output is one color for each place, and `temperature` has no meaning.
    """

    outputs: int
    is_point: bool

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """The scalar to make small.

        Args:
            output: float [N, outputs, H/4, W/4], as the network gave it.
            lightness: float32 [N, 1, H, W] in 0..100, what the network saw.
            ab: float32 [N, 2, H/4, W/4], the photographs' own colors.
        """
        ...

    def colors(self, output: Tensor, lightness: Tensor, temperature: float) -> Tensor:
        """Ab, float32 [N, 2, H/4, W/4]; a point estimate leaves `temperature` aside."""
        ...


class Classification:
    """Cross-entropy over the bins, each place weighed by the rarity of its color; the annealed mean.

    Args:
        prior: float64 [313].
        settings: neighbors, sigma, uniform_share, gray_limit and loss_per are read.
        device: where batches live.
    """

    outputs = len(ab_bins())
    is_point = False

    def __init__(self, prior: np.ndarray, settings: Settings, device: torch.device) -> None:
        self.encoder = TargetEncoder(neighbors=settings.neighbors, sigma=settings.sigma, device=device)
        self.rarity = torch.from_numpy(rarity_weights(prior, settings.uniform_share)).to(device)
        self.bins = torch.from_numpy(np.array(ab_bins())).to(device)
        self.gray_limit, self.loss_per = settings.gray_limit, settings.loss_per

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """See `rebalanced_cross_entropy`, in nats.

        With `loss_per="image"` it is the released layers' figure: summed over a photograph's places, and less the
        entropy of the soft encoding, so that 0 is a perfect prediction. Their report leaves the rarity weights out,
        as this one does at `uniform_share=1`.
        """
        del lightness
        targets = dataclasses.replace(self.encoder.encode(ab), colored=has_color(ab, self.gray_limit))
        loss = rebalanced_cross_entropy(output, targets, self.rarity)
        if self.loss_per == "image":
            loss = loss - self.label_entropy(targets)
        return loss * scale_of(targets.indices[..., 0], self.loss_per)

    def label_entropy(self, targets: Targets) -> Tensor:
        """The mean over places of the soft encoding's entropy, weighed as the loss is: a perfect network's loss."""
        entropy = -torch.xlogy(targets.weights, targets.weights).sum(dim=-1)
        return (entropy * self.rarity[targets.indices[..., 0]] * targets.colored).mean()

    def colors(self, output: Tensor, lightness: Tensor, temperature: float) -> Tensor:
        """The annealed mean."""
        del lightness
        rows = output.float().permute(0, 2, 3, 1)
        return (torch.softmax(rows / temperature, dim=-1) @ self.bins).permute(0, 3, 1, 2)


class Regression:
    """Half the squared Euclidean distance in the ab plane; the network's output, times 110, is the color.

    Args:
        prior: not read.
        settings: gray_limit and loss_per are read.
        device: not read.

    Source: Zhang, Isola and Efros 2016, equation 1.
    """

    outputs = 2
    is_point = True

    def __init__(self, prior: np.ndarray, settings: Settings, device: torch.device) -> None:
        del prior, device
        self.gray_limit, self.loss_per = settings.gray_limit, settings.loss_per

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """The mean over places (or the sum over a photograph's) of (da^2 + db^2) / 2, in ab units squared."""
        distance2 = (self.colors(output, lightness) - ab).square().sum(dim=1)
        return reduce_places(0.5 * distance2 * has_color(ab, self.gray_limit), self.loss_per)

    def colors(self, output: Tensor, lightness: Tensor, temperature: float = 1.0) -> Tensor:
        """The prediction itself."""
        del lightness, temperature
        return output.float() * AB_SCALE


OBJECTIVES: dict[str, type[Classification] | type[Regression] | type[HueChroma]] = {
    "classification": Classification,
    "regression": Regression,
    "hue-chroma": HueChroma,
}
OUTPUTS = {name: kind.outputs for name, kind in OBJECTIVES.items()}  # channels of a network for each objective


def build_objective(settings: Settings, prior: np.ndarray, device: torch.device) -> Objective:
    """The objective that the settings name.

    Args:
        settings: of the run.
        prior: float64 [313], the smoothed prior of the run's photographs.
        device: where batches live.
    """
    return OBJECTIVES[settings.objective](prior, settings, device)
