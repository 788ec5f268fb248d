"""The batches of a run, one after another, on the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import torch
from lightning_fabric import Fabric
from torch import Tensor

from photochrom.data.crops import CropSampler
from photochrom.data.loading import Photographs
from photochrom.training.old_prints import age, draw_old_prints
from photochrom.training.settings import Settings
from photochrom.training.targets import lightness_and_ab
from photochrom.training.tone import bend_tone, random_gammas


class Batch:
    """What a step learns from. Nothing that a library knows how to open, and so nothing that Fabric changes.

    Fabric casts every float tensor among a module's arguments, in dataclasses too, to the precision of the run. Colors
    in bfloat16 would fall into other bins.

    Attributes:
        lightness: float32 [n, 1, S, S] in 0..100.
        ab: float32 [n, 2, S/4, S/4].
    """

    def __init__(self, lightness: Tensor, ab: Tensor) -> None:
        self.lightness, self.ab = lightness, ab


def whole_batches(photographs: Photographs, settings: Settings) -> CropSampler:
    """A sampler of a run's whole batches, whatever number of processes shares them."""
    return CropSampler(
        photographs.training,
        settings.crop,
        settings.batch,
        settings.seed,
        settings.smallest_region,
        weights=photographs.weights,
    )


class Batches:
    """The share of every batch that falls to one process. The last part of a run shows larger crops, and more in each.

    Args:
        photographs: of the run.
        settings: of the run.
        fabric: says which share is this process's, and where it is wanted.
    """

    def __init__(self, photographs: Photographs, settings: Settings, fabric: Fabric) -> None:
        whole = whole_batches(photographs, settings)
        sampler = dataclasses.replace(whole, rank=fabric.global_rank, world=fabric.world_size)
        self.first = sampler.on(fabric.device) if settings.cache == "device" else sampler
        self.final = dataclasses.replace(self.first, size=settings.final_crop, smallest=settings.final_region)
        self.settings, self.device = settings, fabric.device
        self.flow: Iterator[Tensor] | None = None
        self.current: CropSampler | None = None

    def at(self, step: int, done: float) -> Batch:
        """The share of a step, which must follow the step before.

        Args:
            step: counted from 0.
            done: how much of the run is over, 0..1.
        Returns: this process's share; the tone of its lightness is bent, after some of it was made old.
        """
        sampler = self.final if done >= 1 - self.settings.final_share else self.first
        if self.flow is None or sampler is not self.current:
            self.flow, self.current = sampler.batches(step), sampler
        rgb = next(self.flow).to(self.device)
        lightness, ab = lightness_and_ab(rgb, target=self.settings.target)
        first, seed = sampler.rank * len(rgb), self.settings.seed
        if old := draw_old_prints(step, seed, first=first, count=len(rgb), share=self.settings.old_prints):
            lightness[list(old)] = age(rgb[list(old)], list(old.values()))
        gammas = random_gammas(step, seed, count=self.settings.batch, spread=self.settings.tone_jitter)
        share = slice(first, first + len(rgb))
        return Batch(bend_tone(lightness, gammas[share]).contiguous(memory_format=torch.channels_last), ab)
