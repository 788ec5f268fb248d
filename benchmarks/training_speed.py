"""How fast training is: on a CPU against plain float32, on a GPU against what its matrix units can do.

    python benchmarks/training_speed.py [PHOTOGRAPHS] [--crop 160] [--batch 32] [--steps 12] [--threads 1]
    python benchmarks/training_speed.py PHOTOGRAPHS --crop 64 --batch 8 --steps 300     # do they learn alike?
    python benchmarks/training_speed.py --gpu [--dry-run]

On a CPU `lite-full` is trained in several ways at once: every step draws one batch, and each way takes its step on it,
in an order that turns. So other work on the machine hits all alike, and the ratio is that of times a second apart. With
one thread it is processor time that counts, which other work disturbs least; with more, the wall's.
All ways have the recipe's loss, frozen blocks, optimizer and averaged weights. `plain` is float32, channels first,
eager; `ours` is what the loop does. `reseeded` is `plain` with other fresh layers: how far two runs differ that mean
the same. The loss is the mean over the last sixth of the steps; the held-out loss is that of the averaged weights on
photographs that were not trained on.

On a GPU whole steps are timed, from crops of photographs on the device to the averaged weights, in bf16, channels last
and compiled; then the parts of a step, each waited for. The share is that of the floating-point operations of the
network's layers, forward and backward, in what one large bf16 matrix product reaches. `--dry-run` goes the same way at
a tiny size on whatever is there; its figures say nothing.

Without PHOTOGRAPHS (a source, as `photochrom train --data` takes it) pictures are made up: enough for speed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from photochrom.data.crops import CropSampler, center_squares
from photochrom.data.decoding import decode
from photochrom.data.sources import read_source
from photochrom.training.batch_norm import set_training_mode
from photochrom.training.depthwise import quicken_depthwise
from photochrom.training.objectives import build_objective
from photochrom.training.optimizers import Average, build_optimizer, freeze, schedule, set_rates
from photochrom.training.prior import count_prior
from photochrom.training.recipes import eccv16_full_modern, lite_full
from photochrom.training.settings import Settings
from photochrom.training.systems import build_network
from photochrom.training.targets import lightness_and_ab

SHORT_SIDE = 256
PARTS = ("crops", "lightness and ab", "forward", "loss", "backward", "optimizer", "average")


@dataclass(frozen=True)
class Way:
    """How the same training is computed."""

    bf16: bool = False
    channels_last: bool = False
    depthwise: bool = False  # gradients of depthwise convolutions in float32, see `training.depthwise`
    compiled: bool = False
    seed: int = 0  # of the fresh layers

    @property
    def layout(self) -> torch.memory_format:
        """Of weights and pictures."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


WAYS = {
    "plain": Way(),
    "channels-last": Way(channels_last=True),
    "bf16": Way(bf16=True),
    "bf16-channels-last": Way(bf16=True, channels_last=True),
    "ours": Way(bf16=True, channels_last=True, depthwise=True),
    "compiled": Way(bf16=True, channels_last=True, depthwise=True, compiled=True),
    "reseeded": Way(seed=1),
}


class Trainee:
    """A network in training: what the loop does in a step, with a clock at every part.

    Args:
        settings: of the recipe.
        way: how it is computed.
        prior: float64 [313].
        device: where.
    """

    def __init__(self, settings: Settings, way: Way, prior: np.ndarray, device: torch.device) -> None:
        self.settings, self.way, self.device = settings, way, device
        self.network = build_network(replace(settings, seed=way.seed)).to(device, memory_format=way.layout)
        freeze(self.network, settings.frozen_blocks)
        if way.depthwise:
            quicken_depthwise(self.network)
        self.objective = build_objective(settings, prior, device)
        self.run: Callable[[Tensor], Tensor] = torch.compile(self.network) if way.compiled else self.network
        self.optimizer = build_optimizer(self.network, settings)
        self.average = Average(self.network, settings.ema)
        self.done = 0  # steps

    def step(self, rgb: Tensor, clock: Clock) -> Tensor:
        """One step on uint8 [N, 3, S, S]; returns the loss."""
        settings = self.settings
        set_training_mode(self.network)
        set_rates(self.optimizer, schedule(self.done, self.done / settings.steps, settings))
        with clock.part("lightness and ab"):
            lightness, ab = lightness_and_ab(rgb.to(self.device), target=settings.target)
            lightness = lightness.contiguous(memory_format=self.way.layout)
        with clock.part("forward"), torch.autocast(self.device.type, torch.bfloat16, enabled=self.way.bf16):
            output = self.run(lightness)
        with clock.part("loss"):
            loss = self.objective.loss(output, lightness, ab)
        with clock.part("backward"):
            self.optimizer.zero_grad()
            loss.backward()
        with clock.part("optimizer"):
            if settings.clip_norm:
                nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
            self.optimizer.step()
        with clock.part("average"):
            self.average.update(self.done)
        self.done += 1
        return loss.detach()

    @torch.no_grad()
    def held_out_loss(self, squares: Tensor) -> float:
        """Of the averaged weights, in float32, on uint8 [N, 3, S, S]."""
        lightness, ab = lightness_and_ab(squares, target=self.settings.target)
        return float(self.objective.loss(self.average.network(lightness), lightness, ab))


