"""What moves the weights: which are trained, by which rule, at what rate, and the average that is exported."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from photochrom.training.settings import Settings, SettingsError
from photochrom.training.systems import encoder_of

BETA1 = 0.9  # of both rules: the paper's, and everybody's


def freeze(network: nn.Module, blocks: int) -> None:
    """Keep the stem and the first blocks of a pretrained encoder as they are: edges need no relearning.

    Raises: SettingsError where the encoder is not made of a stem and blocks.
    """
    encoder = encoder_of(network)
    if encoder is None or blocks == 0:
        return
    if not hasattr(encoder, "stem") or not hasattr(encoder, "blocks"):
        raise SettingsError(
            f"frozen_blocks={blocks} needs an encoder of blocks, not {type(encoder).__name__}; set it 0"
        )
    for part in [encoder.stem, *list(encoder.blocks)[:blocks]]:
        part.requires_grad_(False)


def build_optimizer(network: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """The rule that `settings.optimizer` names, over groups that differ in peak rate and decay.

    Layers that begin with ImageNet weights have a peak rate of their own. `adamw` shrinks weights apart from the
    gradient, biases and batch norms not at all; `adam` adds `weight_decay` times every parameter to its gradient, as
    the paper's solver does (Caffe's decay is part of the gradient and spares nothing).

    Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2, for the difference.
    """
    coupled = settings.optimizer == "adam"
    encoder = encoder_of(network)
    pretrained = {id(parameter) for parameter in encoder.parameters()} if encoder else set()
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            peak = settings.encoder_rate if id(parameter) in pretrained else settings.rate
            decay = settings.weight_decay if coupled or parameter.ndim > 1 else 0.0
            groups.setdefault((peak, decay), []).append(parameter)
    described = [{"params": p, "lr": peak, "peak": peak, "weight_decay": decay} for (peak, decay), p in groups.items()]
    rule = torch.optim.Adam if coupled else torch.optim.AdamW
    return rule(described, betas=(BETA1, settings.beta2))


def set_rates(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Give every group that share of its own peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def schedule(step: int, done: float, settings: Settings) -> float:
    """The share of the peak learning rate: a linear warm-up by steps, times `cosine` or `steps`.

    Args:
        step: counted from 0.
        done: how much of the run is over, 0..1; what the cosine follows, so that it fits a time limit too.
        settings: schedule, warmup_steps, final_rate, decay_every and decay_factor are read.

    Example:
        >>> stepped = Settings(system="eccv16", steps=500, warmup_steps=0, schedule="steps", decay_every=215)
        >>> round(schedule(430, 0.86, stepped), 6)  # 0.316 twice
        0.099856
    """
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    if settings.schedule == "steps":
        return warm * settings.decay_factor ** (step // settings.decay_every)
    cosine = settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    return warm * cosine


class Average:
    """A copy of a network whose weights and batch statistics follow it slowly: an exponential moving average.

    Args:
        network: what is trained; its tensors must stay where they are.
        decay: what is kept of the average at each step, towards the end; 0 keeps nothing, and the copy is the network.

    Attributes:
        network: the copy, in eval mode.

    Source: Polyak and Juditsky 1992 for averaging; the rising decay of the first steps is TensorFlow's
        `ExponentialMovingAverage(num_updates)`.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay = copy.deepcopy(network).eval().requires_grad_(False), decay
        ours, theirs = self.network.state_dict(), network.state_dict()
        wide = [name for name, value in ours.items() if value.is_floating_point()]
        self.slow, self.fast = [ours[name] for name in wide], [theirs[name] for name in wide]
        self.counters = [(ours[name], theirs[name]) for name in ours if name not in set(wide)]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Follow the network after its step number `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.slow, self.fast, 1 - decay)  # one call for all: hundreds of tensors are small
        for slow, fast in self.counters:
            slow.copy_(fast)
