"""What a classifier makes of the colors: the distance between its features of a crop colored and as it was.

The loss over the bins looks at each place alone. Two colors equally far from the truth cost it the same, though one
makes a blue dog. A network that knows ImageNet in color tells them apart, and its features can be followed downhill.

The classifier is EfficientNet-Lite0, never trained here. `photochrom evaluate` classifies with Lite2, another network,
though a sister: a gain on that measure says less than it would without this loss, and is to be read beside the others.

Source: features of a classifier, each place scaled to unit length, and their squared distance: Zhang, Isola, Efros,
Shechtman and Wang 2018, arXiv:1801.03924, equation 1, with every channel alike.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from photochrom.networks.efficientnet_lite import Features, load_imagenet
from photochrom.training.depthwise import quicken_depthwise
from photochrom.training.objectives import Objective
from photochrom.training.settings import Settings
from photochrom.training.srgb import lab_to_srgb

TEMPERATURE = 1.0  # the mean color, which is what the embedded weights show


def with_perceptual(objective: Objective, settings: Settings, device: torch.device) -> Objective:
    """What to train for: the objective, with the distance in addition where the settings give it a share."""
    return Perceptual(objective, settings, device) if settings.perceptual else objective


class Perceptual:
    """An objective, and `settings.perceptual` times how far its colors are from the true ones to a classifier.

    Args:
        objective: what the system is trained for; outputs and colors are its own.
        settings: precision and perceptual are read.
        device: where batches live.
        classifier: float [N, 3, H, W] in -1..1 to features; None for EfficientNet-Lite0 with its ImageNet weights.

    Raises:
        ModuleNotFoundError: the package with those weights is not installed.
    """

    def __init__(
        self, objective: Objective, settings: Settings, device: torch.device, classifier: nn.Module | None = None
    ) -> None:
        self.objective, self.share = objective, settings.perceptual
        self.outputs, self.is_point, self.colors = objective.outputs, objective.is_point, objective.colors
        network = load_imagenet("lite0").encoder if classifier is None else classifier
        network = network.requires_grad_(False).eval().to(device, memory_format=torch.channels_last)
        self.classifier = quicken_depthwise(network) if device.type == "cpu" else network
        self.half = settings.precision.endswith("mixed")

    def loss(self, output: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
        """The objective's loss with the distance added; both colorings have the lightness that the network saw."""
        colors = self.objective.colors(output, lightness, TEMPERATURE)
        with torch.no_grad():
            wanted = self.features(lightness, ab)
        return self.objective.loss(output, lightness, ab) + self.share * distance(
            self.features(lightness, colors), wanted
        )

    def features(self, lightness: Tensor, ab: Tensor) -> list[Tensor]:
        """What the classifier sees at its five depths of [N, 1, H, W] in 0..100 under colors [N, 2, H/4, W/4]."""
        full = F.interpolate(ab.to(lightness.dtype), size=lightness.shape[2:], mode="bilinear", align_corners=False)
        rgb = lab_to_srgb(torch.cat([lightness, full], dim=1)).clamp(0, 1)
        with torch.autocast(lightness.device.type, dtype=torch.bfloat16, enabled=self.half):
            seen: Features = self.classifier((rgb * 255 - 127) / 128)
        return [seen.stride4, seen.stride8, seen.stride16, seen.stride32, seen.top]


def distance(ours: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """The squared distance of features [N, C, h, w], made unit length at each place; the mean over all, in 0..4."""
    squares = [
        (F.normalize(one.float(), dim=1) - F.normalize(other.float(), dim=1)).square().sum(dim=1).mean()
        for one, other in zip(ours, wanted, strict=True)
    ]
    return torch.stack(squares).mean()
