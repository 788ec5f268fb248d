"""Time and memory of the loss, against a straightforward PyTorch version that builds the dense soft target.

    python benchmarks/loss.py [--batch 40] [--side 44] [--repeats 9] [--threads 1]

The straightforward version finds each color's nearest bins by its distance to all 313 (torch.cdist, topk), writes the
soft encoding out as [N, 313, h, w], and leaves the gradient to autograd. Both get the same colors and logits, and their
losses and gradients are compared first.

Times are medians of runs in turn (A B A B ...), on a CPU of processor time, which other work on the machine disturbs
less. Memory on a CPU is the peak of a process of its own (VmHWM, Linux), less what it held when colors and logits were
there. On a GPU, where there is one, the fused kernel is measured at batch 64 and 44x44, against the straightforward
version and against the plain sparse loss, with the allocator's peaks; where there is none, the rows say so.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from photochrom.color.ab_bins import ab_bins, rarity_weights
from photochrom.training import loss as sparse
from photochrom.training.targets import TargetEncoder

NEIGHBORS, SIGMA = 5, 5.0
LAYOUTS = {"first": torch.contiguous_format, "last": torch.channels_last}
CASES = (("float32", "first"), ("float32", "last"), ("bfloat16", "last"))  # the last is what our loop gives


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=40, help="photographs (40, the paper's)")
    parser.add_argument("--side", type=int, default=44, help="of the map of targets (44, a crop of 176)")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; over 1, waiting threads count as well")
    parser.add_argument("--peak", nargs=3, metavar=("VERSION", "DTYPE", "CHANNELS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.peak:
        print(own_peak(*arguments.peak, arguments.batch, arguments.side))
        return
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{torch.get_num_threads()} threads of {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, PyTorch {torch.__version__}, commit {commit()}{load}"
    )
    print(f"batch {arguments.batch}, {arguments.side}x{arguments.side} places, {NEIGHBORS} neighbors\n")
    compare_on_cpu(arguments.batch, arguments.side, arguments.repeats)
    compare_on_gpu(arguments.repeats)


class Case:
    """Colors and logits of a batch, and the versions of the loss on them."""

    def __init__(self, batch: int, side: int, dtype: str, channels: str, device: str = "cpu") -> None:
        self.device = torch.device(device)
        dice = torch.Generator().manual_seed(0)
        # On the half units of the table, where both versions encode alike, and never half-way between two bins.
        ab = (2 * (20 * torch.randn(batch, 2, side, side, generator=dice)).clamp(-95, 95)).round() / 2
        self.ab = torch.where(ab % 10 == 5, ab + 0.5, ab).to(self.device)
        logits = 3 * torch.randn(batch, 313, side, side, generator=dice)
        self.logits = logits.to(self.device, getattr(torch, dtype), memory_format=LAYOUTS[channels])
        self.encoder = TargetEncoder(neighbors=NEIGHBORS, sigma=SIGMA, device=self.device)
        self.bins = torch.from_numpy(np.array(ab_bins())).to(self.device)
        self.rarity = torch.from_numpy(rarity_weights(np.random.default_rng(0).random(313) ** 4, 0.5)).to(self.device)

    def encode_dense(self) -> Tensor:
        """The soft encoding written out, float32 [N, 313, h, w]."""
        batch, _, height, width = self.ab.shape
        colors = self.ab.permute(0, 2, 3, 1).reshape(-1, 2)
        distance, near = torch.cdist(colors, self.bins).topk(NEIGHBORS, dim=1, largest=False)
        weight = torch.exp(-(distance**2) / (2 * SIGMA**2))
        target = torch.zeros(len(colors), len(self.bins), device=self.device)
        target.scatter_(1, near, weight / weight.sum(dim=1, keepdim=True))
        return target.reshape(batch, height, width, -1).permute(0, 3, 1, 2).contiguous()

    def dense(self, logits: Tensor) -> Tensor:
        """The straightforward version, scalar."""
        target = self.encode_dense()
        colored = (self.ab.abs().amax(dim=(1, 2, 3)) > 5).float()[:, None, None]
        importance = self.rarity[target.argmax(dim=1)] * colored
        return -(importance * (target * torch.log_softmax(logits.float(), dim=1)).sum(dim=1)).mean()

    def ours(self, logits: Tensor) -> Tensor:
        """What training uses, scalar."""
        return sparse.rebalanced_cross_entropy(logits, self.encoder.encode(self.ab), self.rarity)

    def plain(self, logits: Tensor) -> Tensor:
        """Ours without the kernel."""
        before, sparse.can_fuse = sparse.can_fuse, lambda logits: False
        try:
            return self.ours(logits)
        finally:
            sparse.can_fuse = before

    def step(self, version: str) -> tuple[Tensor, Tensor]:
        """Loss and gradient by `ours`, `plain` or `dense`."""
        leaf = self.logits.detach().requires_grad_()
        loss = getattr(self, version)(leaf)
        loss.backward()
        return loss.detach(), leaf.grad

    def check(self) -> None:
        """Stop if the versions do not agree; where bins are equally near, which of them is fifth is anyone's choice."""
        (loss, gradient), (wanted_loss, wanted) = self.step("ours"), self.step("dense")
        torch.testing.assert_close(loss, wanted_loss, rtol=0.002, atol=0)
        error = float((gradient.float() - wanted.float()).norm() / wanted.float().norm())
        if error > 0.05:
            raise SystemExit(f"the gradients of the two versions differ by {error:.3f} of their size; mend that first")


