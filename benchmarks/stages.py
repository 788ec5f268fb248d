"""Where the time of `photochrom colorize` goes, stage by stage, and what the machine could do at best.

    python benchmarks/stages.py [--megapixels 12] [--repeats 7] [--threads 2]

**Stages.** A photograph is colored from JPEG to JPEG in this process, stage after stage; each stage is timed from the
finished one before. In the command they overlap: the network loads while the photograph is decoded, and enlarging,
joining and encoding stream through libvips together, so their parts are told apart by leaving the last ones out. Start
and imports are timed in processes of their own, in turn.

**Floors.** For the file: a bare libvips script that decodes and encodes the same JPEG and does nothing else, as a cold
process too. For the network: its multiplications, at the rate at which this machine multiplies large matrices, in
float32 and with 8 bits, by ONNX Runtime's own products on as many threads.

Wall times need an idle machine; the load average is printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pyvips
from colorize_speed import describe_machine, find_photograph, make_photograph
from onnx import TensorProto, helper

from photochrom.evaluation.graph_cost import graph_cost
from photochrom.inference import ColorizedPhoto, Predictor, find_weights
from photochrom.inference.seen_photo import SeenPhoto
from photochrom.inference.working_size import working_shape
from photochrom.photos import open_photograph

SIDE = 1536  # of the matrices: large enough for the full rate, small enough for a busy machine
BARE = """
import sys
import pyvips
pyvips.Image.new_from_file(sys.argv[1], access="sequential").jpegsave(sys.argv[2], Q=90)
"""
STARTS = {
    "Python alone": "pass",
    "with NumPy": "import numpy",
    "with libvips": "import pyvips",
    "with ONNX Runtime": "import onnxruntime",
    "with all that the command imports": "import photochrom.cli.colorize, photochrom.batch, photochrom.batch.coloring, "
    "photochrom.inference.predictor, onnxruntime, photochrom.photos",
}
Seconds = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="lite")
    arguments = parser.parse_args()
    file = find_weights(arguments.model)
    print(describe_machine(str(file)), "\n")
    with tempfile.TemporaryDirectory() as folder:
        photo = make_photograph(find_photograph(), arguments.megapixels, Path(folder))
        pyvips.concurrency_set(arguments.threads)
        stages = median_of(lambda: stages_of(photo, file, arguments.threads), arguments.repeats)
        show(f"Stages, {arguments.megapixels:g} megapixels", stages)
        show("Starts, each a process of its own", time_starts(arguments.repeats))
        show("The file's floor", floors_of_the_file(photo, arguments.repeats))
    rates = {bits: matrix_rate(bits, arguments.threads) for bits in (32, 8)}
    show_network_floor(file, rates, arguments.repeats, arguments.threads)
    print(f"\nload average {os.getloadavg()[0]:.1f} at the end")


def stages_of(photo: Path, file: Path, threads: int) -> Seconds:
    """Color one photograph, and time every stage."""
    clock = Clock()
    predictor = Predictor(file, threads=threads)
    clock.stop("load the network")
    pyvips.Image.new_from_file(str(photo)).avg()
    clock.stop("(decode the whole file alone)")
    photograph = open_photograph(photo)
    seen = SeenPhoto(photograph, *working_shape(photograph.width, photograph.height, working_size=256))
    clock.stop("decode small, take the lightness")
    ab = predictor.predict_ab(seen.lightness)
    clock.stop("network, first photograph")
    predictor.predict_ab(seen.lightness)
    clock.stop("(network, second photograph)")
    colored = ColorizedPhoto(seen, ab)
    colored.image().avg()
    joined = clock.stop("decode, enlarge, join color")
    colored.save(photo.with_name("staged.jpg"), overwrite=True)
    clock.seconds["encode and write"] = max(0.0, clock.stop("(decode, enlarge, join, encode, write)") - joined)
    return clock.seconds


class Clock:
    """Stages that follow each other."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}
        self._last = time.perf_counter()

    def stop(self, stage: str) -> float:
        """The stage that has just ended."""
        now = time.perf_counter()
        self.seconds[stage], self._last = now - self._last, now
        return self.seconds[stage]


