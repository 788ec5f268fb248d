"""Out of memory is told, and no gray picture passes for a colored one."""

import subprocess
import sys

import numpy as np
import pytest

from photochrom.inference import Colorizer
from photochrom.inference.memory import memory_told, ran_out
from photochrom.photos import DamagedPhoto, PhotoError


def numpys_own():
    """What NumPy raises for an array that no machine holds."""
    with pytest.raises(MemoryError) as refused:
        np.empty(1 << 58, np.float64)
    return refused.value


SAID = [
    MemoryError(),
    numpys_own(),
    RuntimeError(
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer of size 9"
    ),
    RuntimeError("std::bad_alloc"),
    RuntimeError("unable to call avg\n  vips_tracked: out of memory -- size == 40MB"),
    DamagedPhoto("old.jpg: the file is damaged or cut short (out of memory -- size == 40MB); get an intact copy"),
    OSError(12, "Cannot allocate memory"),
]


@pytest.mark.parametrize("error", SAID, ids=lambda error: type(error).__name__)
def test_every_way_of_running_out_becomes_one_line_with_a_next_step(error):
    with (
        pytest.raises(PhotoError, match=r"^old\.jpg: there is not enough memory; .*smaller") as told,
        memory_told("old.jpg"),
    ):
        raise error
    assert "\n" not in str(told.value)
    assert "damaged" not in str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("hints"),
        DamagedPhoto("old.jpg: cut short"),
        KeyError("memory"),
        # libtiff on a damaged directory: there was nothing to allocate
        RuntimeError("tiff: Failed to allocate memory for to read TIFF directory (0 elements of 12 bytes each)"),
    ],
)
def test_every_other_error_passes_as_it_is(error):
    assert not ran_out(error)
    with pytest.raises(type(error)) as passed, memory_told("old.jpg"):
        raise error
    assert passed.value is error


def test_what_was_told_once_is_not_told_again():
    with pytest.raises(PhotoError) as told, memory_told("outer"), memory_told("inner.jpg"):
        raise MemoryError
    assert str(told.value).startswith("inner.jpg: ")


def test_a_network_that_runs_out_gives_no_picture(tiny_model, monkeypatch):
    colorizer = Colorizer(tiny_model)

    def fail(*_):
        raise RuntimeError("Failed to allocate memory for requested buffer of size 1")

    monkeypatch.setattr(colorizer.predictor, "_run", fail)
    for ask in (colorizer.colorize, colorizer.predict):
        with pytest.raises(PhotoError, match="the picture: there is not enough memory"):
            ask(np.zeros((64, 64), np.uint8))


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a process's memory is Linux's")
def test_a_process_with_too_little_memory_says_so(tiny_model):
    """A real shortage: the address space is limited once everything is loaded."""
    code = f"""
import resource, numpy as np
from photochrom.inference import Colorizer
from photochrom.photos import PhotoError
colorizer = Colorizer({str(tiny_model)!r}, working_size=2048, threads=1)
gray = np.zeros((64, 64), np.uint8)
Colorizer({str(tiny_model)!r}, threads=1).predict(gray).color()
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000, resource.RLIM_INFINITY))
try:
    colorizer.predict(gray).color()  # 313 x 512 x 512 logits are 328 MB
except PhotoError as error:
    print('told:', error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "told: the picture: there is not enough memory" in result.stdout, result.stderr
