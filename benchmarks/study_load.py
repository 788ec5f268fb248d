"""Load on `photochrom study serve`: so many participants at once, none refused, how long each kind of request takes.

    python benchmarks/study_load.py [--participants 200] [--trials 20] [--pace 4.0] [--database URL]

A study of plain pictures is made in a temporary folder and served by a process of its own. Every participant has a
connection and a session: consent, checks, all pictures, then trials that are begun and answered at the pace of the
paper's protocol (3.6 s of pictures and a short answer). They all come within the first `--arrival` seconds. At the end
every acknowledged answer must be in the database. The participants run in this process and share the cores with the
server, as real ones do not. They are marked as simulated.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from photochrom.study.assignment import trials_of
from photochrom.study.building import encode_picture
from photochrom.study.design import Design
from photochrom.study.exclusions import Exclusions
from photochrom.study.manifest import MANIFEST, PICTURES, PLATES, Photograph, Plate, Study, manifest_bytes
from photochrom.study.simulated_line import SimulatedLine
from photochrom.study.simulated_people import Response
from photochrom.study.store import open_store

SECRET = "of this benchmark alone"
SERVE = """
import sys
from pathlib import Path
from photochrom.study.serving import serve
from photochrom.study.settings import ServerSettings

serve(Path(sys.argv[1]), ServerSettings(simulation_secret=sys.argv[3]), database=sys.argv[2], port=0,
      started=lambda address: print(address, flush=True))
"""
Result = TypeVar("Result")


class Clock:
    """Seconds of every request, by kind; threads share it."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def time(self, kind: str, ask: Callable[[], Result]) -> Result:
        """Ask, and note how long it took."""
        began = time.perf_counter()
        result = ask()
        took = time.perf_counter() - began
        with self._lock:
            self.seconds[kind].append(took)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--pace", type=float, default=4.0, help="seconds from one trial to the next")
    parser.add_argument("--arrival", type=float, default=60.0, help="seconds within which everybody comes")
    parser.add_argument("--database", help="URL of an empty database; else SQLite in a temporary folder")
    wanted = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ", end="")
    print(f"load average {os.getloadavg()[0]:.1f} at the start")
    with tempfile.TemporaryDirectory() as folder:
        study = plain_study(Path(folder) / "study", wanted.trials)
        database = wanted.database or str(Path(folder) / "answers.sqlite")
        with server(study, database) as address:
            clock, errors, acknowledged = crowd(address, study, wanted.participants, wanted.pace, wanted.arrival)
        store = open_store(database, study)
        kept = {(record.participant, record.number) for record in store.records(study)}
        store.close()
    expected = wanted.participants * wanted.trials
    print(
        f"{wanted.participants} participants at once: {len(errors)} errors, {len(acknowledged)} of {expected} answers ",
        end="",
    )
    print(f"acknowledged, {len(acknowledged - kept)} of those lost\n")
    for kind, seconds in clock.seconds.items():
        p50, p95, p99, most = np.percentile(seconds, [50, 95, 99, 100]) * 1000
        print(f"{kind:8} {len(seconds):6}  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms  p99 {p99:6.0f} ms  max {most:6.0f} ms")
    print(f"\nload average {os.getloadavg()[0]:.1f} at the end")
    for error in errors[:5]:
        print(error)
    raise SystemExit(bool(errors) or len(acknowledged) < expected or not acknowledged <= kept)


def crowd(
    address: str, study: Study, count: int, pace: float, arrival: float
) -> tuple[Clock, list[str], set[tuple[int, int]]]:
    """Let everybody take part. Returns: times, what went wrong, and the answers that were acknowledged."""
    clock, errors, acknowledged = Clock(), [], set()

    def take(index: int) -> None:
        choose = random.Random(index)
        time.sleep(choose.uniform(0, arrival))
        line = SimulatedLine(address, SECRET)
        try:
            number = clock.time("consent", line.join)
            clock.time("checks", lambda: line.pass_checks(study))
            for due in clock.time("state", lambda: line.ask("GET", "/api/study/session"))["trials"]:
                for picture in due["addresses"]:
                    clock.time("picture", lambda picture=picture: line.fetch(picture))
            for trial in trials_of(study, number):
                showing = clock.time("begin", lambda trial=trial: line.begin(trial))
                time.sleep(pace * choose.uniform(0.8, 1.2))
                response = Response(choose.randrange(2), 812.5, (1000.0, 1000.0))
                clock.time("answer", lambda t=trial, s=showing, r=response: line.answer(t, s, r, study.design.slots))
                acknowledged.add((number, trial.number))
            clock.time("finish", line.finish)
        except Exception as error:  # whatever it is, it is counted, told and fails the run
            errors.append(f"participant {index}: {type(error).__name__}: {error}")
        finally:
            line.close()

    threads = [threading.Thread(target=take, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clock, errors, acknowledged


def plain_study(folder: Path, trials: int) -> Study:
    """Photographs of smooth noise, 256 x 256, about as heavy as real ones."""
    draw = np.random.default_rng(0)
    photographs = []
    for index in range(2 * trials):
        coarse = draw.integers(40, 215, (32, 32, 3)).astype(np.uint8)
        pixels = coarse.repeat(8, axis=0).repeat(8, axis=1) + draw.integers(0, 40, (256, 256, 1), np.uint8)
        files = {
            name: written(folder / PICTURES, np.roll(pixels, shift, axis=-1))
            for shift, name in enumerate(("truth", "one", "random"))
        }
        photographs.append(
            Photograph(f"p{index:03}", 256, 256, {name: file.stem for name, file in files.items()}, files)
        )
    plate = written(folder / PLATES, np.full((64, 64, 3), 200, np.uint8))
    content = manifest_bytes(
        design=Design(pairs=trials, practice=0, vigilance=0.1),
        exclusions=Exclusions(),
        systems=("one",),
        photographs=tuple(photographs),
        plates=(Plate("control", "3", plate.stem, plate),),
        seed=0,
        version="benchmark",
    )
    (folder / MANIFEST).write_bytes(content)
    return Study.read(folder)


def written(folder: Path, pixels: np.ndarray) -> Path:
    """A picture in a study's folder, named by its content."""
    content = encode_picture(pixels)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(content).hexdigest()}.png"
    file.write_bytes(content)
    return file


@contextmanager
def server(study: Study, database: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    words = [sys.executable, "-c", SERVE, str(study.folder), database, SECRET]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
