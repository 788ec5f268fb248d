"""How long should ONNX Runtime's threads wait in a busy loop for the next layer, before they sleep?

    python benchmarks/waiting.py [--model lite] [--repeats 60] [--threads 2] [--microseconds 100 300 1000 3000]

One prediction of 256x256 at a time. The ways of waiting take turns, each in a session of its own: no waiting, waiting
for so many microseconds (ONNX Runtime 1.26 and later), and what the runtime does by itself. Reported are the median
wall time of a prediction that follows another at once, and the processor time that it takes, with what its threads
burn in the tenth of a second after it.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import onnxruntime
from folder import describe_machine

from photochrom.inference import find_weights
from photochrom.inference.devices import waiting

REST = 0.1  # seconds after a prediction; the longest that threads were seen to go on waiting was 0.05
ALLOWED, DURATION = "session.intra_op.allow_spinning", "session.intra_op.spin_duration_us"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="lite", help="a name or an ONNX file")
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--microseconds", type=int, nargs="*", default=[100, 300, 1000, 3000])
    arguments = parser.parse_args()
    ways = {
        "not at all": {ALLOWED: "0"},
        **{f"{each:,} us": {ALLOWED: "1", DURATION: str(each)} for each in arguments.microseconds},
        "as the runtime does by itself": {},
        "as photochrom tells it": waiting(onnxruntime.__version__),
    }
    file = str(find_weights(arguments.model))
    sessions = {name: start(file, arguments.threads, entries) for name, entries in ways.items()}
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 256, 256)).astype(np.float32)
    feed = {"lightness": lightness, "temperature": np.array(1, np.float32)}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    print(f"{describe_machine()}, onnxruntime {onnxruntime.__version__}, {arguments.threads} threads\n")
    for _ in range(arguments.repeats):
        for name, session in sessions.items():
            times[name].append(measure(session, feed))
    print("| threads wait | ms a photograph | ms of processor time |\n| --- | --- | --- |")
    for name, measured in times.items():
        wall, processor = (1e3 * statistics.median(each) for each in zip(*measured, strict=True))
        print(f"| {name} | {wall:.1f} | {processor:.0f} |")


def start(file: str, threads: int, entries: dict[str, str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    for name, value in entries.items():
        options.add_session_config_entry(name, value)
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def measure(session: onnxruntime.InferenceSession, feed: dict[str, np.ndarray]) -> tuple[float, float]:
    """Seconds of wall time of the second of two predictions, and of processor time from its start to the rest's end."""
    session.run(["ab"], feed)
    before, begun = time.process_time(), time.perf_counter()
    session.run(["ab"], feed)
    wall = time.perf_counter() - begun
    time.sleep(REST)
    return wall, time.process_time() - before


if __name__ == "__main__":
    main()
