"""Measure how many photographs a second an evaluation takes, by threads and by processes, and its memory.

    python benchmarks/evaluation_speed.py [--data FOLDER] [--photographs 64]

Without --data, smooth random pictures stand in: the networks do not care. Two ways to share the work are compared:
threads of one process, as `photochrom evaluate` does it, and separate processes. `auc.py` times the AuC by itself.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does: each worker is one thread

import numpy as np
import pyvips

from photochrom.evaluation import Settings, evaluate
from photochrom.evaluation.provenance import versions

SIZE = 256


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="photographs; without it, random pictures")
    parser.add_argument("--photographs", type=int, default=64)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--only-evaluate", type=Path, help=argparse.SUPPRESS)  # one share, for the processes
    arguments = parser.parse_args()
    if arguments.only_evaluate is not None:
        run(arguments.only_evaluate, arguments.model, jobs=1, limit=None)
        return
    used = versions()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, {used['platform']}, commit {used['commit'][:7]}, load average {load:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data or random_pictures(Path(folder) / "pictures", arguments.photographs)
        compare_workers(data, arguments.photographs, arguments.model, Path(folder))


def compare_workers(data: Path, photographs: int, model: str, folder: Path) -> None:
    """Photographs a second with one thread, with as many as there are cores, and with as many processes."""
    run(data, model, jobs=1, limit=2)  # the judge's graph is exported once
    cores = os.cpu_count() or 1
    taken = {}
    for jobs in sorted({1, cores}):
        start = time.perf_counter()
        run(data, model, jobs=jobs, limit=photographs)
        taken[f"{jobs} thread{'s' if jobs > 1 else ''}"] = time.perf_counter() - start, peak(resource.RUSAGE_SELF)
    shares = split(data, folder, photographs, cores)
    start = time.perf_counter()
    command = [sys.executable, __file__, "--model", model, "--only-evaluate"]
    running = [subprocess.Popen([*command, str(share)]) for share in shares]
    for process in running:
        process.wait()
    taken[f"{cores} processes"] = time.perf_counter() - start, cores * peak(resource.RUSAGE_CHILDREN)
    print(f"\ntruth, gray, random and {model} on {photographs} photographs, with classification and features:\n")
    print("| workers | time | photographs a second | peak memory |\n| --- | --- | --- | --- |")
    for name, (seconds, megabytes) in taken.items():
        print(f"| {name} | {seconds:.1f} s | {photographs / seconds:.2f} | {megabytes:.0f} MB |")


def run(data: Path, model: str, *, jobs: int, limit: int | None) -> None:
    """One evaluation from the start."""
    with tempfile.TemporaryDirectory() as work:
        settings = Settings(limit=limit, cost=False, sweep=False, gallery=0)
        evaluate(data, ["truth", "gray", "random", model], settings, work=Path(work), jobs=jobs)


def split(data: Path, folder: Path, count: int, parts: int) -> list[Path]:
    """Folders with equal shares of the photographs, for processes of their own."""
    from photochrom.evaluation.labels import read_labelled

    shares = [folder / f"share-{part}" for part in range(parts)]
    lines: list[list[str]] = [["file,label"] for _ in shares]
    for share in shares:
        share.mkdir()
    for index, (photograph, label) in zip(range(count), read_labelled(data), strict=False):
        name = f"{index:06d}{Path(photograph.name).suffix or '.jpg'}"
        (shares[index % parts] / name).write_bytes(photograph.data)
        lines[index % parts].append(f"{name},{'' if label.index is None else label.index}")
    for share, table in zip(shares, lines, strict=True):
        (share / "labels.csv").write_text("\n".join(table), encoding="utf-8")
    return shares


def random_pictures(folder: Path, count: int) -> Path:
    """Smooth pictures with labels."""
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = ["file,label"]
    for index in range(count):
        coarse = pyvips.Image.new_from_array(random.integers(0, 256, (8, 8, 3), dtype=np.uint8), interpretation="srgb")
        coarse.resize(SIZE / 8, kernel="cubic").write_to_file(str(folder / f"{index:06d}.jpg"))
        lines.append(f"{index:06d}.jpg,{index % 1000}")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def peak(whose: int) -> float:
    """Peak memory in MB so far, of this process or of the largest of its children."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(whose).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