def compare_on_cpu(batch: int, side: int, repeats: int) -> None:
    case = Case(batch, side, "float32", "first")
    ours, dense = in_turn([lambda: case.encoder.encode(case.ab), case.encode_dense], repeats, time.process_time)
    print(
        f"encoding the targets: ours {1e3 * ours:.2f} ms, dense {1e3 * dense:.0f} ms, {dense / ours:.0f} times faster\n"
    )
    print("| logits | version | encoding, loss and gradient | extra memory at the peak | time ratio | memory ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    for dtype, channels in CASES:
        case = Case(batch, side, dtype, channels)
        case.check()
        steps = [partial(case.step, version) for version in ("ours", "dense")]
        ours, dense = in_turn(steps, repeats, time.process_time)
        peaks = [peak_of_process(version, dtype, channels, batch, side) for version in ("ours", "dense")]
        name = f"{dtype}, channels {channels}"
        print(
            f"| {name} | ours | {1e3 * ours:.0f} ms | {peaks[0]} MB | {dense / ours:.1f} | {peaks[1] / peaks[0]:.1f} |"
        )
        print(f"| {name} | dense | {1e3 * dense:.0f} ms | {peaks[1]} MB | | |", flush=True)


def compare_on_gpu(repeats: int) -> None:
    """The fused kernel at batch 64 and 44x44, or rows that say why there are no figures."""
    there = torch.cuda.is_available()
    name = torch.cuda.get_device_name() if there else "A GPU"
    print(f"\n{name}, batch 64, 44x44 places; the encoding is part of the step\n")
    print("| logits | version | time | peak above the logits | time, over ours | memory, over ours |")
    print("| --- | --- | --- | --- | --- | --- |")
    if not there:
        for dtype, channels in CASES:
            print(f"| {dtype}, channels {channels} | fused | not measured here: no GPU | | | |")
        return
    for dtype, channels in CASES:
        case = Case(64, 44, dtype, channels, "cuda")
        case.check()
        versions = ("ours", "plain", "dense") if sparse.can_fuse(case.logits) else ("plain", "dense")
        times = in_turn([partial(case.step, version) for version in versions], 10 * repeats, time.perf_counter)
        peaks = [peak_of_allocator(case, version) for version in versions]
        for version, seconds, peak in zip(versions, times, peaks, strict=True):
            label = {"ours": "fused", "plain": "sparse, plain PyTorch", "dense": "dense, plain PyTorch"}[version]
            print(
                f"| {dtype}, channels {channels} | {label} | {1e3 * seconds:.2f} ms | {peak:.0f} MB "
                f"| {seconds / times[0]:.1f} | {peak / peaks[0]:.1f} |"
            )


def in_turn(functions: list[Callable[[], object]], repeats: int, clock: Callable[[], float]) -> list[float]:
    """The median time of each in seconds, after one call of each that is not counted."""
    times: list[list[float]] = [[] for _ in functions]
    for repeat in range(repeats + 1):
        for function, list_of_times in zip(functions, times, strict=True):
            synchronize()
            began = clock()
            function()
            synchronize()
            if repeat:
                list_of_times.append(clock() - began)
    return [statistics.median(list_of_times) for list_of_times in times]


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def peak_of_process(version: str, dtype: str, channels: str, batch: int, side: int) -> int:
    """MB by which a process grew while it encoded, computed the loss and its gradient."""
    command = [sys.executable, __file__, "--peak", version, dtype, channels, "--batch", str(batch), "--side", str(side)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def own_peak(version: str, dtype: str, channels: str, batch: int, side: int) -> int:
    Case(1, 8, dtype, channels).step(version)  # what the libraries load at their first use is not counted
    case = Case(batch, side, dtype, channels)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = memory("VmRSS")
    case.step(version)
    return round((memory("VmHWM") - before) / 1024)


def memory(name: str) -> int:
    """A line of /proc/self/status, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def peak_of_allocator(case: Case, version: str) -> float:
    """MB above what was allocated before."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    case.step(version)
    return (torch.cuda.max_memory_allocated() - before) / 2**20


if __name__ == "__main__":
    main()
