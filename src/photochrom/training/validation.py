"""How a network stands on photographs that it does not train on: the loss, and the mean color error in ab units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from photochrom.color.ab_bins import ab_bins
from photochrom.color.lab import lab_to_rgb
from photochrom.training.loss import rebalanced_cross_entropy
from photochrom.training.targets import TargetEncoder, lightness_and_ab

TEMPERATURES = (0.38, 1.0)
LARGEST_ERROR = 150.0  # where the paper's curve of the cumulative error ends


@dataclass(frozen=True)
class Validation:
    """Measures over a set of validation photographs, at stride 4.

    Attributes:
        loss: the training loss, nats.
        raw: for each temperature, the area under the cumulative error in percent, 100 (1 - mean(min(e, 150)) / 150).
        rebalanced: the same with every bin of the set weighing alike.
        gray: (raw, rebalanced) of no color at all, to compare with.
        chroma: for each temperature, the mean chroma of the prediction.
        true_chroma: that of the photographs.
    """

    loss: float
    raw: dict[float, float]
    rebalanced: dict[float, float]
    gray: tuple[float, float]
    chroma: dict[float, float]
    true_chroma: float


class Validator:
    """Holds validation photographs and measures networks on them.

    Args:
        squares: uint8 [N, 3, S, S], S a multiple of 32.
        encoder: for the loss.
        rarity: float32 [Q], for the loss.
        target: see `Settings.target`.
    """

    def __init__(self, squares: Tensor, *, encoder: TargetEncoder, rarity: Tensor, target: str) -> None:
        self.squares, self.encoder, self.rarity, self.target = squares, encoder, rarity, target
        self.bins = torch.from_numpy(np.array(ab_bins())).to(rarity.device)
        nearest = torch.cat([self.encoder.encode(ab).indices[..., 0].flatten() for _, ab in self.batches()])
        counts = torch.bincount(nearest, minlength=len(self.bins)).float()
        self.weight = torch.where(counts > 0, counts.sum() / (counts.clamp_min(1) * (counts > 0).sum()), 0.0)

    def batches(self, size: int = 32) -> list[tuple[Tensor, Tensor]]:
        """(lightness, ab) of the photographs, a few at a time."""
        chunks = self.squares.split(size)
        return [lightness_and_ab(chunk.to(self.rarity.device), target=self.target) for chunk in chunks]

    @torch.no_grad()
    def measure(self, network: nn.Module) -> Validation:
        """Run the network, which must be in eval mode, over the set."""
        losses, truth_chroma = [], []
        errors: dict[float | str, list[Tensor]] = {}
        weights: list[Tensor] = []
        chroma: dict[float, list[Tensor]] = {temperature: [] for temperature in TEMPERATURES}
        for lightness, ab in self.batches():
            logits = network(lightness).float()
            targets = self.encoder.encode(ab)
            losses.append(rebalanced_cross_entropy(logits, targets, self.rarity) * len(ab))
            weights.append(self.weight[targets.indices[..., 0]].flatten())
            truth_chroma.append(ab.norm(dim=1).flatten())
            errors.setdefault("gray", []).append(truth_chroma[-1])
            rows = logits.permute(0, 2, 3, 1)
            for temperature in TEMPERATURES:
                guess = (torch.softmax(rows / temperature, dim=-1) @ self.bins).permute(0, 3, 1, 2)
                errors.setdefault(temperature, []).append((guess - ab).norm(dim=1).flatten())
                chroma[temperature].append(guess.norm(dim=1).flatten())
        weight = torch.cat(weights)

        def area(kind: float | str, *, rebalanced: bool) -> float:
            error = torch.cat(errors[kind]).clamp_max(LARGEST_ERROR)
            mean = (error * weight).sum() / weight.sum() if rebalanced else error.mean()
            return 100 * (1 - float(mean) / LARGEST_ERROR)

        return Validation(
            loss=float(sum(losses)) / len(self.squares),
            raw={t: area(t, rebalanced=False) for t in TEMPERATURES},
            rebalanced={t: area(t, rebalanced=True) for t in TEMPERATURES},
            gray=(area("gray", rebalanced=False), area("gray", rebalanced=True)),
            chroma={t: float(torch.cat(chroma[t]).mean()) for t in TEMPERATURES},
            true_chroma=float(torch.cat(truth_chroma).mean()),
        )

    @torch.no_grad()
    def sheet(self, network: nn.Module, count: int = 12) -> np.ndarray:
        """Sample colorings: uint8 [3 S', count S', 3], rows gray, colored at T = 0.38, and the photographs."""
        lightness, _ = lightness_and_ab(self.squares[:count].to(self.rarity.device), target=self.target)
        rows = network(lightness).float().permute(0, 2, 3, 1)
        ab = (torch.softmax(rows / TEMPERATURES[0], dim=-1) @ self.bins).permute(0, 3, 1, 2)
        ab = nn.functional.interpolate(ab, scale_factor=4, mode="bilinear").cpu().numpy()
        light = lightness.cpu().numpy()
        colored = lab_to_rgb(np.moveaxis(np.concatenate([light, ab], axis=1), 1, -1))
        gray = lab_to_rgb(np.moveaxis(np.concatenate([light, 0 * ab], axis=1), 1, -1))
        truth = self.squares[:count].permute(0, 2, 3, 1).numpy()
        return np.concatenate([np.concatenate(list(row), axis=1) for row in (gray, colored, truth)], axis=0)
