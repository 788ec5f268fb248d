"""Throughput of `photochrom colorize FOLDER` against a loop that colors one photograph after the other.

    python benchmarks/folder.py [--count 200] [--megapixels 1] [--jobs 2] [--repeats 3] [--entries 20000]

The photographs are made of those of `examples/`: enlarged, cut, mirrored and with film grain, so that no two are alike.
Each contestant is a process of its own on a warm disk; they run in turn (A B C ..., A B C ...), and medians are shown:

- commands: a loop in the shell, one `photochrom colorize FILE` after the other; once, because it takes long
- loop: one in Python, `for path in folder: colorizer.colorize(path).save(...)`, with the colorizer's choice of threads
- folder, 1 job: the command, with manifest and all, one photograph at a time
- folder, N jobs: the command, N threads that share one network
- N processes: N processes of the loop at a time, each with its part of the photographs and one thread

Checked at the end: all wrote the same bytes. Then the listing of a folder with many entries is timed, and its memory
measured. Only a machine with nothing else to do gives times to quote.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SIDES = (6, 5)  # of the photographs

# Runs in a process of its own: Linux counts the memory of the process that starts another as the other's, too.
MAKE_PHOTOGRAPHS = """
import sys
from pathlib import Path
import pyvips
target, count, width, height = Path(sys.argv[1]), *map(int, sys.argv[2:5])
examples = [Path(name) for name in sys.argv[5:]]
for number in range(count):
    small = pyvips.Image.new_from_file(str(examples[number % len(examples)]), access="random").colourspace("b-w")[0]
    scale = 1.02 + number / count
    large = small.resize(scale * max(width / small.width, height / small.height), kernel="cubic")
    large = large.crop((large.width - width) * number // count, (large.height - height) // 2, width, height)
    grain = pyvips.Image.gaussnoise(width, height, mean=0, sigma=5, seed=number)
    large = ((large.fliphor() if number % 2 else large) + grain).cast("uchar").copy(interpretation="b-w")
    folder = target / str(number % 10)
    folder.mkdir(exist_ok=True)
    large.jpegsave(str(folder / f"{number:04}.jpg"), Q=90)
"""
LOOP = """
import os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
from pathlib import Path
from photochrom import Colorizer
source, target, part, parts = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
colorizer = Colorizer(threads=1 if parts > 1 else None)
for path in sorted(source.rglob("*.jpg"))[part::parts]:
    place = target / path.relative_to(source)
    place.parent.mkdir(parents=True, exist_ok=True)
    colorizer.colorize(path).save(place.with_suffix(".color.jpg"), overwrite=True)
"""
SHELL = """
for photo in "$1"/*/*.jpg; do "$0" colorize "$photo" -o "$2/$(basename "$(dirname "$photo")")" --force; done
"""
LIST = """
import resource, sys, time
from photochrom.batch.finding import find_photographs
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
works = list(find_photographs([sys.argv[1]]))
seconds = time.perf_counter() - start
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(f"{len(works):,} entries listed in {seconds:.2f} s and {grown / 1024:.0f} MB")
"""


@dataclass(frozen=True)
class Contestant:
    """Processes that together color the folder, side by side."""

    name: str
    commands: list[list[str]]
    single_threaded: bool = False  # libvips with one thread, where several processes share the cores


@dataclass(frozen=True)
class Run:
    """One coloring of the whole folder."""

    seconds: float  # wall
    processor: float  # seconds of all cores together
    megabytes: float  # peak resident set, of all processes together


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--megapixels", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--entries", type=int, default=20_000)
    arguments = parser.parse_args()
    print(describe_machine(), "\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_photographs(folder / "album", arguments.count, arguments.megapixels)
        runs: dict[str, list[Run]] = {}
        for repeat in range(arguments.repeats):
            for contestant in contestants(folder, arguments.jobs):
                if repeat == 0 or contestant.name != "commands":
                    runs.setdefault(contestant.name, []).append(color(contestant))
            check_same(folder, arguments.count)
        print_table(runs, arguments.count)
        print(f"\nThe {arguments.count} results of all contestants are the same, byte for byte.")
        many = folder / "many"
        many.mkdir()
        for number in range(arguments.entries):
            (many / f"{number:06}.jpg").touch()
        print(subprocess.check_output([sys.executable, "-c", LIST, str(many)], text=True), end="")


def contestants(folder: Path, jobs: int) -> list[Contestant]:
    """The ways to color folder/album, each into a folder of its own."""
    command = str(Path(sys.executable).parent / "photochrom")
    album = str(folder / "album")

    def loop(place: str, part: int, parts: int) -> list[str]:
        return [sys.executable, "-c", LOOP, album, str(folder / place), str(part), str(parts)]

    def whole(place: str, count: int) -> list[str]:
        return [command, "colorize", album, "-o", str(folder / place), "--jobs", str(count), "--force"]

    return [
        Contestant("commands", [["/bin/sh", "-c", SHELL, command, album, str(folder / "commands")]]),
        Contestant("loop", [loop("loop", 0, 1)]),
        Contestant("folder, 1 job", [whole("one", 1)]),
        Contestant(f"folder, {jobs} jobs", [whole("several", jobs)]),
        Contestant(f"{jobs} processes", [loop("processes", part, jobs) for part in range(jobs)], single_threaded=True),
    ]


def color(contestant: Contestant) -> Run:
    """From the start of the first process to the end of the last."""
    environment = os.environ | ({"VIPS_CONCURRENCY": "1"} if contestant.single_threaded else {})
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    start = time.perf_counter()
    running = [os.posix_spawn(words[0], words, environment, file_actions=quiet) for words in contestant.commands]
    processor = megabytes = 0.0
    for process in running:
        _, status, usage = os.wait4(process, 0)
        if status:
            raise SystemExit(f"{contestant.name} ended with status {status}")
        processor += usage.ru_utime + usage.ru_stime
        megabytes += usage.ru_maxrss / 1024  # kilobytes on Linux
    return Run(time.perf_counter() - start, processor, megabytes)


def print_table(runs: dict[str, list[Run]], count: int) -> None:
    """A row for each contestant; a ratio above 1 is faster than the loop."""
    print("| contestant | wall (range) | photographs a second | processor | peak memory | ratio to the loop |")
    print("| --- | --- | --- | --- | --- | --- |")
    loop = statistics.median(run.seconds for run in runs["loop"])
    for name, those in runs.items():
        seconds = [run.seconds for run in those]
        middle = statistics.median(seconds)
        processor = statistics.median(run.processor for run in those)
        memory = statistics.median(run.megabytes for run in those)
        print(
            f"| {name} | {middle:.1f} s ({min(seconds):.1f} to {max(seconds):.1f}) | {count / middle:.1f} "
            f"| {processor:.1f} s | {memory:.0f} MB | {loop / middle:.2f} |"
        )


def check_same(folder: Path, count: int) -> None:
    """All contestants wrote the same files."""
    first = {path.relative_to(folder / "loop"): path.read_bytes() for path in (folder / "loop").rglob("*.jpg")}
    for name in ("commands", "one", "several", "processes"):
        place = folder / name
        if first != {path.relative_to(place): path.read_bytes() for path in place.rglob("*.jpg")}:
            raise SystemExit(f"the results of {name} differ from those of the loop")
    if len(first) != count:
        raise SystemExit(f"{count} photographs gave {len(first)} results")


def make_photographs(album: Path, count: int, megapixels: float) -> None:
    unit = (megapixels * 1e6 / (SIDES[0] * SIDES[1])) ** 0.5
    width, height = (str(round(side * unit)) for side in SIDES)
    examples = [str(path) for path in sorted((HERE.parent / "examples").glob("*.jpg"))]
    album.mkdir()
    command = [sys.executable, "-c", MAKE_PHOTOGRAPHS, str(album), str(count), width, height, *examples]
    subprocess.run(command, check=True)


def describe_machine() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, commit {commit or 'none'}, "
        f"load average {os.getloadavg()[0]:.1f} at the start"
    )


if __name__ == "__main__":
    main()