class Clock:
    """Seconds of each part of a step. Where the device works on its own, each part is waited for, if `wait` is set."""

    def __init__(self, device: torch.device, *, wait: bool) -> None:
        self.device, self.wait = device, wait
        self.seconds: dict[str, list[float]] = {name: [] for name in PARTS}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        began = self.now()
        yield
        self.seconds[name].append(self.now() - began)

    def now(self) -> float:
        """Seconds on the wall, once the device is idle."""
        if self.wait and self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="?", help="a source; without it, pictures are made up")
    parser.add_argument("--count", type=int, default=500, help="photographs; a tenth of them are held out")
    parser.add_argument("--crop", type=int, default=160, help="side in pixels (160, the recipe's)")
    parser.add_argument("--batch", type=int, help="crops in a step (32, the recipe's; on a GPU 256)")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("--ways", default="plain,ours", help=f"of {', '.join(WAYS)}; ratios are over the first")
    parser.add_argument("--gpu", action="store_true", help="the GPU's table instead of the CPU's")
    parser.add_argument("--dry-run", action="store_true", help="with --gpu: tiny, on whatever is there")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.gpu:
        on_gpu(arguments)
    else:
        on_cpu(arguments)


def on_cpu(arguments: argparse.Namespace) -> None:
    """Train in all ways at once, print time and loss of each."""
    photographs = load(arguments.photographs, arguments.count)
    held = photographs[: max(4, len(photographs) // 10)]
    settings = replace(
        lite_full(),
        crop=arguments.crop,
        batch=arguments.batch or lite_full().batch,
        steps=arguments.steps + 1,  # the first is not timed
        warmup_steps=min(30, arguments.steps // 4),
    )
    sampler = CropSampler(photographs[len(held) :], settings.crop, settings.batch, seed=0)
    prior = count_prior(sampler, settings, torch.device("cpu"))
    trainees = {name: Trainee(settings, WAYS[name], prior, torch.device("cpu")) for name in arguments.ways.split(",")}
    seconds: dict[str, list[float]] = {name: [] for name in trainees}
    losses: dict[str, list[float]] = {name: [] for name in trainees}
    names = list(trainees)
    clock, called = (time.process_time, "processor") if arguments.threads == 1 else (time.perf_counter, "wall")
    describe(f"lite-full, crops of {settings.crop}, batch {settings.batch}, {arguments.steps} steps, {called} time")
    for step in range(settings.steps):
        rgb = sampler.draw(step)
        for name in names[step % len(names) :] + names[: step % len(names)]:
            began = clock()
            loss = trainees[name].step(rgb, Clock(torch.device("cpu"), wait=False))
            if step:
                seconds[name].append(clock() - began)
                losses[name].append(float(loss))
    squares = center_squares(held, 64 if settings.crop < 128 else 192)
    show_ways(trainees, seconds, losses, squares, settings.batch)


def show_ways(
    trainees: dict[str, Trainee],
    seconds: dict[str, list[float]],
    losses: dict[str, list[float]],
    squares: Tensor,
    batch: int,
) -> None:
    """The CPU's table. Ratios are medians over the steps, each of two times on one batch."""
    first = next(iter(trainees))
    print(f"| way | ms a step (middle half) | crops a second | times faster than {first} | loss | held-out loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, trainee in trainees.items():
        low, middle, high = np.quantile(seconds[name], [0.25, 0.5, 0.75])
        ratio = statistics.median(np.array(seconds[first]) / np.array(seconds[name]))
        last = losses[name][-max(1, len(losses[name]) // 6) :]
        print(
            f"| {name} | {1e3 * middle:.0f} ({1e3 * low:.0f} to {1e3 * high:.0f}) | {batch / middle:.1f} "
            f"| {ratio:.2f} | {statistics.mean(last):.4f} | {trainee.held_out_loss(squares):.4f} |",
            flush=True,
        )


def on_gpu(arguments: argparse.Namespace) -> None:
    """Train eccv16 and lite at full speed, print photographs a second and the share of the matrix units."""
    tiny = arguments.dry_run
    if not tiny and not torch.cuda.is_available():
        print("eccv16 and lite at full speed: not measured here: no GPU")
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    batch = arguments.batch or (2 if tiny else 256)
    photographs = load(arguments.photographs, 8 if tiny else arguments.count)
    reached = matrix_speed(device, 256 if tiny else 8192)
    describe(
        f"bf16, channels last, {'eager' if tiny else 'compiled'}, batch {batch}; a dry run"
        if tiny
        else f"bf16, channels last, compiled, batch {batch}"
    )
    name = torch.cuda.get_device_name() if device.type == "cuda" else "this processor"
    print(f"{name}: {reached / 1e12:.3g} TFLOP/s in a large bf16 matrix product\n")
    print("| recipe, crop | photographs a second | GFLOP each | share of the matrix product | ms a step, by part |")
    print("| --- | --- | --- | --- | --- |")
    for recipe, settings in (("eccv16-full-modern", eccv16_full_modern()), ("lite-full", lite_full())):
        crop = 64 if tiny else settings.crop
        settings = replace(settings, crop=crop, batch=batch, steps=10**6)
        sampler = CropSampler(photographs, crop, batch, seed=0).on(device)
        prior = np.full(313, 1 / 313)
        way = Way(bf16=True, channels_last=True, compiled=not tiny)
        trainee = Trainee(settings, way, prior, device)
        flop = count_flop(settings, prior, sampler.draw(0)[:1], device)
        steps = 2 if tiny else arguments.steps
        rate = batch / time_steps(trainee, sampler, steps, warm=1 if tiny else 10)
        clock = Clock(device, wait=True)
        for step in range(steps):
            take_step(trainee, sampler, step, clock)
        parts = ", ".join(f"{name} {1e3 * statistics.median(clock.seconds[name]):.2g}" for name in PARTS)
        print(
            f"| {recipe}, {crop} | {rate:,.0f} | {flop / 1e9:.3g} | {100 * rate * flop / reached:.0f} % | {parts} |",
            flush=True,
        )


def take_step(trainee: Trainee, sampler: CropSampler, step: int, clock: Clock) -> None:
    with clock.part("crops"):
        rgb = sampler.draw(step)
    trainee.step(rgb, clock)


def time_steps(trainee: Trainee, sampler: CropSampler, steps: int, *, warm: int) -> float:
    """Seconds a step, over steps that follow each other without waiting; the first, which compile, do not count."""
    idle = Clock(trainee.device, wait=False)
    waiting = Clock(trainee.device, wait=True)
    for step in range(warm):
        take_step(trainee, sampler, step, idle)
    began = waiting.now()
    for step in range(warm, warm + steps):
        take_step(trainee, sampler, step, idle)
    return (waiting.now() - began) / steps


def count_flop(settings: Settings, prior: np.ndarray, rgb: Tensor, device: torch.device) -> float:
    """Floating-point operations of one photograph, forward and backward: convolutions and matrix products alone."""
    trainee = Trainee(settings, Way(), prior, device)
    with FlopCounterMode(display=False) as counter:
        trainee.step(rgb, Clock(device, wait=False))
    return float(counter.get_total_flops())


def matrix_speed(device: torch.device, size: int) -> float:
    """Floating-point operations a second of a square bf16 matrix product, the best of several."""
    left, right = (torch.randn(size, size, device=device).bfloat16() for _ in range(2))
    clock, best = Clock(device, wait=True), 0.0
    for _ in range(20):
        began = clock.now()
        left @ right
        best = max(best, 2 * size**3 / (clock.now() - began))
    return best


def load(source: str | None, count: int) -> list[np.ndarray]:
    """uint8 [h, w, 3] each, brought down to a short side of 256."""
    if source is None:
        random = np.random.default_rng(0)
        coarse = random.integers(0, 256, (count, 8, 10, 3), np.uint8)
        return [np.repeat(np.repeat(picture, 32, axis=0), 32, axis=1) for picture in coarse]
    return [decode(photograph, SHORT_SIDE) for photograph in islice(read_source(source), count)]


def describe(what: str) -> None:
    """Print what is measured, and on what."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    print(what)
    print(
        f"{torch.get_num_threads()} threads of {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, PyTorch {torch.__version__}, commit {commit.stdout.strip()}, "
        f"load average {os.getloadavg()[0]:.1f}\n",
        flush=True,
    )


if __name__ == "__main__":
    main()
