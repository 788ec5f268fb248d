"""Devices: what is installed is taken, what is not is told; accelerators are played by the runtime without theirs."""

import threading
import time

import numpy as np
import onnxruntime
import pytest

from photochrom.inference import Colorizer, Options, Predictor, WeightsError
from photochrom.inference.devices import (
    DEVICES,
    DeviceError,
    available_devices,
    check_available,
    check_device,
    waiting,
)

LIGHTNESS = np.random.default_rng(1).uniform(0, 100, (64, 96)).astype(np.float32)
CPU = "CPUExecutionProvider"


@pytest.fixture
def installed(monkeypatch):
    """installed("CUDAExecutionProvider", ...): as if ONNX Runtime were built with these, and they started.

    The sessions are real ones on the CPU that name the provider too. Returns the list of what each was asked for.
    """
    asked = []

    class Session(onnxruntime.InferenceSession):
        def __init__(self, path, options, providers, **fallback):
            names = [each if isinstance(each, str) else each[0] for each in providers]
            asked.append({"names": names, "providers": providers, "options": options} | fallback)
            self._played = names
            super().__init__(path, options, providers=[CPU], **fallback)

        def get_providers(self):
            return self._played

    def play(*names):
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*names, "AzureExecutionProvider", CPU])
        monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
        return asked

    return play


@pytest.fixture
def listed(monkeypatch):
    """listed("CUDAExecutionProvider"): as if the provider were built in, but its libraries were missing."""

    def play(*names):
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*names, CPU])

    return play


def test_the_cpu_is_always_there_and_azure_is_no_device_of_ours(installed):
    installed()
    assert available_devices() == ["cpu"]


def test_every_device_but_auto_and_the_cpu_is_refused_where_its_provider_is_not_installed(installed):
    installed()
    for device in set(DEVICES) - {"auto", "cpu"}:
        with pytest.raises(DeviceError, match=rf"device {device} is not available: .* has cpu; .* install onnxruntime"):
            check_available(device)
    check_available("auto")
    check_available("cpu")


def test_auto_is_the_cpu_where_nothing_else_is_installed(tiny_model, installed):
    asked = installed()
    assert Predictor(tiny_model, device="auto").device == "cpu"
    assert [each["names"] for each in asked] == [[CPU]]


def test_auto_takes_a_graphics_processor_with_the_cpu_behind_it(tiny_model, installed):
    asked = installed("OpenVINOExecutionProvider", "CoreMLExecutionProvider", "CUDAExecutionProvider")
    assert Predictor(tiny_model, device="auto").device == "cuda"
    assert asked[-1]["names"] == ["CUDAExecutionProvider", CPU]


def test_openvino_is_taken_when_it_is_asked_for_and_not_before(tiny_model, installed):
    asked = installed("OpenVINOExecutionProvider")
    assert Predictor(tiny_model, device="auto").device == "cpu"
    assert Predictor(tiny_model, device="openvino", threads=3).device == "openvino"
    assert asked[-1]["providers"][0] == ("OpenVINOExecutionProvider", {"num_of_threads": "3"})


def test_the_runtime_never_falls_back_by_itself_because_it_prints_to_standard_output(tiny_model, installed):
    asked = installed("CUDAExecutionProvider")
    Predictor(tiny_model, device="cuda")
    Predictor(tiny_model, device="cpu")
    assert [each["enable_fallback"] for each in asked] == [0, 0]


@pytest.mark.filterwarnings("ignore:Specified provider")  # which the real runtime cannot give without the lie told here
def test_a_provider_that_is_listed_but_does_not_start_is_told_when_named_and_passed_over_by_auto(tiny_model, listed):
    listed("CUDAExecutionProvider")
    with pytest.raises(DeviceError, match="cuda is installed but does not start") as error:
        Predictor(tiny_model, device="cuda")
    assert "\n" not in str(error.value)
    left = Predictor(tiny_model, device="auto")
    assert left.device == "cpu"
    np.testing.assert_array_equal(left.predict_ab(LIGHTNESS), Predictor(tiny_model).predict_ab(LIGHTNESS))


