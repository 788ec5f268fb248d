"""How a network stands on photographs that it does not train on: the loss, the color error, how colorful it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from photochrom.color.ab_bins import ab_bins
from photochrom.color.lab import lab_to_rgb
from photochrom.training.objectives import Objective
from photochrom.training.targets import TargetEncoder, lightness_and_ab

TEMPERATURES = (0.2, 0.38, 0.6, 1.0)
SHOWN = 0.38  # the temperature of sheets and warnings, the paper's choice
LARGEST_ERROR = 150.0  # where the paper's curve of the cumulative error ends
HUES = 36  # sectors of 10 degrees

# What counts as collapsed; see `Validation.collapse`.
DULL = 0.15  # share of the photographs' chroma
ONE_HUE = 0.4  # share of the photographs' hue entropy


@dataclass(frozen=True)
class Validation:
    """Measures over a set of validation photographs, at stride 4; where there are several, by temperature.

    Attributes:
        loss: the training loss.
        raw: the area under the cumulative error in percent, 100 (1 - mean(min(e, 150)) / 150).
        rebalanced: the same with every bin of the set weighing alike.
        gray: (raw, rebalanced) of no color at all, to compare with.
        chroma: the mean chroma of the prediction.
        true_chroma: that of the photographs.
        hue_entropy: of the chroma-weighted distribution over hues, nats, 0 to log 36.
        true_hue_entropy: that of the photographs.
    """

    loss: float
    raw: dict[float, float]
    rebalanced: dict[float, float]
    gray: tuple[float, float]
    chroma: dict[float, float]
    true_chroma: float
    hue_entropy: dict[float, float]
    true_hue_entropy: float

    def over_gray(self, temperature: float = SHOWN) -> tuple[float, float]:
        """(raw, rebalanced) less those of no color, in points."""
        return self.raw[temperature] - self.gray[0], self.rebalanced[temperature] - self.gray[1]

    def collapse(self) -> str | None:
        """In what the colors have collapsed, or None.

        Two ways are known: hardly any color at all, and one hue over everything (the brown of old postcards).
        """
        if self.chroma[SHOWN] < DULL * self.true_chroma:
            return f"hardly any color: chroma {self.chroma[SHOWN]:.1f}, of the photographs {self.true_chroma:.1f}"
        if self.hue_entropy[SHOWN] < ONE_HUE * self.true_hue_entropy:
            return (
                f"hardly more than one hue: hue entropy {self.hue_entropy[SHOWN]:.2f} nats, "
                f"of the photographs {self.true_hue_entropy:.2f}"
            )
        return None


class Validator:
    """Holds validation photographs and measures networks on them.

    Args:
        squares: uint8 [N, 3, S, S], S a multiple of the system's size multiple.
        objective: of the system.
        target: see `Settings.target`.
        device: where networks live.
    """

    def __init__(self, squares: Tensor, *, objective: Objective, target: str, device: torch.device) -> None:
        self.squares, self.objective, self.target, self.device = squares, objective, target, device
        self.nearest = TargetEncoder(neighbors=1, sigma=5.0, device=device)
        counts = sum(torch.bincount(self.bins_of(ab), minlength=len(ab_bins())) for _, ab in self.batches()).float()
        self.weight = torch.where(counts > 0, counts.sum() / (counts.clamp_min(1) * (counts > 0).sum()), 0.0)

    def batches(self, size: int = 32) -> list[tuple[Tensor, Tensor]]:
        """(lightness, ab) of the photographs, a few at a time."""
        return [lightness_and_ab(chunk.to(self.device), target=self.target) for chunk in self.squares.split(size)]

    def bins_of(self, ab: Tensor) -> Tensor:
        """int64 [N h w], the nearest bin of each place."""
        return self.nearest.encode(ab).indices[..., 0].flatten()

    def answer(self, network: nn.Module, lightness: Tensor) -> Tensor:
        """What the network gives, asked in floats as wide as its own."""
        return network(lightness.to(next(network.parameters()).dtype))

    @torch.no_grad()
    def measure(self, network: nn.Module) -> Validation:
        """Run the network, which must be in eval mode, over the set."""
        loss = 0.0
        truth, gray = Sums(self.device), Sums(self.device)
        guessed = {temperature: Sums(self.device) for temperature in TEMPERATURES}
        for lightness, ab in self.batches():
            output = self.answer(network, lightness)
            loss += float(self.objective.loss(output, lightness, ab)) * len(ab)
            weight = self.weight[self.bins_of(ab)]
            truth.add(ab, ab, weight)
            gray.add(torch.zeros_like(ab), ab, weight)
            for temperature, sums in guessed.items():
                sums.add(self.objective.colors(output, lightness, temperature), ab, weight)
        return Validation(
            loss=loss / len(self.squares),
            raw={t: sums.area() for t, sums in guessed.items()},
            rebalanced={t: sums.area(rebalanced=True) for t, sums in guessed.items()},
            gray=(gray.area(), gray.area(rebalanced=True)),
            chroma={t: sums.chroma() for t, sums in guessed.items()},
            true_chroma=truth.chroma(),
            hue_entropy={t: sums.hue_entropy() for t, sums in guessed.items()},
            true_hue_entropy=truth.hue_entropy(),
        )

    @torch.no_grad()
    def sheet(self, network: nn.Module, count: int = 12) -> np.ndarray:
        """The first photographs, always the same: uint8 [3 S, count S, 3], rows gray, colored, and as they are."""
        lightness, _ = lightness_and_ab(self.squares[:count].to(self.device), target=self.target)
        ab = self.objective.colors(self.answer(network, lightness), lightness, SHOWN)
        ab = nn.functional.interpolate(ab, scale_factor=4, mode="bilinear").cpu().numpy()
        light = lightness.cpu().numpy()
        colored = lab_to_rgb(np.moveaxis(np.concatenate([light, ab], axis=1), 1, -1))
        gray = lab_to_rgb(np.moveaxis(np.concatenate([light, 0 * ab], axis=1), 1, -1))
        truth = self.squares[:count].permute(0, 2, 3, 1).numpy()
        return np.concatenate([np.concatenate(list(row), axis=1) for row in (gray, colored, truth)], axis=0)


class Sums:
    """What is added up over the batches for one way of coloring, in float64."""

    def __init__(self, device: torch.device) -> None:
        self.places = self.error = self.weight = self.weighted_error = self.total_chroma = 0.0
        self.hues = torch.zeros(HUES, dtype=torch.float64, device=device)  # chroma in each sector

    def add(self, guess: Tensor, ab: Tensor, weight: Tensor) -> None:
        """Count a batch: guess and truth [N, 2, h, w], and how much each place weighs, [N h w]."""
        error = (guess - ab).norm(dim=1).flatten().clamp_max(LARGEST_ERROR).double()
        chroma = guess.norm(dim=1).flatten().double()
        turn = torch.atan2(guess[:, 1], guess[:, 0]).flatten() / (2 * math.pi)  # -0.5..0.5
        self.places += len(error)
        self.error += float(error.sum())
        self.weight += float(weight.sum())
        self.weighted_error += float((error * weight).sum())
        self.total_chroma += float(chroma.sum())
        self.hues.scatter_add_(0, (turn * HUES).floor().long() % HUES, chroma)

    def area(self, *, rebalanced: bool = False) -> float:
        """Percent under the curve of the cumulative error."""
        mean = self.weighted_error / self.weight if rebalanced else self.error / self.places
        return 100 * (1 - mean / LARGEST_ERROR)

    def chroma(self) -> float:
        """The mean."""
        return self.total_chroma / self.places

    def hue_entropy(self) -> float:
        """Nats; 0 where there is no color at all."""
        shares = self.hues / self.hues.sum().clamp_min(1e-12)
        return float(torch.special.entr(shares).sum())
