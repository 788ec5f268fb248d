"""Memory of a process, and what a trial prints."""

import json
import subprocess
import sys

import numpy as np

from photochrom.evaluation import trial_run
from photochrom.evaluation.cost import cost_of
from photochrom.evaluation.trial_run import memory


def test_a_trial_prints_its_repeats_and_its_memory(tiny_model):
    command = [sys.executable, "-P", trial_run.__file__, str(tiny_model), "32", "4"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert set(found) == {"milliseconds", "peak_bytes"}
    assert len(found["milliseconds"]) == 4  # the warm-up is not among them
    assert min(found["milliseconds"]) > 0
    assert found["peak_bytes"] >= 0


def test_the_memory_of_the_caller_is_not_counted(tiny_model):
    # On Linux a process begins with the peak of the one that started it, as getrusage tells it.
    held = np.ones(60_000_000)  # 480 MB
    assert cost_of(tiny_model, size=32, repeats=1).peak_mb < 200
    assert held.sum() > 0


def test_memory_follows_what_a_process_holds():
    before, peak = memory("VmRSS"), memory("VmHWM")
    held = np.ones(15_000_000)  # 120 MB
    assert memory("VmRSS") - before > 100e6
    assert memory("VmHWM") >= max(peak, before + 100e6)
    del held