def time_starts(repeats: int) -> Seconds:
    """Cold processes that import this and that, in turn."""
    commands = {name: [sys.executable, "-c", code] for name, code in STARTS.items()}
    return median_of(lambda: {name: time_process(command) for name, command in commands.items()}, repeats)


def floors_of_the_file(photo: Path, repeats: int) -> Seconds:
    """What libvips takes for the file alone, and what the command takes, in turn."""
    target = photo.with_name("bare.jpg")
    command = [Path(sys.executable).parent / "photochrom", "colorize", photo, "-o", target, "--force"]
    contestants = {
        "bare libvips, decode and encode": [sys.executable, "-c", BARE, photo, target],
        "photochrom colorize": command,
    }
    return median_of(lambda: {name: time_process(words) for name, words in contestants.items()}, repeats)


def matrix_rate(bits: int, threads: int) -> float:
    """Multiplications and additions a second, in pairs, of a large product in ONNX Runtime: the best of several."""
    random = np.random.default_rng(0)
    if bits == 32:
        node = helper.make_node("MatMul", ["a", "b"], ["c"])
        kinds = {"a": TensorProto.FLOAT, "c": TensorProto.FLOAT}
        matrices = [random.normal(size=(SIDE, SIDE)).astype(np.float32) for _ in "ab"]
    else:
        node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
        kinds = {"a": TensorProto.UINT8, "c": TensorProto.INT32}
        matrices = [random.integers(0, 127, (SIDE, SIDE)).astype(kind) for kind in (np.uint8, np.int8)]
    left, product = (helper.make_tensor_value_info(name, kinds[name], [SIDE, SIDE]) for name in "ac")
    # As a constant the right one is packed once, as weights are.
    right = onnx.numpy_helper.from_array(matrices[1], "b")
    graph = helper.make_graph([node], "product", [left], [product], [right])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    best = min(time_call(lambda: session.run(None, {"a": matrices[0]})) for _ in range(15))
    return SIDE**3 / best


def show_network_floor(file: Path, rates: dict[int, float], repeats: int, threads: int) -> None:
    """How near the network comes to large matrix products."""
    predictor = Predictor(file, threads=threads)
    lightness = np.random.default_rng(0).uniform(0, 100, (256, 256)).astype(np.float32)
    predictor.predict_ab(lightness)
    taken = statistics.median(time_call(lambda: predictor.predict_ab(lightness)) for _ in range(4 * repeats))
    pairs = graph_cost(file, 256).multiply_adds
    print(f"\n{file.stem} at 256x256: {pairs / 1e9:.2f} G multiplications with their additions, {1e3 * taken:.1f} ms\n")
    print("| matrix products | G a second | the network at that rate | share reached |")
    print("| --- | --- | --- | --- |")
    for bits, rate in rates.items():
        kind = "float32" if bits == 32 else "int8"
        print(f"| {kind} | {rate / 1e9:.0f} | {1e3 * pairs / rate:.2f} ms | {100 * pairs / rate / taken:.0f} % |")


def median_of(measure: Callable[[], Seconds], repeats: int) -> Seconds:
    """The median of each figure, after one run that does not count."""
    runs = [measure() for _ in range(repeats + 1)][1:]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def time_process(command: Iterable[object]) -> float:
    words = [str(word) for word in command]
    return time_call(lambda: subprocess.run(words, check=True, capture_output=True))


def time_call(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def show(title: str, seconds: Seconds) -> None:
    print(f"| {title} | ms |\n| --- | --- |")
    for name, each in seconds.items():
        print(f"| {name} | {1e3 * each:.1f} |")
    print(flush=True)


if __name__ == "__main__":
    main()
