"""What a training run is told, as one frozen dataclass: recipes return one, and a run keeps its own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
TARGETS = ("mean", "point")


class SettingsError(ValueError):
    """Settings that contradict each other, or a key or value that cannot be; the message says what may."""


@dataclass(frozen=True)
class Settings:
    """How to train one system."""

    system: str  # a name of `photochrom.training.systems`
    steps: int  # the length of a run that has no time limit
    crop: int = 160  # side of a training crop in pixels, a multiple of 32
    smallest_region: float = 0.6  # a crop shows at least this share of the photograph's short side
    final_crop: int = 224  # side of a crop in the last part of the run, nearer to the size that photographs are seen at
    final_region: float = 0.8  # as smallest_region, for the last part
    final_share: float = 0.25  # how much of the run the last part is; 0 leaves it out
    tone_jitter: float = 0.15  # spread of the random gamma put on L, since old prints have other tone curves; 0 is off
    batch: int = 32
    target: str = "mean"  # ab at stride 4: the `mean` of 4x4 pixels, or the first `point`, as the released layers do
    neighbors: int = 5  # bins that share a color; the paper's 5, the released layers' 10
    sigma: float = 5.0  # width of the soft encoding, ab units
    uniform_share: float = 0.5  # lambda of the rarity weights: 0 by rarity alone, 1 all colors alike
    prior_sigma: float = 5.0  # smoothing of the prior, ab units
    encoder_rate: float = 4e-4  # peak learning rate of layers that begin with ImageNet weights
    rate: float = 2e-3  # peak learning rate of the others
    final_rate: float = 0.01  # share of the peak at the end of the cosine
    warmup_steps: int = 100  # the rates rise linearly over these
    weight_decay: float = 0.02  # decoupled (AdamW)
    clip_norm: float = 1.0  # gradients are scaled down to this norm
    ema: float = 0.999  # decay of the averaged weights, which are the ones exported
    frozen_blocks: int = 3  # blocks of the encoder, from the input, that keep their ImageNet weights
    precision: str = "bf16-mixed"
    seed: int = 0
    short_side: int = 256  # photographs are kept in memory at this size or their own, if smaller
    checkpoint_minutes: float = 10.0
    log_every: int = 20  # steps

    def __post_init__(self) -> None:
        for name in ("crop", "final_crop"):
            size = getattr(self, name)
            if size % 32 or size <= 0:
                raise SettingsError(f"{name}={size} must be a multiple of 32, the stride of the encoder; try 160")
        if not 0 <= self.warmup_steps < self.steps:
            raise SettingsError(f"warmup_steps={self.warmup_steps} must be below steps={self.steps}")
        for name in ("smallest_region", "final_region"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(f"{name}={getattr(self, name)} must lie in (0, 1]")
        if not 0 <= self.final_share <= 1:
            raise SettingsError(f"final_share={self.final_share} must lie in 0..1")
        if self.target not in TARGETS:
            raise SettingsError(f"target={self.target!r} must be one of {', '.join(TARGETS)}")
        if self.precision not in PRECISIONS:
            raise SettingsError(f"precision={self.precision!r} must be one of {', '.join(PRECISIONS)}")
        if not 0 <= self.uniform_share <= 1:
            raise SettingsError(f"uniform_share={self.uniform_share} (lambda) must lie in 0..1")
        if not 0 <= self.ema < 1:
            raise SettingsError(f"ema={self.ema} must lie in [0, 1)")
        if self.batch < 1:
            raise SettingsError(f"batch={self.batch} must be at least 1")


def override(settings: Settings, assignments: Iterable[str]) -> Settings:
    """Settings with some values changed, each given as `key=value` and read as the type of the field.

    Raises:
        SettingsError: a key that is no setting, a value of another type, or a contradiction.

    Example:
        >>> override(Settings(system="lite", steps=1000), ["crop=128", "seed=7"]).crop
        128
    """
    types = {field.name: type(getattr(settings, field.name)) for field in dataclasses.fields(settings)}
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or key not in types:
            raise SettingsError(f"{assignment!r} is no setting; write key=value with a key of {', '.join(types)}")
        try:
            changes[key] = types[key](text)
        except ValueError as error:
            raise SettingsError(f"{key} takes a {types[key].__name__}, got {text!r}") from error
        if isinstance(changes[key], float) and not math.isfinite(changes[key]):
            raise SettingsError(f"{key} takes a finite number, got {text!r}")
    return dataclasses.replace(settings, **changes)
