"""`photochrom archive` against `photochrom colorize FOLDER`, the shares of its time, and its growth with the keys.

    python benchmarks/archive.py [--count 200] [--megapixels 1] [--actors 2] [--repeats 3] [--keys 1000 10000 100000]

- Throughput: the same photographs (made as `folder.py` makes them), both in turn, in processes of their own and with
  the same priority (Ray gives its workers a low one), on a warm disk. The folder command has as many jobs as there are
  cores. Of the archive two times are told: that of the whole command, and that without what does not grow with the
  archive, starting Ray and actors. Checked: the same bytes.
- Shares: of the seconds that actors spent at their chunks, how many went into reading from the source, decoding small
  and the network, decoding whole with joining and encoding, putting into the target, and everything else (Ray's part
  inside an actor, the ledger, pipes). The network's own part is measured by itself, on the same lightness.
- Growth: with a program in the place of the coloring process that answers each photograph with its own bytes, so that
  nothing is colored: time and peak memory of the driver for each number of keys.

Only a machine with nothing else to do gives times to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from folder import describe_machine, make_photographs

ARCHIVE = """
import json, resource, sys, time
from pathlib import Path
from photochrom.archive import Resources, colorize_archive, plan_run
source, target, actors, at_once, *program = sys.argv[1:]
changes = {"program": tuple(program)} if program else {}
run = plan_run(source, target, at_once=int(at_once), **changes)
first = []
def note(progress):
    first.append(progress)
summary = colorize_archive(run, Resources(actors=int(actors)), progress=note)
told = json.loads(summary.to_json())
told["working"] = first[-1].seconds
told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(told))
"""
STUB = """
import sys
from pathlib import PurePosixPath
from photochrom.archive.frames import Closed, read_frame, write_frame
read_frame(sys.stdin.buffer)
write_frame(sys.stdout.buffer, {"ready": True})
while True:
    try:
        asked, blocks = read_frame(sys.stdin.buffer)
    except Closed:
        break
    target = str(PurePosixPath(asked["path"]).with_suffix(".color.jpg"))
    answer = {"id": asked["id"], "targets": [target], "state": "colored", "width": 1, "height": 1}
    write_frame(sys.stdout.buffer, {**answer, "source_sha256": "", "looking": 0.0, "writing": 0.0}, blocks)
"""
NETWORK = """
import sys, time
from pathlib import Path
from photochrom import Colorizer
from photochrom.inference.seen_photo import SeenPhoto
from photochrom.inference.working_size import working_shape
from photochrom.photos import open_photograph
colorizer, spent = Colorizer(threads=1), []
for path in sorted(Path(sys.argv[1]).rglob("*.jpg"))[:40]:
    photograph = open_photograph(path)
    seen = SeenPhoto(photograph, *working_shape(photograph.width, photograph.height, working_size=256))
    lightness = seen.lightness
    start = time.thread_time()
    colorizer.predictor.predict_ab(lightness)
    spent.append(time.thread_time() - start)
