"""The training loop, from top to bottom.

A run is a folder (see `checkpoint.Run`). Its length is `Settings.steps`, or a time limit; the learning rate follows the
share of it that is done. A killed run goes on from its last checkpoint with the same photographs in the same order.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any

import lightning_fabric as fabric_package
import numpy as np
import pyvips
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

import photochrom
from photochrom.color.ab_bins import rarity_weights, smooth_prior
from photochrom.data.crops import CropSampler, center_squares, decode_all
from photochrom.data.sources import EncodedPhotograph, hold_out, read_source
from photochrom.training.checkpoint import Run, RunError
from photochrom.training.loss import rebalanced_cross_entropy
from photochrom.training.progress import Progress
from photochrom.training.settings import Settings
from photochrom.training.systems import build_system, encoder_of
from photochrom.training.targets import TargetEncoder, jitter_tone, lightness_and_ab
from photochrom.training.validation import Validator

VALIDATION_SIZE = 192  # side of the validation squares in pixels
VALIDATION_COUNT = 256
KEPT_COUNT = 8  # of them, their lightness is kept with the run
PRIOR_BATCHES = 200  # of crops, from which the prior is counted


def train(
    settings: Settings,
    *,
    data: list[Path],
    out: Path,
    validation: list[Path] | None = None,
    minutes: float | None = None,
    resume: bool = False,
    start: Path | None = None,
) -> Run:
    """Train a system and leave a run that `export` turns into a file for the runtime.

    Args:
        settings: from a recipe, perhaps overridden; ignored in favor of the run's own when resuming.
        data: Parquet files, folders of them, or folders of photographs.
        out: the run's folder.
        validation: photographs to measure on. None takes them out of training: the last of several Parquet shards, or
            else every fiftieth photograph.
        minutes: stop after this much training; None trains `settings.steps` steps.
        resume: go on with the run in `out`.
        start: begin with the averaged weights of this other run, in a schedule of its own; None begins afresh.

    Raises:
        RunError: `out` already holds a run (or holds none, when resuming).
        DataError: the photographs cannot be used.
    """
    run = Run(out)
    settings = run.settings() if resume else settings
    fabric = fabric_package.Fabric(accelerator="auto", devices=1, precision=settings.precision)
    progress = Progress()

    progress.say("decoding photographs")
    photographs, held_out, record = load_photographs(data, validation, settings.short_side)
    progress.say(f"{len(photographs)} photographs to train on, {len(held_out)} to validate on")
    sampler = CropSampler(photographs, settings.crop, settings.batch, settings.seed, settings.smallest_region)
    encoder = TargetEncoder(neighbors=settings.neighbors, sigma=settings.sigma, device=fabric.device)
    if not resume:
        prior = count_prior(sampler, encoder, settings)
        begun = {"run": start.name, "data": Run(start).data()} if start else None
        squares = center_squares(held_out[:KEPT_COUNT], VALIDATION_SIZE)
        lightness, _ = lightness_and_ab(squares, target=settings.target)
        run.begin(settings, prior, {**record, "minutes": minutes, "start": begun}, lightness.numpy())
    rarity = torch.from_numpy(rarity_weights(run.prior(), settings.uniform_share)).to(fabric.device)
    validator = Validator(
        center_squares(held_out, VALIDATION_SIZE), encoder=encoder, rarity=rarity, target=settings.target
    )

    network = build_system(settings.system, seed=settings.seed).to(memory_format=torch.channels_last)
    if start is not None and not resume:
        load_start(network, Run(start), settings.system)
    freeze(network, settings.frozen_blocks)
    network, optimizer = fabric.setup(network, build_optimizer(network, settings))
    average = {name: value.detach().clone() for name, value in network.module.state_dict().items()}
    step, spent = 0, 0.0  # spent: seconds of training, over all parts of the run
    state = run.state() if resume else None
    if state is not None:
        network.module.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        average = {name: value.to(fabric.device) for name, value in state["average"].items()}
        step, spent = state["step"], state["spent"]

    limit = math.inf if minutes is None else 60 * minutes
    board = SummaryWriter(str(run.folder / "tensorboard"))
    window = Window(step)
    last_checkpoint = spent
    final_part = dataclasses.replace(sampler, size=settings.final_crop, smallest=settings.final_region)
    batches, in_final_part = sampler.batches(step), False
    progress.begin(f"{settings.system} on {fabric.device}")
    with StopSignal() as stopping:
        while True:
            done = spent / limit if minutes is not None else step / settings.steps
            if done >= 1 or stopping.asked:
                break
            began = time.monotonic()
            if done >= 1 - settings.final_share and not in_final_part:
                batches, in_final_part = final_part.batches(step), True
            set_training_mode(network.module)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * schedule(step, done, settings)
            rgb = next(batches).to(fabric.device)
            lightness, ab = lightness_and_ab(rgb, target=settings.target)
            dice = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
            lightness = jitter_tone(lightness, settings.tone_jitter, dice)
            logits = network(lightness.contiguous(memory_format=torch.channels_last))
            loss = rebalanced_cross_entropy(logits, encoder.encode(ab), rarity)
            optimizer.zero_grad()
            fabric.backward(loss)
            norm = fabric.clip_gradients(network, optimizer, max_norm=settings.clip_norm)
            optimizer.step()
            update_average(average, network.module.state_dict(), min(settings.ema, (1 + step) / (10 + step)))
            step += 1
            spent += time.monotonic() - began

            window.add(float(loss.detach()), float(norm))
            if step % settings.log_every == 0:
                figures = window.close(step, settings.batch)
                run.log({"step": step, "minutes": spent / 60, **figures})
                for name, value in figures.items():
                    board.add_scalar(f"train/{name}", value, step)
                speed = figures["photos_per_second"]
                left = limit - spent if minutes is not None else (settings.steps - step) * settings.batch / speed
                progress.update(done, loss=figures["loss"], rate=speed, seconds_left=left)
            if spent - last_checkpoint > 60 * settings.checkpoint_minutes:
                keep(run, network.module, optimizer, average, step, spent)
                report(run, validator, settings, average, board, progress, step, spent)
                last_checkpoint, window = spent, Window(step)
    keep(run, network.module, optimizer, average, step, spent)
    report(run, validator, settings, average, board, progress, step, spent)
    board.close()
    progress.end()
    return run


def load_photographs(
    data: list[Path], validation: list[Path] | None, short_side: int
) -> tuple[list[np.ndarray], list[np.ndarray], dict[str, object]]:
    """Decoded training and validation photographs, and a record of where they came from."""
    digest = hashlib.sha256()

    def named(sources: Iterable[Path]) -> Iterable[EncodedPhotograph]:
        for photograph in chain.from_iterable(read_source(source) for source in sources):
            digest.update(photograph.data)
            yield photograph

    if not validation:
        data, validation = hold_out(data)
    photographs = decode_all(named(data), short_side=short_side)
    if not validation:
        held_out = photographs[::50][:VALIDATION_COUNT]
        photographs = [photo for index, photo in enumerate(photographs) if index % 50] or photographs
    else:
        held_out = decode_all(chain.from_iterable(map(read_source, validation)), short_side=short_side)
        held_out = held_out[:VALIDATION_COUNT]
    record = {
        "sources": [source.name for source in data],
        "validation": [source.name for source in validation or []],
        "photographs": len(photographs),
        "sha256": digest.hexdigest(),  # of all bytes read for training, in order
        "version": photochrom.__version__,
        "commit": current_commit(),
    }
    return photographs, held_out, record


def load_start(network: nn.Module, run: Run, system: str) -> None:
    """Put the averaged weights of a run into a network of the same system. Raises RunError for another system."""
    if run.settings().system != system:
        raise RunError(
            f"{run.folder} trained {run.settings().system}, not {system}; start from a run of the same system"
        )
    network.load_state_dict(run.weights())


def current_commit() -> str | None:
    """The commit of the checkout that this code lies in, or None outside of one."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def count_prior(sampler: CropSampler, encoder: TargetEncoder, settings: Settings) -> np.ndarray:
    """float64 [313]: how often each bin is nearest in the crops of the first steps, smoothed over the ab plane."""
    count = min(PRIOR_BATCHES, max(1, len(sampler.photographs) // settings.batch), settings.steps)
    total = torch.zeros(313, dtype=torch.float64)
    for step in range(count):
        _, ab = lightness_and_ab(sampler.draw(step).to(encoder.indices.device), target=settings.target)
        total += torch.bincount(encoder.encode(ab).indices[..., 0].flatten().cpu(), minlength=313)
    return smooth_prior(total.numpy(), settings.prior_sigma)


def build_optimizer(network: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """AdamW: a lower rate for layers that begin with ImageNet weights, no decay of biases and batch norms."""
    encoder = encoder_of(network)
    pretrained = {id(parameter) for parameter in encoder.parameters()} if encoder else set()
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            peak = settings.encoder_rate if id(parameter) in pretrained else settings.rate
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((peak, decay), []).append(parameter)
    described = [{"params": p, "lr": peak, "peak": peak, "weight_decay": decay} for (peak, decay), p in groups.items()]
    return torch.optim.AdamW(described, betas=(0.9, 0.99))


def schedule(step: int, done: float, settings: Settings) -> float:
    """The share of the peak learning rate: linear warm-up by steps, then a cosine over the share of the run done."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    cosine = settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    return warm * cosine


def freeze(network: nn.Module, blocks: int) -> None:
    """Keep the stem and the first blocks of a pretrained encoder as they are: edges need no relearning."""
    encoder = encoder_of(network)
    if encoder is None or blocks == 0:
        return
    for part in [encoder.stem, *list(encoder.blocks)[:blocks]]:
        part.requires_grad_(False)


def set_training_mode(network: nn.Module) -> None:
    """Training mode, but a pretrained encoder keeps the batch statistics of ImageNet: they need no large batch."""
    network.train()
    encoder = encoder_of(network)
    if encoder is not None:
        for module in encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


@torch.no_grad()
def update_average(average: dict[str, Tensor], current: dict[str, Tensor], decay: float) -> None:
    """Move the averaged weights (and batch statistics) a little towards the current ones, in place."""
    for name, value in average.items():
        if value.is_floating_point():
            value.lerp_(current[name], 1 - decay)
        else:
            value.copy_(current[name])


def keep(
    run: Run,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: dict[str, Tensor],
    step: int,
    spent: float,
) -> None:
    """Write a checkpoint."""
    state = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average,
        "step": step,
        "spent": spent,
    }
    run.save(average, state)


def report(
    run: Run,
    validator: Validator,
    settings: Settings,
    average: dict[str, Tensor],
    board: SummaryWriter,
    progress: Progress,
    step: int,
    spent: float,
) -> None:
    """Measure the averaged weights, log the figures and leave a sheet of sample colorings."""
    network = build_system(settings.system, pretrained=False).to(validator.rarity.device)
    network.load_state_dict(average)
    network.eval()
    measured = validator.measure(network)
    run.log({"step": step, "minutes": spent / 60, "validation": dataclasses.asdict(measured)})
    raw, rebalanced = measured.raw[0.38] - measured.gray[0], measured.rebalanced[0.38] - measured.gray[1]
    board.add_scalar("validation/loss", measured.loss, step)
    board.add_scalar("validation/raw_over_gray", raw, step)
    board.add_scalar("validation/rebalanced_over_gray", rebalanced, step)
    sheet = validator.sheet(network)
    board.add_image("validation/sheet", sheet, step, dataformats="HWC")
    folder = run.folder / "samples"
    folder.mkdir(exist_ok=True)
    pyvips.Image.new_from_array(np.ascontiguousarray(sheet)).write_to_file(str(folder / f"step-{step:07d}.png"))
    progress.say(
        f"step {step}, {spent / 60:.1f} min: validation loss {measured.loss:.3f}; "
        f"over gray {raw:+.2f} raw, {rebalanced:+.2f} rebalanced at T = 0.38; "
        f"chroma {measured.chroma[0.38]:.1f} (truth {measured.true_chroma:.1f})"
    )


class Window:
    """Sums over the steps since the last line of the log."""

    def __init__(self, step: int) -> None:
        self.first_step, self.began = step, time.monotonic()
        self.loss = self.norm = 0.0

    def add(self, loss: float, norm: float) -> None:
        """Count one step."""
        self.loss += loss
        self.norm += norm

    def close(self, step: int, batch: int) -> dict[str, float]:
        """The means up to `step`, and photographs a second; then begin anew."""
        count, seconds = step - self.first_step, time.monotonic() - self.began
        figures = {
            "loss": self.loss / count,
            "grad_norm": self.norm / count,
            "photos_per_second": count * batch / seconds,
        }
        self.first_step, self.began, self.loss, self.norm = step, time.monotonic(), 0.0, 0.0
        return figures


class StopSignal:
    """Turns the first Ctrl-C or SIGTERM into a request to stop after the step, so that a checkpoint is written."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():  # signals are the main thread's
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self.ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Remember the request; the next signal of the kind acts as usual."""
        self.asked = True
        signal.signal(number, signal.SIG_DFL)
