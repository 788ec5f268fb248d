"""Damaged photographs through everything that reads them: opening, decoding, joining color, writing, reading again.

Each case must end in a picture or in one line of a PhotoError. The cases run in a process of their own: one that it
does not survive (a crash) or does not finish (a hang) is written to a file, and a new process goes on behind it. Every
case is opened and decoded; every fourth is colored, written and read again too, which takes most of the time.

    python fuzz/images.py --cases 120000
    python fuzz/images.py --case 4711 --seed 0      # one case, in this process
"""

from __future__ import annotations

import argparse
import os
import resource
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyvips
from image_mutations import FORMATS, damaged, sound_files

from photochrom.photos import PhotoError, Photograph, Provenance, encode_pages, join_color, open_pages
from photochrom.photos.errors import of_reading

MAX_MEGAPIXELS = 4.0
TARGETS = (".jpg", ".png", ".tif", ".webp")


def main() -> int:
    """Run the cases, print what became of them; the exit status is 1 when there was a crash, a hang or a fault."""
    arguments = _parser().parse_args()
    if arguments.worker:
        work(arguments.seed, arguments.first, arguments.cases)
        return 0
    if arguments.case is not None:
        kind, content = damaged(sound_files(), arguments.seed, arguments.case)
        print(f"case {arguments.case}: {kind}, {len(content)} bytes: {outcome_of(content, arguments.case)}")
        return 0
    start = time.perf_counter()
    counts: Counter[tuple[str, str]] = Counter()
    kept = []
    for case, outcome in outcomes(arguments.seed, arguments.cases, arguments.seconds):
        kind = FORMATS[case % len(FORMATS)]
        counts[kind, outcome.partition(":")[0]] += 1
        if outcome.startswith(("crash", "hang", "fault")):
            kept.append(_keep(arguments.keep, arguments.seed, case))
            print(f"case {case}: {outcome} -> {kept[-1]}", flush=True)
        if sum(counts.values()) % 10_000 == 0:
            print(f"{sum(counts.values()):,} cases, {time.perf_counter() - start:.0f} s", flush=True)
    report(counts, time.perf_counter() - start)
    return 1 if kept else 0


def outcomes(seed: int, cases: int, seconds: float) -> Iterator[tuple[int, str]]:
    """What became of each case, in order; a worker that dies or hangs is replaced."""
    case = 0
    while case < cases:
        command = [
            sys.executable,
            __file__,
            "--worker",
            "--seed",
            str(seed),
            "--first",
            str(case),
            "--cases",
            str(cases),
        ]
        environment = {**os.environ, "VIPS_CONCURRENCY": "1"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, bufsize=0
        ) as worker:
            for outcome in _lines(worker, seconds):
                yield case, outcome
                case += 1
            if case < cases:
                hangs = worker.poll() is None
                worker.kill()
                status = worker.wait()
                yield case, f"hang: over {seconds:g} s" if hangs else f"crash: exit status {status}"
                case += 1


def work(seed: int, first: int, cases: int) -> None:
    """In a worker: run the cases from `first` on, a line for each on standard output."""
    files = sound_files()
    print("ready", flush=True)
    for case in range(first, cases):
        print(outcome_of(damaged(files, seed, case)[1], case), flush=True)


def outcome_of(content: bytes, case: int) -> str:
    """Read, and perhaps color, write and read again.

    Returns: "decoded", "colored", "refused" with the error's name, or "fault" with what happened.
    """
    ab = np.random.default_rng(case).normal(0, 30, (2, 8, 8)).astype(np.float32)
    note = Provenance("photochrom", "lite", "0" * 64, 0.38)
    try:
        pages = open_pages(content, max_megapixels=MAX_MEGAPIXELS)[:3]
        seen = [page.lightness(32, 32) for page in pages]
        if case // len(FORMATS) % 4:
            for page in pages:
                _decode(page)
            return "decoded"
        colored = [join_color(page, ab, lightness=lightness) for page, lightness in zip(pages, seen, strict=True)]
        target = ".tif" if len(colored) > 1 else TARGETS[case // len(FORMATS) // 4 % len(TARGETS)]
        written = open_pages(encode_pages(colored, target, note=note))
        sizes = [(page.width, page.height) for page in written]
        if sizes != [(page.width, page.height) for page in pages]:
            return f"fault: {sizes} written"
        return "colored"
    except PhotoError as error:
        message = str(error)
        one_line = "\n" not in message and len(message) < 300
        return f"refused, {type(error).__name__}" if one_line else f"fault: a message of several lines, {message!r}"
    except Exception as error:
        return " ".join(f"fault: {type(error).__name__}: {error}".split())


def _decode(page: Photograph) -> None:
    """Every pixel, as when a photograph is saved."""
    try:
        page.pixels().avg()
    except pyvips.Error as error:
        raise of_reading(page.name, str(error)) from None


def report(counts: Counter[tuple[str, str]], seconds: float) -> None:
    """Print a table of formats and outcomes, and how fast it went."""
    names = sorted({outcome for _, outcome in counts})
    rows = [["", *FORMATS, "all"]]
    for name in names:
        numbers = [counts[kind, name] for kind in FORMATS]
        rows.append([name, *(f"{number:,}" for number in [*numbers, sum(numbers)])])
    total = [sum(counts[kind, name] for name in names) for kind in FORMATS]
    rows.append(["all", *(f"{number:,}" for number in [*total, sum(total)])])
    for row in rows:
        print(f"{row[0]:28}" + "".join(f"{cell:>9}" for cell in row[1:]))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{sum(total):,} cases in {seconds:.0f} s, {sum(total) / seconds:.0f} a second; a worker's peak {peak:.0f} MB"
    )


def _lines(worker: subprocess.Popen[bytes], seconds: float) -> Iterator[str]:
    """The worker's lines behind its first; ends when it ends, or is silent for too long."""
    assert worker.stdout is not None
    pending = b""
    patience = 60.0  # for its start
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        while selector.select(patience):
            data = os.read(worker.stdout.fileno(), 65536)
            if not data:
                worker.wait()
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                if line == b"ready":
                    patience = seconds
                else:
                    yield line.decode()


def _keep(folder: Path, seed: int, case: int) -> Path:
    kind, content = damaged(sound_files(), seed, case)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed{seed}-case{case}.{kind}"
    path.write_bytes(content)
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=120_000, help="how many; the formats take turns")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0, help="after which a case is a hang")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="the folder for files that fail")
    parser.add_argument("--case", type=int, help="run this case alone")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
