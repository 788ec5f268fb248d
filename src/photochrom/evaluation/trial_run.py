"""One network in a process of its own: how long a photograph takes, and how much memory it adds.

    python trial_run.py NETWORK.onnx SIZE REPEATS [PROVIDER]

`cost` runs this file by its path, so that nothing else of the evaluation is loaded, and reads the line of JSON that it
prints. It takes what `Predictor` takes: photochrom's ONNX files.
"""

from __future__ import annotations

import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from photochrom.inference import Predictor, WeightsError

CPU = "CPUExecutionProvider"
WARM_UP = 5  # runs that are not counted: buffers are made, clocks rise


def main() -> None:
    """Measure and print."""
    path, size, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    provider = sys.argv[4] if len(sys.argv) > 4 else CPU
    lightness = np.random.default_rng(0).uniform(0, 100, (size, size)).astype(np.float32)
    before = memory("VmRSS")
    run = load(path, provider, lightness)
    milliseconds = [timed(run) for _ in range(WARM_UP + repeats)][WARM_UP:]
    peak = max(memory("VmHWM") - before, 0)
    print(json.dumps({"milliseconds": milliseconds, "peak_bytes": peak}))


def load(path: Path, provider: str, lightness: np.ndarray) -> Callable[[], object]:
    """What colors one photograph: on the CPU just as the product does it."""
    try:
        predictor = Predictor(path)
    except WeightsError as error:
        sys.exit(str(error))
    if provider == CPU:
        return lambda: predictor.predict_ab(lightness)
    session = onnxruntime.InferenceSession(str(path), providers=[provider, CPU])
    if provider not in session.get_providers():
        sys.exit(f"{provider} cannot be used here")
    temperature = np.asarray(predictor.card.default_temperature, np.float32)
    given = {"lightness": lightness[None, None], "temperature": temperature}
    feed = {node.name: given[node.name] for node in session.get_inputs()}
    return lambda: session.run(["ab"], feed)


def timed(run: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def memory(field: str) -> int:
    """Bytes of this process that are in memory, now (VmRSS) or at the most so far (VmHWM).

    Not by `getrusage` where Linux tells it otherwise: there a process begins with the peak of the one that started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        [line] = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(field)]
        return 1024 * int(line.split()[1])
    unit = 1 if platform.system() == "Darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
