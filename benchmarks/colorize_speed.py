"""Time and memory of `photochrom colorize` as a cold process, against a Pillow and OpenCV script with the same network.

    python benchmarks/colorize_speed.py [--model FILE.onnx] [--repeats 7] [--sizes 1,12,100]

Both run in turn (A B A B ...), each a process of its own on a warm disk, after one run of each that is not counted.
Reported are medians: wall time (with its range), processor time of all cores together, and peak resident memory. Only
a machine with nothing else to do gives wall times to quote. The photograph is enlarged from a small one, with film
grain added: without grain, JPEG would be faster than on real scans. The script is left out at 100 megapixels, where it
would need about 8 GB.

This process stays small on purpose: Linux counts the memory of the process that starts another as the other's, too.
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
from dataclasses import dataclass, fields
from pathlib import Path

HERE = Path(__file__).parent
SCRIPT = HERE / "opencv_pillow_colorize.py"
SCRIPT_UP_TO = 50  # megapixels
SIDES = (3, 2)  # of the photograph

# Runs in a process of its own, which may grow.
MAKE_PHOTOGRAPH = """
import sys
import pyvips
source, target, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
small = pyvips.Image.new_from_file(source).colourspace("srgb")[0:3]
large = small.resize(width / small.width, vscale=height / small.height, kernel="cubic")
grain = pyvips.Image.gaussnoise(width, height, mean=0, sigma=5, seed=0)
large = (large + grain).cast("uchar").copy(interpretation="srgb")
large.write_to_file(target, **({"Q": 90} if target.endswith("jpg") else {}))
"""


@dataclass(frozen=True)
class Run:
    """One process."""

    seconds: float  # wall
    processor: float  # seconds of all cores together, in the program and in the kernel
    megabytes: float  # peak resident set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="an ONNX file; without it, the embedded weights")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--sizes", default="1,12,100", help="megapixels; above 50 as TIFF, otherwise as JPEG")
    parser.add_argument("--photo", type=Path, help="a photograph to enlarge; without it, one of examples/")
    arguments = parser.parse_args()

    command = Path(sys.executable).parent / "photochrom"
    model = arguments.model or subprocess.check_output([command, "weights", "path", "lite"], text=True).strip()
    model = str(Path(model).resolve())
    print(describe_machine(model), "\n")
    print("| photograph | process | wall (range) | processor | peak memory | time ratio | memory ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in (float(size) for size in arguments.sizes.split(",")):
            photo = make_photograph(arguments.photo or find_photograph(), megapixels, Path(folder))
            result = photo.with_name("result" + photo.suffix)
            contestants = {"photochrom": [command, "colorize", photo, "-o", result, "-m", model, "--force"]}
            if megapixels <= SCRIPT_UP_TO:
                contestants["script"] = [sys.executable, SCRIPT, model, photo, result]
            report(photo.name, compare(contestants, arguments.repeats))
            photo.unlink()
            result.unlink()


def compare(contestants: dict[str, list[object]], repeats: int) -> dict[str, list[Run]]:
    """Run the commands in turn; the first round warms the disk and is thrown away."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(repeats + 1):
        for name, command in contestants.items():
            runs[name].append(run(command))
    return {name: those[1:] for name, those in runs.items()}


def run(command: list[object]) -> Run:
    """One process from its start to its end."""
    words = [str(word) for word in command]
    start = time.perf_counter()
    process = os.posix_spawn(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(words)} ended with status {status}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)  # kilobytes on Linux


def report(photo: str, runs: dict[str, list[Run]]) -> None:
    """Rows of the table; a ratio above 1 is in photochrom's favor."""
    ours = middle(runs["photochrom"])
    for name, those in runs.items():
        middling, seconds = middle(those), [run.seconds for run in those]
        row = [photo, name, f"{middling.seconds:.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"]
        row += [f"{middling.processor:.2f} s", f"{middling.megabytes:.0f} MB"]
        same = name == "photochrom"
        row.append("" if same else f"{middling.seconds / ours.seconds:.2f}")
        row.append("" if same else f"{middling.megabytes / ours.megabytes:.2f}")
        print("| " + " | ".join(row) + " |", flush=True)


def middle(runs: list[Run]) -> Run:
    """The median of each figure."""
    return Run(*(statistics.median(getattr(run, field.name) for run in runs) for field in fields(Run)))


def make_photograph(source: Path, megapixels: float, folder: Path) -> Path:
    """A photograph of this size in the folder, enlarged from the source, with grain."""
    unit = (megapixels * 1e6 / (SIDES[0] * SIDES[1])) ** 0.5
    width, height = (round(side * unit) for side in SIDES)
    target = folder / f"{megapixels:g}-megapixels.{'tif' if megapixels > SCRIPT_UP_TO else 'jpg'}"
    subprocess.run([sys.executable, "-c", MAKE_PHOTOGRAPH, source, target, str(width), str(height)], check=True)
    return target


def find_photograph() -> Path:
    """The first of the examples, or coffee.png from scikit-image."""
    for path in sorted((HERE.parent / "examples").glob("*.jpg")):
        return path
    where = "import skimage, pathlib; print(pathlib.Path(skimage.__file__).parent / 'data' / 'coffee.png')"
    return Path(subprocess.check_output([sys.executable, "-c", where], text=True).strip())


def describe_machine(model: str) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, commit {commit or 'none'}, "
        f"{Path(model).name}, load average {load:.1f} at the start"
    )


if __name__ == "__main__":
    main()
