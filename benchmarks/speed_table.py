"""Every speed that the project promised: the bar, what this machine reaches, and the verdict.

    python benchmarks/speed_table.py [--eccv16-run RUN] [--threads 2] [--repeats 30]

`make benchmark` runs this. The networks take turns in one run (`network_speed.py`); the command is measured as a cold
process on a warm disk, the median of several (`colorize_speed.py`); what eight bits cost comes from
`quantized_loss.py`. Where the time goes, and what the machine could do at best, is printed by `stages.py`.

The bars for the command are wall times: on a machine with other work they are missed through no fault of the program.
The ratios hold better there, because all contestants meet the same load. The load average is printed for that.

This process imports neither PyTorch nor NumPy: Linux counts the memory of the process that starts another as the
other's, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorize_speed import Run, compare, describe_machine, make_photograph, middle

HERE = Path(__file__).parent
PHOTOGRAPH = HERE.parent / "examples" / "cameraman.jpg"  # a gray one: of a color photograph the command says so
COMMAND = Path(sys.executable).parent / "photochrom"
LARGEST_FILE = 6.0  # MB
LARGEST_LOSS = 0.3  # points of AuC
EAGER = "eccv16, eager PyTorch"
EAGER_TIMES, LITE_TIMES, ECCV16_TIMES = 40.0, 5.0, 2.4  # as fast as the other, at least
Times = dict[str, dict[str, float]]  # contestant -> milliseconds: median, low, high
BUSY = 0.5  # load average for each core above which wall times say little


@dataclass(frozen=True)
class Cold:
    """A bar for the whole command."""

    megapixels: float
    what: str
    seconds: float
    megabytes: float
    repeats: int


COLD = (
    Cold(1, "cold, 1 MP JPEG to JPEG", seconds=0.8, megabytes=200, repeats=9),
    Cold(12, "cold, 12 MP JPEG to JPEG", seconds=2, megabytes=250, repeats=7),
    Cold(100, "100 MP TIFF", seconds=8, megabytes=400, repeats=3),
)


@dataclass(frozen=True)
class Row:
    """One promise."""

    what: str
    bar: str
    measured: str
    met: bool | None  # None: a figure beside the promises

    def __str__(self) -> str:
        verdict = {True: "met", False: "**not met**", None: ""}[self.met]
        return f"| {self.what} | {self.bar} | {self.measured} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eccv16-run", type=Path, help="a trained eccv16; without it an untrained one is quantized")
    parser.add_argument("--threads", type=int, default=2, help="of every network, and cores of every command")
    parser.add_argument("--repeats", type=int, default=30, help="turns of each network")
    parser.add_argument("--limit", type=int, default=40, help="photographs that the loss of AuC is measured on")
    arguments = parser.parse_args()
    use_cores(arguments.threads)
    print(describe_machine("lite.onnx"), "\n")
    if os.getloadavg()[0] > BUSY * arguments.threads:
        print("The machine is busy: wall times below are what was left of it; trust the ratios.\n")
    print("| what | bar | measured | verdict |\n| --- | --- | --- | --- |", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for part in (lambda: cold_rows(Path(scratch)), file_rows, lambda: network_rows(arguments, Path(scratch))):
            for row in part():
                print(row, flush=True)
                rows.append(row)
    judged = [row.met for row in rows if row.met is not None]
    print(f"\n{sum(judged)} of {len(judged)} bars met; load average {os.getloadavg()[0]:.1f} at the end")


def use_cores(count: int) -> None:
    """Keep this process, and all that it starts, to so many cores, where the system lets it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def cold_rows(folder: Path) -> Iterator[Row]:
    """The command as a user starts it."""
    for cold in COLD:
        photo = make_photograph(PHOTOGRAPH, cold.megapixels, folder)
        result = photo.with_name("result" + photo.suffix)
        words = [COMMAND, "colorize", photo, "-o", result, "--force"]
        yield cold_row(cold, middle(compare({"photochrom": words}, cold.repeats)["photochrom"]))
        photo.unlink()
        result.unlink()


