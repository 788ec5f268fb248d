"""What an evaluation is told: everything that changes a figure of the report, in one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from photochrom.color.distribution import check_temperature

Thresholds = Literal["thresholds", "integral"]
NAMED_WEIGHTS = ("set", "set-s5")  # the evaluated photographs' own frequencies, and those smoothed
DEFAULT_CLASSIFIER = "efficientnet-lite2"
DEFAULT_FEATURES = "efficientnet-lite2"  # the same network: one pass gives both


class EvaluationError(Exception):
    """An evaluation that cannot be done as asked; the message says why and what to do."""


@dataclass(frozen=True)
class Settings:
    """Choices of one evaluation.

    Raises: EvaluationError for values that make no sense.
    """

    size: int = 256  # pixels to a side of the middle square that is measured
    limit: int | None = None  # take only the first so many photographs
    without: tuple[str, ...] = ()  # leave out photographs whose license holds a word, or source=WORD: whose source
    without_gray: bool = False  # leave out photographs that have no color to predict
    temperatures: tuple[float, ...] = ()  # of every model; empty for each model's own default
    convention: Thresholds = "thresholds"  # AuC: mean over the thresholds 0..150, or the integral over 0..150
    weights: str = "set"  # of the rebalanced AuC: "set", "set-s5" (smoothed), or a .npy file with a prior [313]
    classifier: str | None = DEFAULT_CLASSIFIER  # a name, or NAME=FILE with its weights; None leaves it out
    features: str | None = DEFAULT_FEATURES  # the network of the Frechet distance, likewise
    sweep: bool = True  # measure every distribution against the temperature
    sweep_classification: bool = False  # top-1 in the sweep too, which costs a classification for every temperature
    cost: bool = True  # time the networks, and measure their memory
    gallery: int = 24  # photographs on each side of a gallery
    resamples: int = 1000  # of the bootstrap
    seed: int = 0  # of the bootstrap, of Random's pairing and of the kernel distance

    def __post_init__(self) -> None:
        if self.size < 32 or self.size % 32:
            raise EvaluationError(f"size must be a multiple of 32 from 32 on, got {self.size}; the paper's is 256")
        if self.limit is not None and self.limit < 1:
            raise EvaluationError(f"limit must be at least 1, got {self.limit}; leave it out to take every photograph")
        if self.resamples < 1:
            raise EvaluationError(f"resamples must be at least 1, got {self.resamples}; 1000 give steady intervals")
        if self.seed < 0 or self.gallery < 0:
            raise EvaluationError(f"seed and gallery must be 0 or above, got {self.seed} and {self.gallery}")
        if self.convention not in get_args(Thresholds):
            raise EvaluationError(f"convention must be one of {get_args(Thresholds)}, got {self.convention!r}")
        if self.weights not in NAMED_WEIGHTS and not Path(self.weights).is_file():
            raise EvaluationError(f"weights must be set, set-s5 or a .npy file with a prior, got {self.weights!r}")
        for temperature in self.temperatures:
            try:
                check_temperature(temperature)
            except ValueError as error:
                raise EvaluationError(str(error)) from None


def name_and_file(text: str) -> tuple[str, Path | None]:
    """Take NAME=FILE apart; without `=` there is no file.

    Example:
        >>> name_and_file("vgg16=vgg16-397923af.pth")
        ('vgg16', PosixPath('vgg16-397923af.pth'))
    """
    name, found, file = text.partition("=")
    return name, Path(file) if found else None
