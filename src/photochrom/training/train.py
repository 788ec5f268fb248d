"""The training loop, from top to bottom.

A run is a folder (see `checkpoint.Run`). Its length is `Settings.steps`, or a time limit; the learning rate follows the
share of it that is done.

What a step does depends on the settings, the photographs, the weights, the optimizer's state and the step's number
alone: crops, tone curves and dropout are drawn from the seed and that number. So a run by steps that was killed goes on
from its last checkpoint to the very losses it would have had (bit for bit on a CPU with as many threads). With a time
limit the rate follows the clock, and two runs never agree in every bit.

N processes with an Nth of the batch each do what one process does with all of it: gradients are averaged over equal
shares, and batch norm sees the whole batch (see `batch_norm`). Each process decodes all photographs, and all of them
see the run's folder.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from photochrom.data.crops import center_squares
from photochrom.data.ledger import LEDGER_NAME
from photochrom.data.loading import load
from photochrom.training.batch_norm import follow_batches, set_training_mode
from photochrom.training.batches import Batches
from photochrom.training.beginning import VALIDATION_SIZE, Learner, begin, begin_network, prepare
from photochrom.training.checkpoint import Run
from photochrom.training.devices import Agreement, on_first, start_processes
from photochrom.training.journal import Journal, LossError, Window
from photochrom.training.objectives import build_objective
from photochrom.training.optimizers import Average, build_optimizer, schedule, set_rates
from photochrom.training.perceptual import with_perceptual
from photochrom.training.resuming import check_as_begun, check_same_photographs, check_start
from photochrom.training.settings import Settings
from photochrom.training.stopping import StopSignal, TrainingStopped
from photochrom.training.validation import Validator


def train(
    settings: Settings,
    *,
    data: Sequence[str | Path],
    out: Path,
    validation: Sequence[str | Path] | None = None,
    minutes: float | None = None,
    resume: bool = False,
    start: Path | None = None,
    devices: int = 1,
    nodes: int = 1,
    accelerator: str = "auto",
) -> Run:
    """Train a system and leave a run that `export` turns into a file for the runtime.

    Args:
        settings: from a recipe, perhaps overridden; when resuming, those that the run was begun with.
        data: sources of photographs, see `data.loading.load`.
        out: the run's folder.
        validation: sources to measure on. None takes them out of training: the last of several shards, or else every
            fiftieth photograph.
        minutes: stop after this much training; None trains `settings.steps` steps, or what the run was begun with.
        resume: go on with the run in `out`; one that is finished stays as it is.
        start: begin with the averaged weights of this other run, in a schedule of its own; None begins afresh.
        devices: on each machine, a process each.
        nodes: machines.
        accelerator: `auto`, `cpu` or `cuda`.

    Raises:
        RunError: `out` already holds a run (or, when resuming, none or one begun otherwise), or the disk is full.
        DataError: the photographs cannot be used.
        SettingsError, BuildError, WeightFileError: the settings ask for what cannot be built.
        LossError: the loss is no number any more.
        TrainingStopped: by SIGINT or SIGTERM, after the step and a checkpoint.
    """
    run, clock = Run(out), time.monotonic
    if resume:
        check_as_begun(run, settings, minutes=minutes, start=start)
        minutes = run.data().get("minutes")
        if run.finished():
            return run
    else:
        run.refuse_existing()
    if start is not None:
        check_start(Run(start), settings)
    fabric = start_processes(settings, devices=devices, nodes=nodes, accelerator=accelerator)
    journal = Journal(run, speaks=fabric.is_global_zero)
    state = run.state() if resume else None
    network = begin_network(settings, start, fresh=state is None)

    journal.say("decoding photographs")
    photographs = load(
        data,
        validation=validation,
        short_side=settings.short_side,
        unreadable_share=settings.unreadable_share,
        ledger=out / LEDGER_NAME if fabric.is_global_zero else None,
    )
    journal.say(f"{len(photographs.training)} photographs to train on, {len(photographs.held_out)} to validate on")
    if resume:
        check_same_photographs(run, photographs.record)
    else:
        on_first(fabric, partial(begin, run, settings, photographs, minutes, start, fabric.device))
    network = prepare(network, settings, photographs, fabric, initialized=bool(state or start))
    objective = build_objective(settings, run.prior(), fabric.device)
    taught = with_perceptual(objective, settings, fabric.device)
    learner, optimizer = fabric.setup(Learner(network, taught), build_optimizer(network, settings))
    average = Average(network, settings.ema)
    if state is not None:
        network.load_state_dict(state["network"])
        average.network.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        fabric.strategy.precision.load_state_dict(state["precision"])
    if settings.compile:
        network.compile()
    step, spent, losses = (state["step"], state["spent"], state["losses"]) if state else (0, 0.0, [])
    on_first(fabric, partial(run.rewind, step))  # spent: seconds of training, over all parts of the run

    squares = center_squares(photographs.held_out, VALIDATION_SIZE)
    validator = Validator(squares, objective=objective, target=settings.target, device=fabric.device)
    batches, window, agreement = Batches(photographs, settings, fabric), Window(step, losses), Agreement(fabric)
    last_checkpoint = spent
    journal.begin(f"{settings.system} on {fabric.world_size} x {fabric.device.type}", step)
    with StopSignal() as stopping:
        while True:
            spent, received = agreement.largest(spent, float(stopping.received))
            done = step / settings.steps if minutes is None else spent / (60 * minutes)
            if done >= 1 or received or spent - last_checkpoint > 60 * settings.checkpoint_minutes:
                settle(window, fabric, run, settings)
                kept = {"spent": spent, "losses": window.losses, "optimizer": optimizer.state_dict()}
                kept["precision"] = fabric.strategy.precision.state_dict()
                on_first(fabric, partial(keep, run, settings, network, average.network, kept, step, done >= 1))
                if received and done < 1:
                    break
                on_first(fabric, partial(journal.validate, validator, average.network, step, spent, done))
                if done >= 1:
                    break
                last_checkpoint = spent
                window.restart_clock()
            began = clock()
            set_training_mode(network)
            follow_batches(network, step, settings)
            torch.manual_seed(settings.seed * 1_000_003 + step)  # what dropout draws from
            set_rates(optimizer, schedule(step, done, settings))
            loss = learner(batches.at(step, done))
            optimizer.zero_grad()
            fabric.backward(loss)
            limit = settings.clip_norm or math.inf
            norm = fabric.clip_gradients(learner, optimizer, max_norm=limit, error_if_nonfinite=False)
            optimizer.step()
            average.update(step)
            step += 1
            window.add(loss, norm, settings.batch)
            if step % settings.log_every == 0:
                settle(window, fabric, run, settings)  # waits for the device
            spent += clock() - began
            if step % settings.log_every == 0:
                figures = window.close()
                left = (settings.steps - step) * settings.batch / figures["photos_per_second"]
                left = left if minutes is None else 60 * minutes - spent
                journal.steps(figures, step=step, spent=spent, done=done, left=left)
    journal.end()
    if done < 1 and fabric.is_global_zero:
        name = signal.Signals(int(received)).name
        raise TrainingStopped(f"{name}: stopped after step {step}, checkpoint written; --resume goes on", int(received))
    return run


def settle(window: Window, fabric: Fabric, run: Run, settings: Settings) -> None:
    """Look at the losses since the last look. Raises: LossError with what to do, SystemExit on other processes."""
    try:
        window.settle(fabric)
    except LossError as error:
        if not fabric.is_global_zero:
            raise SystemExit(1) from None
        whole = [place.name for place in run.checkpoints()[-1:]]
        advice = (
            f"the checkpoint of {whole[0]} is whole: --start {run.folder} --out OTHER and" if whole else "begin with"
        )
        raise LossError(f"{error}; {advice} --set rate={settings.rate / 2:g} or --set precision=32-true") from None


def keep(
    run: Run,
    settings: Settings,
    network: nn.Module,
    averaged: nn.Module,
    state: dict[str, object],
    step: int,
    finished: bool,
) -> None:
    """Write a checkpoint."""
    weights, kept = averaged.state_dict(), settings.keep_last
    run.save(weights, state, network=network.state_dict(), step=step, finished=finished, keep_last=kept)