def cold_row(cold: Cold, taken: Run) -> Row:
    """The verdict on a run of the command."""
    met = taken.seconds <= cold.seconds and taken.megabytes <= cold.megabytes
    return Row(
        f"whole command, {cold.what}",
        f"at most {cold.seconds:g} s, {cold.megabytes:g} MB",
        f"{taken.seconds:.2f} s ({taken.processor:.2f} s of processor), {taken.megabytes:.0f} MB",
        met,
    )


def file_rows() -> Iterator[Row]:
    """The sizes of the embedded files."""
    for weights in embedded():
        megabytes = weights["size"] / 1e6
        yield Row(
            f"embedded file of `{weights['name']}`",
            f"at most {LARGEST_FILE:g} MB",
            f"{megabytes:.2f} MB",
            megabytes <= LARGEST_FILE,
        )


def embedded() -> list[dict[str, Any]]:
    """The registry's entries whose files are in the package, with the size that each file really has."""
    code = (
        "import json\nfrom photochrom.inference import registry\n"
        "print(json.dumps([{'name': w.name, 'size': w.path.stat().st_size} for w in registry().values() if not w.url]))"
    )
    listed: list[dict[str, Any]] = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))
    return listed


def network_rows(arguments: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """The networks against each other, and what eight bits cost."""
    words = ["--keep", folder, "--limit", arguments.limit]
    run = arguments.eccv16_run
    losses = printed("quantized_loss.py", *words, *(["--run", run] if run else []))["losses"]
    int8 = next(folder.glob("*-int8.onnx"))
    said = printed("network_speed.py", "--eccv16", int8, "--repeats", arguments.repeats, "--threads", arguments.threads)
    yield from speed_rows(said["times"])
    for loss in losses:
        yield loss_row(loss)


def speed_rows(times: Times) -> Iterator[Row]:
    """The verdicts on the contest of `network_speed.py`."""
    int8 = " int8 ONNX Runtime"
    yield ratio_row(times, f"eccv16,{int8}", EAGER, ECCV16_TIMES)
    for name in (each.removesuffix(f",{int8}") for each in times if each.endswith(int8)):
        if name != "eccv16":
            yield ratio_row(times, f"{name},{int8}", EAGER, EAGER_TIMES)
            yield ratio_row(times, f"{name},{int8}", f"{name}, eager PyTorch", LITE_TIMES)


def ratio_row(times: Times, ours: str, theirs: str, bar: float) -> Row:
    """How many times as fast one contestant is as another: judged by the medians; beside it, the fastest turns of both.

    On a busy machine a small network loses more of its time to others than a large one, and its fastest turn least.
    """
    mine, other = times[ours], times[theirs]
    ratio = other["median"] / mine["median"]
    measured = f"{ratio:.1f} times: {mine['median']:.1f} against {other['median']:.1f} ms"
    measured += f" (fastest turns: {other['low'] / mine['low']:.1f} times)"
    return Row(f"{ours} against {theirs}", f"at least {bar:g} times as fast", measured, ratio >= bar)


def loss_row(loss: dict[str, Any]) -> Row:
    """The verdict on what eight bits cost; an untrained network gets none."""
    said = f"{loss['worst']:+.2f} points" + ("" if loss["trained"] else " (an untrained network: no verdict)")
    met = loss["worst"] <= LARGEST_LOSS if loss["trained"] else None
    return Row(f"AuC that {loss['name']} loses in int8", f"at most {LARGEST_LOSS:g} points", said, met)


def printed(script: str, *words: object) -> dict[str, Any]:
    """What another script of this folder prints as JSON: in a process of its own, so that this one stays small."""
    command = [sys.executable, HERE / script, *words, "--json"]
    output = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    said: dict[str, Any] = json.loads(output.splitlines()[-1])
    return said


if __name__ == "__main__":
    main()
