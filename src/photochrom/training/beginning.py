"""How a run begins: what is written once, and the network before its first step."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from photochrom.data.crops import center_squares
from photochrom.data.loading import Photographs
from photochrom.training.batch_norm import synchronize
from photochrom.training.batches import Batch, whole_batches
from photochrom.training.checkpoint import Run
from photochrom.training.depthwise import quicken_depthwise
from photochrom.training.objectives import Objective
from photochrom.training.optimizers import freeze
from photochrom.training.prior import count_prior
from photochrom.training.settings import Settings
from photochrom.training.systems import build_network, start_weights
from photochrom.training.targets import lightness_and_ab

VALIDATION_SIZE = 192  # side of the validation squares in pixels
KEPT_COUNT = 8  # of them, their lightness is kept with the run
# For `kmeans`: as many batches as the authors' commands take, and of small batches more: with 40 crops of 64 px the
# batch statistics of eccv16 were so far off that its logits deviated by 3.8 in place of 1.
INITIALIZATION_BATCHES = 10
INITIALIZATION_CROPS = 160


class Learner(nn.Module):
    """A network with its loss behind it: a batch in, a scalar out.

    As one module it hands on a single number. A distribution over 313 bins at every place would otherwise be copied to
    float32 on its way from the network to the loss.
    """

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network, self.objective = network, objective

    def forward(self, batch: Batch) -> Tensor:
        """The loss of a batch; the network runs at the run's precision, the loss decides on its own."""
        lightness, ab = batch.lightness, batch.ab
        output = self.network(lightness.to(next(self.network.parameters()).dtype))  # float64 where that is asked for
        with torch.autocast(lightness.device.type, enabled=False):
            return self.objective.loss(output, lightness, ab)


def begin(
    run: Run,
    settings: Settings,
    photographs: Photographs,
    minutes: float | None,
    start: Path | None,
    device: torch.device,
) -> None:
    """Count the prior and write what does not change in the run."""
    prior = count_prior(whole_batches(photographs, settings), settings, device)
    begun = {"run": start.name, "data": Run(start).data()} if start else None
    squares = center_squares(photographs.held_out[:KEPT_COUNT], VALIDATION_SIZE)
    lightness, _ = lightness_and_ab(squares, target=settings.target)
    record = {**photographs.record, "unreadable": len(photographs.ledger.unreadable)}
    run.begin(settings, prior, {**record, "minutes": minutes, "start": begun}, lightness.numpy())


def begin_network(settings: Settings, start: Path | None, *, fresh: bool) -> nn.Module:
    """The network of the settings, before it has seen any photograph: what cannot be built is refused early.

    Args:
        settings: of the run.
        start: a run whose averaged weights to begin with.
        fresh: whether its weights matter; False where a checkpoint's are loaded into it anyway.
    """
    network = build_network(settings, pretrained=fresh and start is None)
    if fresh and start is not None:
        start_weights(network, Run(start).weights())
    freeze(network, settings.frozen_blocks)
    return network


def prepare(
    network: nn.Module, settings: Settings, photographs: Photographs, fabric: Fabric, *, initialized: bool
) -> nn.Module:
    """The network as the first step finds it, on its device.

    Args:
        network: of `begin_network`.
        settings: of the run.
        photographs: to initialize by, where the settings say so.
        fabric: says how many processes there are, and on what.
        initialized: whether it has its weights from a run.
    """
    if not initialized and settings.initialization == "kmeans":
        from photochrom.training.initialization import initialize

        sampler = whole_batches(photographs, settings)
        batches = max(INITIALIZATION_BATCHES, math.ceil(INITIALIZATION_CROPS / settings.batch))
        crops = (sampler.draw(step) for step in range(batches))
        initialize(network, (lightness_and_ab(rgb, target=settings.target)[0] for rgb in crops))
    network = network.to(fabric.device, memory_format=torch.channels_last)
    if fabric.device.type == "cpu":
        network = quicken_depthwise(network)
    if fabric.world_size > 1:
        network = synchronize(network, fabric.device)
    return network
