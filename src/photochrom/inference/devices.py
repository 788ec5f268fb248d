"""What runs a network: the CPU, or an accelerator through the ONNX Runtime provider that is installed for it.

ONNX Runtime comes as one package for each accelerator, all of which can run the CPU too. A provider that cannot start
(a driver or a library is missing) is left out by the runtime without a word: here it is told when it was asked for by
name, and passed over when the choice was free.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, get_args

from photochrom.inference.weights import WeightsError

Device = Literal["auto", "cpu", "cuda", "coreml", "directml", "openvino"]
DEVICES: tuple[Device, ...] = get_args(Device)
CPU_PROVIDER = "CPUExecutionProvider"


class DeviceError(WeightsError):
    """A device that cannot run the network here; the message is one line with what can.

    It is a WeightsError, because it ends a run in the same way: without a network nothing can be colored.
    """


@dataclass(frozen=True)
class Provider:
    """How ONNX Runtime reaches one accelerator."""

    name: str  # as `onnxruntime.get_available_providers()` lists it
    install: str  # what brings it


# In the order in which they are listed, and tried where the choice is free.
PROVIDERS: dict[str, Provider] = {
    "cuda": Provider("CUDAExecutionProvider", "onnxruntime-gpu in the place of onnxruntime, with CUDA and cuDNN"),
    "directml": Provider("DmlExecutionProvider", "onnxruntime-directml in the place of onnxruntime, on Windows"),
    "coreml": Provider("CoreMLExecutionProvider", "onnxruntime on macOS, which has it built in"),
    "openvino": Provider("OpenVINOExecutionProvider", "onnxruntime-openvino in the place of onnxruntime"),
}
# Left to those who ask for it: on a CPU it is no faster than ONNX Runtime itself, and loads a network ten times as long
# (docs/speed.md).
ONLY_BY_NAME = ("openvino",)


@dataclass(frozen=True)
class Opened:
    """A network that is loaded, and what it runs on."""

    session: Any  # onnxruntime.InferenceSession
    device: str  # never "auto"
    turn: AbstractContextManager[Any]  # held for the time of one run


def check_device(device: str) -> Device:
    """Return the name of a device, or "auto". Raises: ValueError.

    Example:
        >>> check_device("gpu")
        Traceback (most recent call last):
        ...
        ValueError: device must be auto, cpu, cuda, coreml, directml or openvino, got 'gpu'
    """
    for known in DEVICES:
        if device == known:
            return known
    raise ValueError(f"device must be {', '.join(DEVICES[:-1])} or {DEVICES[-1]}, got {device!r}")


def available_devices() -> list[str]:
    """The devices that the installed ONNX Runtime has a provider for, the CPU last; whether one starts is not tried.

    Example:
        >>> available_devices()[-1]
        'cpu'
    """
    import onnxruntime

    listed = onnxruntime.get_available_providers()
    return [*(device for device, provider in PROVIDERS.items() if provider.name in listed), "cpu"]


def check_available(device: str) -> None:
    """Refuse a device whose provider is not installed; "auto" and "cpu" are always there, and cost nothing to ask for.

    Raises: DeviceError in one line that names what there is, and what to install.
    """
    if device not in PROVIDERS:
        return
    available = available_devices()
    if device not in available:
        raise DeviceError(
            f"device {device} is not available: the installed onnxruntime has {_listed(available)}; "
            f"take one of these, or install {PROVIDERS[device].install}"
        )


def open_session(path: Path, device: str = "auto", *, threads: int | None = None) -> Opened:
    """Load a network onto a device.

    Args:
        path: an ONNX file.
        device: one of DEVICES. "auto" takes the first graphics processor that starts, and the CPU where none does.
        threads: of the CPU's part; None for as many as there are cores.
    Raises: DeviceError for a device asked for by name that is not installed or does not start; WeightsError for a file
        that is no network.
    """
    if not path.is_file():
        raise WeightsError(f"there are no weights at {path}; check the path")
    check_available(device)
    reason = ""
    for candidate in _candidates(device):
        try:
            session = _start(path, candidate, threads)
        except Exception as error:  # of the provider or of the file: the CPU below tells which
            reason = _reason(error)
            continue
        # A provider that could not be loaded is missing from the session, which then runs on the CPU alone.
        if PROVIDERS[candidate].name in session.get_providers():
            return Opened(session, candidate, _turn(candidate))
    try:
        session = _start(path, "cpu", threads)
    except Exception as error:  # the runtime's dozen error types share no base but Exception
        raise WeightsError(
            f"{path} cannot be loaded as an ONNX network ({_reason(error)}); export it again, or fetch an intact copy"
        ) from None
    if device in PROVIDERS:
        raise DeviceError(
            f"device {device} is installed but does not start ({reason or 'a driver or a library of it is missing'}); "
            f"mend its installation ({PROVIDERS[device].install}), or take cpu"
        )
    return Opened(session, "cpu", nullcontext())


def _candidates(device: str) -> Collection[str]:
    """The accelerators to try, in turn."""
    if device == "auto":
        return [each for each in available_devices()[:-1] if each not in ONLY_BY_NAME]
    return [device] if device in PROVIDERS else []


def waiting(version: str) -> dict[str, str]:
    """How the runtime's threads wait for their part of the next layer, as entries of a session's options.

    A thread that sleeps between two layers wakes too late to be of use: on two threads `lite` then takes 1.8 times as
    long (benchmarks/waiting.py). One that waits in a busy loop burns tens of milliseconds after each prediction,
    several times what the prediction itself takes, unless a version that can (1.26) is told to give up soon.
    """
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) < (1, 26):
        return {"session.intra_op.allow_spinning": "0"}
    return {"session.intra_op.allow_spinning": "1", "session.intra_op.spin_duration_us": "1000"}


def _start(path: Path, device: str, threads: int | None) -> Any:
    import onnxruntime  # here, because importing it takes as long as a prediction, and many callers never predict

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal only: what goes wrong is raised, and stderr belongs to the command
    if threads is not None:
        options.intra_op_num_threads = threads
    for name, value in waiting(onnxruntime.__version__).items():
        options.add_session_config_entry(name, value)
    if device == "directml":
        options.enable_mem_pattern = False  # which that provider does not support, as its documentation says
    providers: list[Any] = [CPU_PROVIDER]
    if device in PROVIDERS:
        # OpenVINO has threads of its own, and would take every core for each of several photographs at a time.
        own = {"num_of_threads": str(threads)} if device == "openvino" and threads is not None else {}
        providers.insert(0, (PROVIDERS[device].name, own))
    # Without its own fallback, which prints to standard output, where the picture may go.
    return onnxruntime.InferenceSession(str(path), options, providers=providers, enable_fallback=0)


def _turn(device: str) -> AbstractContextManager[Any]:
    """DirectML's documentation forbids two runs of one session at the same time; the others take any number."""
    return Lock() if device == "directml" else nullcontext()


def _listed(devices: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(devices[:-1]), devices[-1]]))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).removeprefix("[ONNXRuntimeError] : ")[:160]
