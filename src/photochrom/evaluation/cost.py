"""What one photograph costs a network: size, arithmetic, time and memory.

Parameters, maps and arithmetic are counted in the exported graph (`graph_cost` says how, and where the paper's 129 and
142 MB come from). Time and memory are taken in a fresh process (`trial_run`), as the product runs: the median of the
repeats after a warm-up, with their middle half, on all cores; memory is what the process grew by at its peak, from
before the network is loaded.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from photochrom.evaluation import trial_run
from photochrom.evaluation.graph_cost import FLOAT_BYTES, PAPER_MB, PAPER_SIZE, graph_cost
from photochrom.evaluation.report import Cost, Estimate
from photochrom.evaluation.settings import EvaluationError
from photochrom.inference import Predictor

MB = 10**6  # bytes
GPU = "CUDAExecutionProvider"
LONGEST = 600.0  # seconds that a measurement may take


def cost_of(network: Path | Predictor, size: int = 256, repeats: int = 30, *, provider: str = trial_run.CPU) -> Cost:
    """What an exported network costs for one photograph.

    Args:
        network: its ONNX file, or the Predictor that has it open.
        size: height and width of the photograph, for the arithmetic, the time and the memory. The maps are counted at
            224x224 and in units of 2^20 bytes whatever the size, as in the paper's table.
        repeats: timed runs.
        provider: ONNX Runtime's name of what runs it; one of `providers()`.
    Raises: EvaluationError, in one line, for a graph that cannot be counted or a measurement that failed.

    Example:
        >>> cost_of(find_weights("lite")).parameters_mb  # doctest: +SKIP
        13.97
    """
    if repeats < 1:
        raise EvaluationError(f"repeats must be at least 1, got {repeats}; 30 give a steady median")
    path = network.path if isinstance(network, Predictor) else network
    try:
        at_size, as_published = graph_cost(path, size), graph_cost(path, PAPER_SIZE)
    except Exception as error:  # onnx raises its own, protobuf's and Python's errors for a damaged file
        raise EvaluationError(f"the cost of {path.name} cannot be counted: {_one_line(error)}") from None
    milliseconds, peak = _tried(path, size, repeats, provider)
    return Cost(
        parameters=at_size.parameters,
        parameters_mb=FLOAT_BYTES * at_size.parameters / MB,
        activations_mb=FLOAT_BYTES * as_published.activations / PAPER_MB,
        gflop=2 * at_size.multiply_adds / 1e9,
        file_mb=path.stat().st_size / MB,
        milliseconds=median_and_middle_half(milliseconds),
        device=device_name(provider),
        peak_mb=peak / MB,
    )


def median_and_middle_half(milliseconds: list[float]) -> Estimate:
    """The median, between the quartiles.

    Example:
        >>> median_and_middle_half([5.0, 1.0, 2.0, 3.0, 4.0])
        Estimate(value=3.0, low=2.0, high=4.0)
    """
    low, middle, high = np.percentile(milliseconds, [25, 50, 75])
    return Estimate(float(middle), float(low), float(high))


def providers() -> list[str]:
    """What can be timed here: the CPU, and a GPU where ONNX Runtime was installed with CUDA and finds one."""
    has_gpu = GPU in onnxruntime.get_available_providers() and shutil.which("nvidia-smi") is not None
    return [trial_run.CPU, GPU] if has_gpu else [trial_run.CPU]


def device_name(provider: str = trial_run.CPU) -> str:
    """What the milliseconds are taken on, such as `AMD EPYC 7763, 2 cores`."""
    if provider == GPU:
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    cores = os.cpu_count() or 1
    return f"{_cpu_name()}, {cores} core{'s' if cores > 1 else ''}"


def _cpu_name() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _tried(path: Path, size: int, repeats: int, provider: str) -> tuple[list[float], int]:
    """Milliseconds of each run and bytes of peak memory, from a process of its own."""
    # By path and with -P: neither this package's other modules nor this folder shall be found by the new process.
    command = [sys.executable, "-P", trial_run.__file__, str(path), str(size), str(repeats), provider]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
        found = json.loads(done.stdout)
        return found["milliseconds"], found["peak_bytes"]
    except subprocess.TimeoutExpired:
        raise EvaluationError(
            f"{path.name} took more than {LONGEST:.0f} s for {repeats} photographs; leave out the cost"
        ) from None
    except json.JSONDecodeError:
        reason = _one_line(done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}")
        raise EvaluationError(f"the cost of {path.name} cannot be measured: {reason}") from None


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())[:240]
