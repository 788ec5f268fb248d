"""One process or many: how they are started, what only the first does, and what all must know alike."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

import torch
from lightning_fabric import Fabric
from torch import distributed

from photochrom.training.settings import Settings, SettingsError

ACCELERATORS = ("auto", "cpu", "cuda")


def start_processes(settings: Settings, *, devices: int, nodes: int, accelerator: str) -> Fabric:
    """Lightning Fabric over `devices` devices on each of `nodes` machines, its processes started.

    Under torchrun or SLURM the processes are there already and find each other; otherwise the command starts itself
    `devices - 1` times more on this machine.

    Args:
        settings: `precision` and `batch` are read: each process takes an equal share of the batch.
        devices: on each machine.
        nodes: machines.
        accelerator: `auto` takes GPUs where there are any, else `cpu` or `cuda`.
    Raises: SettingsError for a batch that cannot be shared, or processes that were started in another number.
    """
    world = devices * nodes
    if accelerator not in ACCELERATORS:
        raise SettingsError(f"accelerator={accelerator!r} must be one of {', '.join(ACCELERATORS)}")
    if devices < 1 or nodes < 1:
        raise SettingsError(f"devices={devices} and nodes={nodes} must be at least 1")
    if settings.batch % world:
        fitting = max(1, round(settings.batch / world)) * world
        raise SettingsError(f"batch={settings.batch} cannot be shared by {world} processes; try batch={fitting}")
    started = int(os.environ.get("WORLD_SIZE", world))
    if started != world:
        raise SettingsError(f"{started} processes were started for {world} (devices x nodes); make --devices fit")
    # The gradient of a 1x1 layer may lie in another order than its channels-last weights: slower by nothing that shows.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    strategy = "ddp" if world > 1 else "auto"
    fabric = Fabric(
        accelerator=accelerator, devices=devices, num_nodes=nodes, strategy=strategy, precision=settings.precision
    )
    fabric.launch()
    return fabric


def on_first(fabric: Fabric, action: Callable[[], object]) -> None:
    """Let the first process do something, while the others wait.

    Raises: what `action` raises, on the first process; SystemExit with code 1 on the others, which have nothing to add.
    """
    error: Exception | None = None
    if fabric.is_global_zero:
        try:
            action()
        except Exception as caught:  # told to the others below, and raised again
            error = caught
    failed = fabric.broadcast(error is not None)
    if error is not None:
        raise error
    if failed:
        raise SystemExit(1)


class Agreement:
    """Makes what each process measured itself the same for all, so that they end and checkpoint at the same step.

    It goes through memory, not through the devices, which need not be waited for.
    """

    def __init__(self, fabric: Fabric) -> None:
        self.group = distributed.new_group(backend="gloo") if fabric.world_size > 1 else None

    def largest(self, *values: float) -> tuple[float, ...]:
        """Of each value, the largest that any process has."""
        if self.group is None:
            return values
        shared = torch.tensor(values, dtype=torch.float64)
        distributed.all_reduce(shared, op=distributed.ReduceOp.MAX, group=self.group)
        return tuple(shared.tolist())