print(sorted(spent)[len(spent) // 2])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--megapixels", type=float, default=1.0)
    parser.add_argument("--actors", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keys", type=int, nargs="*", default=[1000, 10_000, 100_000])
    arguments = parser.parse_args()
    print(describe_machine(), "\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.count:
            make_photographs(folder / "album", arguments.count, arguments.megapixels)
            compare(folder, arguments.count, arguments.actors, arguments.repeats)
        if arguments.keys:
            grow(folder, arguments.keys, arguments.actors)


def compare(folder: Path, count: int, actors: int, repeats: int) -> None:
    """The folder command and the archive, in turn; then the shares."""
    commands: list[float] = []
    processor: list[float] = []
    archives: list[dict[str, Any]] = []
    photochrom = str(Path(sys.executable).parent / "photochrom")
    for repeat in range(repeats):
        place = folder / f"folder-{repeat}"
        words = [photochrom, "colorize", str(folder / "album"), "-o", str(place), "--jobs", str(os.cpu_count())]
        start, before = time.perf_counter(), children()
        subprocess.run(words, check=True, capture_output=True)
        commands.append(time.perf_counter() - start)
        processor.append(children() - before)
        archives.append(run_archive(folder / "album", folder / f"archive-{repeat}", actors))
        check_same(place, folder / f"archive-{repeat}", count)
    command = statistics.median(commands)
    print("| | wall (range) | photographs a second | against the folder command |\n| --- | --- | --- | --- |")
    print(row("folder command", commands, count, command))
    print(row("archive, whole command", [each["whole"] for each in archives], count, command))
    print(row("archive, from the first chunk asked for", [each["working"] for each in archives], count, command))
    print(f"\nThe {count} results are the same, byte for byte.")
    used = statistics.median(each["core_seconds_a_photograph"] for each in archives)
    alone = statistics.median(processor) / count
    print(f"Core-seconds a photograph: {alone:.3f} of the folder command, {used:.3f} of actors and their processes.\n")
    print_shares(archives[-1], folder / "album", count)


def children() -> float:
    """Seconds of processor that processes started here have taken, once they have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(name: str, seconds: list[float], count: int, command: float) -> str:
    middle = statistics.median(seconds)
    spread = f"{min(seconds):.1f} to {max(seconds):.1f}"
    return f"| {name} | {middle:.1f} s ({spread}) | {count / middle:.1f} | {middle / command - 1:+.0%} |"


def print_shares(told: dict[str, Any], album: Path, count: int) -> None:
    """Where the actors' time went. Photographs overlap in an actor, so the shares are of the stages' sum."""
    stages: dict[str, float] = told["stages"]
    network = float(subprocess.check_output([sys.executable, "-c", NETWORK, str(album)], text=True))
    total = sum(stages.values())
    print("| stage | seconds a photograph | share |\n| --- | --- | --- |")
    for stage, seconds in stages.items():
        print(f"| {stage} | {seconds / count:.4f} | {seconds / total:.0%} |")
    print(f"\nThe network alone: {network:.4f} core-seconds a photograph.")
    asked = told["working"] * told["actors"]
    print(f"Actors were busy {told['busy']:.1f} s of {asked:.1f} s: the rest is Ray's, their start above all.")
    print(f"The driver's memory was {told['peak']:.0f} MB at its peak.")


def grow(folder: Path, sizes: list[int], actors: int) -> None:
    """Time and memory for some numbers of keys; nothing is colored."""
    stub = folder / "stub.py"
    stub.write_text(STUB)
    print("\nKeys alone, with a stub in the place of the colorizer:\n")
    print("| keys | listing | working | keys a second | driver's peak |\n| --- | --- | --- | --- | --- |")
    for size in sizes:
        source = folder / f"keys-{size}"
        for number in range(size):
            path = source / f"{number // 1000:04}" / f"{number:07}.jpg"
            if number % 1000 == 0:
                path.parent.mkdir(parents=True)
            path.write_bytes(b"a photograph")
        told = run_archive(source, folder / f"grown-{size}", actors, program=[sys.executable, str(stub)])
        print(
            f"| {size:,} | {told['listing']:.1f} s | {told['working']:.1f} s | {size / told['working']:.0f} "
            f"| {told['peak']:.0f} MB |",
            flush=True,
        )


def run_archive(source: Path, target: Path, actors: int, program: list[str] | None = None) -> dict[str, Any]:
    words = [sys.executable, "-c", ARCHIVE, str(source), str(target), str(actors), "2", *(program or [])]
    environment = {**os.environ, "RAY_worker_niceness": "0"}  # 15 otherwise: behind whatever else the machine does
    start = time.perf_counter()
    done = subprocess.run(
        words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told["whole"] = time.perf_counter() - start
    return told


def check_same(first: Path, second: Path, count: int) -> None:
    names = sorted(path.relative_to(first) for path in first.rglob("*.color.jpg"))
    if len(names) != count or any((first / name).read_bytes() != (second / name).read_bytes() for name in names):
        raise SystemExit("the results differ")


if __name__ == "__main__":
    main()
