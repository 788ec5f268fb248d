"""What a training run is told, as one frozen dataclass: recipes return one, and a run keeps its own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "64-true")  # the last to tell a mistake from rounding
CHOICES = {
    "precision": PRECISIONS,
    "target": ("mean", "point"),
    "objective": ("classification", "regression", "hue-chroma"),
    "loss_per": ("pixel", "image"),
    "optimizer": ("adamw", "adam"),
    "schedule": ("cosine", "steps"),
    "initialization": ("default", "kmeans"),
    "cache": ("memory", "device"),
}

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingsError(ValueError):
    """Settings that contradict each other, or a key or value that cannot be; the message says what may."""


@dataclass(frozen=True)
class Settings:
    """How to train one system."""

    system: str  # a name of `photochrom.training.systems`
    steps: int  # the length of a run that has no time limit
    objective: str = "classification"  # over the bins; or `regression` of ab; or `hue-chroma` histograms (Larsson)
    backbone: str = ""  # of the systems that have a choice: `lite0`, `lite2` or `vgg16`; "" for the system's own
    backbone_file: str = ""  # weights of the backbone, where they are no package
    initialization: str = "default"  # or `kmeans`: data-dependent, for networks without pretrained layers
    crop: int = 128  # side of a training crop in pixels, a multiple of the system's stride
    smallest_region: float = 0.6  # a crop shows at least this share of the photograph's short side
    final_crop: int = 224  # side of a crop in the last part of the run, nearer to the size that photographs are seen at
    final_region: float = 0.8  # as smallest_region, for the last part
    final_share: float = 0.25  # how much of the run the last part is; 0 leaves it out
    tone_jitter: float = 0.15  # spread of the random gamma put on L, since old prints have other tone curves; 0 is off
    old_prints: float = 0.0  # share of crops made to look like old prints: film, blur, grain, fading, scratches
    batch: int = 32
    target: str = "mean"  # ab at stride 4: the `mean` of 4x4 pixels, or the first `point`, as the released layers do
    neighbors: int = 5  # bins that share a color; the paper's 5, the released layers' 10
    sigma: float = 5.0  # width of the soft encoding, ab units
    gray_limit: float = 5.0  # a crop with no |a| or |b| above this has no say, as the released NonGrayMask; 0 is off
    loss_per: str = "pixel"  # mean over pixels; or `image`: summed over its pixels, as the released layers do
    perceptual: float = 0.0  # weight of what a classifier makes of the colors, beside the loss; 0 is off
    uniform_share: float = 0.5  # lambda of the rarity weights: 0 by rarity alone, 1 all colors alike
    prior_sigma: float = 5.0  # smoothing of the prior, ab units
    optimizer: str = "adamw"  # decoupled decay; or `adam`, whose decay is part of the gradient, as in the paper
    beta2: float = 0.99
    schedule: str = "cosine"  # or `steps`: the rate falls by `decay_factor` every `decay_every` steps
    decay_every: int = 215_000  # steps
    decay_factor: float = 0.316
    encoder_rate: float = 4e-5  # peak learning rate of layers that begin with ImageNet weights
    rate: float = 2e-3  # peak learning rate of the others
    final_rate: float = 0.01  # share of the peak at the end of the cosine
    warmup_steps: int = 100  # the rates rise linearly over these
    weight_decay: float = 0.02
    clip_norm: float = 1.0  # gradients are scaled down to this norm; 0 leaves them
    norm_momentum: float = 0.1  # share of a batch in the running statistics of batch norm, once these are under way
    ema: float = 0.999  # decay of the averaged weights, which are the ones exported; 0 exports the last
    frozen_blocks: int = 3  # blocks of the encoder, from the input, that keep their ImageNet weights
    precision: str = "bf16-mixed"
    seed: int = 0
    short_side: int = 256  # photographs are kept in memory at this size or their own, if smaller
    unreadable_share: float = 0.01  # of the photographs may be damaged; more stop the run
    cache: str = "memory"  # where decoded photographs stay; or `device`, beside the network
    checkpoint_minutes: float = 10.0
    compile: bool = False  # the network by torch.compile: worth its minutes on a GPU
    keep_last: int = 2  # checkpoints, besides the best by validation
    log_every: int = 20  # steps

    def __post_init__(self) -> None:
        for name in ("crop", "final_crop"):
            size = getattr(self, name)
            if size % 8 or size <= 0:
                raise SettingsError(f"{name}={size} must be a multiple of 8, the stride of every network here; try 160")
        if not 0 <= self.warmup_steps < self.steps:
            raise SettingsError(f"warmup_steps={self.warmup_steps} must be below steps={self.steps}")
        for name in ("smallest_region", "final_region"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(f"{name}={getattr(self, name)} must lie in (0, 1]")
        if not 0 <= self.final_share <= 1:
            raise SettingsError(f"final_share={self.final_share} must lie in 0..1")
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name}={getattr(self, name)!r} must be one of {', '.join(allowed)}")
        if not 0 <= self.uniform_share <= 1:
            raise SettingsError(f"uniform_share={self.uniform_share} (lambda) must lie in 0..1")
        if not 0 <= self.ema < 1:
            raise SettingsError(f"ema={self.ema} must lie in [0, 1)")
        if not 0 < self.norm_momentum <= 1:
            raise SettingsError(f"norm_momentum={self.norm_momentum} must lie in (0, 1]")
        for name in ("unreadable_share", "old_prints", "final_rate", "decay_factor", "beta2"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name}={getattr(self, name)} must lie in 0..1")
        rates = ("rate", "encoder_rate", "weight_decay")
        for name in (*rates, "clip_norm", "tone_jitter", "checkpoint_minutes", "perceptual"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name}={getattr(self, name)} must not be negative")
        for name in ("batch", "keep_last", "decay_every", "neighbors", "log_every", "short_side"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}={getattr(self, name)} must be at least 1")


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
            changes[key] = TRUTH[text.lower()] if types[key] is bool else types[key](text)
        except (ValueError, KeyError) as error:
            raise SettingsError(f"{key} takes a {types[key].__name__}, got {text!r}") from error
        if isinstance(changes[key], float) and not math.isfinite(changes[key]):
            raise SettingsError(f"{key} takes a finite number, got {text!r}")
    return dataclasses.replace(settings, **changes)
