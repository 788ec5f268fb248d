"""Time the networks as they are shipped against the same networks in eager PyTorch, in one run, on two threads.

    python benchmarks/network_speed.py [--eccv16 INT8.onnx] [--repeats 30] [--threads 2] [--json]

Everybody colors one square of lightness at a time, from L to a map of ab. ONNX Runtime runs as the product runs it
(`Predictor`); eager PyTorch runs in float32, `eccv16` with the release's own decoding: softmax, then the 1x1 layer of
bin centers. The contestants take turns (A B C A B C ...), so that other work on the machine hits all of them. Each has
a process of its own and waits 20 ms for its turn: the threads of one runtime, still waiting in a busy loop, would slow
the next one down. A turn is two runs, of which the second counts: the first brings a network's weights back into the
caches, which the contestant before has filled with its own. Reported are medians; a ratio compares medians of one run.

Without --eccv16 an untrained network is exported to 8 bits first, which takes a minute; speed does not depend on what
a network has learned.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from photochrom.inference import Predictor, find_weights, registry

HERE = Path(__file__).parent
WARM_UP = 2  # turns of each that are not counted
PAUSE = 0.02  # seconds between two turns
AUTHORS = "eccv16, eager PyTorch"


@dataclass(frozen=True)
class Contestant:
    """One network in one runtime."""

    name: str
    runtime: str  # "onnx" or "eager"
    network: str  # an ONNX file; in eager PyTorch "eccv16", or the file whose recipe says how its network is built


@dataclass(frozen=True)
class Times:
    """Milliseconds of one contestant."""

    median: float
    low: float
    high: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eccv16", type=Path, help="its 8-bit ONNX file; without it, an untrained one is made")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=256, help="side of the square in pixels, a multiple of 32")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        int8 = arguments.eccv16 or untrained_int8(Path(folder))
        before = os.getloadavg()[0]
        times = compete(contestants(int8), arguments.repeats, threads=arguments.threads, size=arguments.size)
    if arguments.json:
        print(json.dumps({"load": before, "times": {name: asdict(each) for name, each in times.items()}}))
        return
    print(f"{arguments.size}x{arguments.size}, {arguments.threads} threads, median of {arguments.repeats}; {machine()}")
    print(f"load average {before:.1f} before and {os.getloadavg()[0]:.1f} after\n")
    print("| network | ms a photograph (range) | times as fast as eager eccv16 |")
    print("| --- | --- | --- |")
    for name, each in times.items():
        ratio = times[AUTHORS].median / each.median
        print(f"| {name} | {each.median:.1f} ({each.low:.1f} to {each.high:.1f}) | {ratio:.1f} |")


def contestants(eccv16_int8: Path) -> list[Contestant]:
    """eccv16 both ways, and every embedded network both ways."""
    listed = [
        Contestant(AUTHORS, "eager", "eccv16"),
        Contestant("eccv16, int8 ONNX Runtime", "onnx", str(eccv16_int8)),
    ]
    for name in embedded():
        file = str(find_weights(name))
        listed += [
            Contestant(shipped(name), "onnx", file),
            Contestant(f"{name}, eager PyTorch", "eager", file),
        ]
    return listed


def embedded() -> list[str]:
    """The names of the networks inside the package."""
    return [name for name, weights in registry().items() if weights.url is None]


def shipped(name: str) -> str:
    """The contestant that is an embedded network as it is shipped."""
    return f"{name}, int8 ONNX Runtime"


def compete(those: list[Contestant], repeats: int, *, threads: int, size: int) -> dict[str, Times]:
    """Let each run once in turn, again and again.

    Args:
        those: who takes part.
        repeats: counted turns of each.
        threads: of each.
        size: height and width of the lightness in pixels.
    Returns: name -> its times.
    """
    context = multiprocessing.get_context("spawn")  # a fork would share the threads' state of this process
    lines, processes = [], []
    for contestant in those:
        line, theirs = context.Pipe()
        process = context.Process(target=take_turns, args=(theirs, contestant, threads, size), daemon=True)
        process.start()
        theirs.close()  # so that a process that ends is noticed
        lines.append(line)
        processes.append(process)
    seconds: list[list[float]] = [[] for _ in those]
    for _ in range(WARM_UP + repeats):
        for own, line in zip(seconds, lines, strict=True):
            line.send(True)
            own.append(line.recv())
            time.sleep(PAUSE)
    for line, process in zip(lines, processes, strict=True):
        line.send(False)
        process.join()
    counted = ([1e3 * second for second in own[WARM_UP:]] for own in seconds)
    return {
        contestant.name: Times(statistics.median(own), min(own), max(own))
        for contestant, own in zip(those, counted, strict=True)
    }


def take_turns(line: Connection, contestant: Contestant, threads: int, size: int) -> None:
    """The process of one contestant: colors twice whenever it is told to, and answers with the second run's seconds."""
    lightness = np.random.default_rng(0).uniform(0, 100, (size, size)).astype(np.float32)
    load = {"onnx": in_onnx_runtime, "eager": in_eager_pytorch}[contestant.runtime]
    color = load(contestant.network, lightness, threads)
    while line.recv():
        color()
        start = time.perf_counter()
        color()
        line.send(time.perf_counter() - start)


def in_onnx_runtime(file: str, lightness: np.ndarray, threads: int) -> Callable[[], object]:
    predictor = Predictor(file, threads=threads)
    return lambda: predictor.predict_ab(lightness)


def in_eager_pytorch(network: str, lightness: np.ndarray, threads: int) -> Callable[[], object]:
    import torch  # only here: the other processes do not need it

    torch.set_num_threads(threads)
    whole = authors_eccv16() if network == "eccv16" else built_as_in(Path(network))
    batch = torch.from_numpy(lightness)[None, None]

    def color() -> object:
        with torch.inference_mode():
            return whole(batch)

    return color


def authors_eccv16() -> Callable[[object], object]:
    """The paper's network with the decoding of its release; weights as they fall, which time does not depend on."""
    from photochrom.networks.eccv16 import AB_NORM, ECCV16

    network = ECCV16().eval()
    return lambda lightness: AB_NORM * network.model_out(network(lightness).softmax(dim=1))


def built_as_in(file: Path) -> Callable[[object], object]:
    """The network of an exported file, built anew in float32 as the recipe in the file's metadata says."""
    import torch

    from photochrom.training.graph import AnnealedNetwork
    from photochrom.training.settings import Settings
    from photochrom.training.systems import build_network

    card = Predictor(file, threads=1).card
    network = build_network(Settings(**card.training["recipe"]), pretrained=False)
    whole, temperature = AnnealedNetwork(network).eval(), torch.tensor(card.default_temperature)
    return lambda lightness: whole(lightness, temperature)[0]


def untrained_int8(folder: Path) -> Path:
    """An untrained eccv16 in 8 bits, made by a process of its own, whose threads end with it."""
    command = [sys.executable, HERE / "quantized_loss.py", "--keep", folder, "--limit", "0"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "eccv16-int8.onnx"


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
