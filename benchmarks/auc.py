"""Time the AuC against the plain NumPy loop over its 151 thresholds, which most code for this measure has.

    OMP_NUM_THREADS=1 python benchmarks/auc.py [--photographs 16] [--repeats 7]

Both sides get the same made-up photographs (256x256, soft waves of color and some grain) and give the same two figures,
raw and rebalanced, of one system; `bin_scores` gives them by both conventions, so four. What is measured is processor
time in one process, turn by turn, since other work on the machine disturbs it less; the ratio is of the medians.

The bin of every true color is needed by both sides. It is the same for all systems, so an evaluation finds it once
for a photograph; the table has both sides with and without it.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from photochrom.color.ab_bins import ab_bins, nearest_bin
from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.color_error import ColorError, auc_of, bin_scores

SIZE = 256
Photographs = list[tuple[np.ndarray, np.ndarray]]  # (ab, truth), float32 [256, 256, 2] each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photographs", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    photographs = [made_up(seed) for seed in range(arguments.photographs)]
    bins = [nearest_bin(truth) for _, truth in photographs]

    ways: dict[str, Callable[[], tuple[float, float] | None]] = {
        "loop over thresholds": lambda: by_loop(photographs, bins),
        "ColorError": lambda: by_counting(photographs, bins),
        "bin_scores, auc_of (both conventions)": lambda: by_scores(photographs, bins),
        "loop, with nearest_bin": lambda: by_loop(photographs, find_bins(photographs)),
        "ColorError, with nearest_bin": lambda: by_counting(photographs, find_bins(photographs)),
        "bin_scores, auc_of, with nearest_bin": lambda: by_scores(photographs, find_bins(photographs)),
        "nearest_bin alone": lambda: find_bins(photographs) and None,
    }
    figures = {name: way() for name, way in ways.items()}  # the warm-up
    check_agreement(figures)
    seconds = {name: [] for name in ways}
    for _ in range(arguments.repeats):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    show(seconds, arguments.photographs)


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A coloring and a truth, the ab of an 8-bit sRGB picture; the coloring is paler and has no grain."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    waves = np.full((SIZE, SIZE, 3), 128.0)
    for _ in range(6):
        frequency, phase, strength = random.uniform(1, 9, 2), random.uniform(0, 7), random.normal(0, 20, 3)
        waves += strength * np.sin(frequency[0] * rows + frequency[1] * columns + phase)[..., None]
    grain = random.normal(0, 4, waves.shape)
    labs = (rgb_to_lab(rgb.clip(0, 255).astype(np.uint8)) for rgb in (waves, waves + grain))
    # Stacked: over the last two of three channels NumPy's loops run two steps at a time, on both sides.
    ab, truth = (np.stack([lab[..., 1], lab[..., 2]], axis=-1) for lab in labs)
    return 0.5 * ab, truth


def find_bins(photographs: Photographs) -> list[np.ndarray]:
    return [nearest_bin(truth) for _, truth in photographs]


def by_loop(photographs: Photographs, bins: list[np.ndarray]) -> tuple[float, float]:
    """The definition as one writes it down: for each photograph and threshold, which errors are within."""
    count = np.bincount(np.concatenate(bins, axis=None), minlength=len(ab_bins()))
    frequency = count / count.sum()
    raw, rebalanced, pixels, weight = np.zeros(151), np.zeros(151), 0, 0.0
    for (ab, truth), found in zip(photographs, bins, strict=True):
        error = np.sqrt(((ab - truth) ** 2).sum(axis=-1))
        rarity = 1 / frequency[found]
        for threshold in range(151):
            within = error <= threshold
            raw[threshold] += np.count_nonzero(within)
            rebalanced[threshold] += (rarity * within).sum()
        pixels += error.size
        weight += rarity.sum()
    return 100 * float((raw / pixels).mean()), 100 * float((rebalanced / weight).mean())


def by_counting(photographs: Photographs, bins: list[np.ndarray]) -> tuple[float, float]:
    error = ColorError()
    for (ab, truth), found in zip(photographs, bins, strict=True):
        error.add(ab, truth, found)
    return error.auc(), error.auc(rebalanced=True)


def by_scores(photographs: Photographs, bins: list[np.ndarray]) -> tuple[float, float]:
    total = np.zeros((3, len(ab_bins())))
    for (ab, truth), found in zip(photographs, bins, strict=True):
        total += bin_scores(ab, truth, found)
    counts, thresholds, integral = total
    auc_of(integral, counts)
    auc_of(integral, counts, "set")
    return float(auc_of(thresholds, counts)), float(auc_of(thresholds, counts, "set"))


def check_agreement(figures: dict[str, tuple[float, float] | None]) -> None:
    """Stop where the ways do not give the same two figures: then their times say nothing."""
    wanted = figures["loop over thresholds"]
    for name, found in figures.items():
        if found is not None and not np.allclose(found, wanted, atol=1e-6):
            raise SystemExit(f"{name} gives {found}, the loop {wanted}: mend that first")
    print(f"AuC raw {wanted[0]:.4f}, rebalanced {wanted[1]:.4f}: all ways agree\n")


def show(seconds: dict[str, list[float]], photographs: int) -> None:
    """Print the table, milliseconds a photograph."""
    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{photographs} photographs at {SIZE}x{SIZE}, NumPy {np.__version__}, Python {platform.python_version()},")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}\n")
    print("| way | processor ms a photograph (range) | times faster than the loop |")
    print("| --- | --- | --- |")
    for name, values in seconds.items():
        low, middle, high = (1000 * value / photographs for value in (min(values), median[name], max(values)))
        loop = "loop, with nearest_bin" if name.endswith("with nearest_bin") else "loop over thresholds"
        ratio = "" if name in (loop, "nearest_bin alone") else f"{median[loop] / median[name]:.1f}"
        print(f"| {name} | {middle:.2f} ({low:.2f} to {high:.2f}) | {ratio} |")


if __name__ == "__main__":
    main()