def test_a_provider_that_raises_is_told_with_its_reason_and_the_next_is_tried_by_auto(
    tiny_model, installed, monkeypatch
):
    installed("CUDAExecutionProvider", "DmlExecutionProvider")
    session = onnxruntime.InferenceSession

    def broken(path, options, providers, **fallback):
        if providers[0][0] == "CUDAExecutionProvider":
            raise RuntimeError("CUDA failure 35: driver too old\nfor this runtime")
        return session(path, options, providers, **fallback)

    monkeypatch.setattr(onnxruntime, "InferenceSession", broken)
    with pytest.raises(DeviceError, match=r"does not start \(CUDA failure 35: driver too old for this runtime\)"):
        Predictor(tiny_model, device="cuda")
    assert Predictor(tiny_model, device="auto").device == "directml"


def test_a_damaged_file_is_not_blamed_on_the_device(tmp_path, installed):
    installed("CUDAExecutionProvider")
    path = tmp_path / "damaged.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(WeightsError, match="cannot be loaded as an ONNX network") as error:
        Predictor(path, device="cuda")
    assert not isinstance(error.value, DeviceError)


def test_directml_runs_one_photograph_at_a_time(tiny_model, installed, monkeypatch):
    asked = installed("DmlExecutionProvider")
    predictor = Predictor(tiny_model, device="directml")
    assert asked[-1]["options"].enable_mem_pattern is False
    running, most = [], []
    real = predictor._session.run

    def slow(*words):
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        return real(*words)

    monkeypatch.setattr(predictor._session, "run", slow)
    threads = [threading.Thread(target=predictor.predict_ab, args=(LIGHTNESS,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_colorizer_tells_of_a_missing_device_before_any_photograph(tiny_model, installed):
    installed()
    with pytest.raises(DeviceError, match="cuda is not available"):
        Colorizer(tiny_model, device="cuda")
    with pytest.raises(DeviceError, match="cuda is not available"):
        Colorizer.from_options(Options(model=tiny_model, device="cuda"))


def test_a_colorizer_runs_where_it_was_loaded_and_nowhere_else(tiny_model, installed):
    installed("CUDAExecutionProvider")
    colorizer = Colorizer(tiny_model, device="cuda")
    assert colorizer.predictor.device == "cuda"
    with pytest.raises(ValueError, match="loaded with device=cuda, not cpu"):
        colorizer.with_options(Options(model=tiny_model, device="cpu"))


SPINNING, DURATION = "session.intra_op.allow_spinning", "session.intra_op.spin_duration_us"


@pytest.mark.parametrize("version", ["1.26.0", "1.32.0", "1.100.0.dev20280101", "2.0.1"])
def test_threads_wait_a_short_while_where_the_runtime_can_be_told_how_long(version):
    assert waiting(version) == {SPINNING: "1", DURATION: "1000"}


@pytest.mark.parametrize("version", ["1.9.0", "1.20.1", "1.25.2", "1.25.0+cpu"])
def test_threads_sleep_where_they_would_wait_for_tens_of_milliseconds(version):
    assert waiting(version) == {SPINNING: "0"}


def test_a_session_is_told_how_its_threads_wait(tiny_model, installed):
    asked = installed()
    Predictor(tiny_model)
    options = asked[0]["options"]
    told = waiting(onnxruntime.__version__)
    assert {name: options.get_session_config_entry(name) for name in told} == told


@pytest.mark.parametrize("device", ["gpu", "CUDA", "", None, ["cpu"]])
def test_an_unknown_device_is_refused_by_name(device):
    with pytest.raises(ValueError, match="device must be auto, cpu, cuda"):
        Options(device=device)
    with pytest.raises(ValueError, match="device must be"):
        check_device(device)
