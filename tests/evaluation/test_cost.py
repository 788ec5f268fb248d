"""Time and memory of a network in a process of its own, and what the columns hold."""

import os
import statistics

import numpy as np
import pytest

from photochrom.evaluation import cost
from photochrom.evaluation.cost import cost_of, device_name, median_and_middle_half, providers
from photochrom.evaluation.graph_cost import graph_cost
from photochrom.evaluation.settings import EvaluationError
from photochrom.evaluation.trial_run import CPU
from photochrom.inference import Predictor, find_weights


@pytest.fixture(scope="module")
def lite():
    return cost_of(find_weights("lite"), size=64, repeats=3)


def test_the_columns_hold_the_counts_in_their_units(lite):
    file = find_weights("lite")
    at_size, as_published = graph_cost(file, 64), graph_cost(file, 224)
    assert lite.parameters == at_size.parameters
    assert lite.parameters_mb == pytest.approx(at_size.parameters * 4 / 1_000_000)
    assert lite.activations_mb == pytest.approx(as_published.activations * 4 / 1_048_576)
    assert lite.gflop == pytest.approx(2e-9 * at_size.multiply_adds)
    assert lite.file_mb == pytest.approx(file.stat().st_size / 1e6)


def test_time_and_memory_are_measured(lite):
    assert lite.milliseconds is not None
    assert 0 < lite.milliseconds.low <= lite.milliseconds.value <= lite.milliseconds.high
    # Its file is held at least once; a hundred times that would be another process's memory.
    assert lite.file_mb < lite.peak_mb < 100 * lite.file_mb


def test_a_larger_picture_takes_longer_and_more_memory(lite):
    larger = cost_of(find_weights("lite"), size=512, repeats=3)
    assert larger.milliseconds.value > 4 * lite.milliseconds.value  # 64 times the pixels
    assert larger.peak_mb > lite.peak_mb


def test_a_predictor_stands_for_its_file(tiny_model):
    assert cost_of(Predictor(tiny_model), size=32, repeats=1).parameters == graph_cost(tiny_model, 32).parameters


def test_the_middle_half_lies_between_the_quartiles():
    times = np.random.default_rng(0).exponential(5, 31).tolist()
    quartiles = statistics.quantiles(times, n=4, method="inclusive")
    found = median_and_middle_half(times)
    np.testing.assert_allclose([found.low, found.value, found.high], quartiles)


def test_the_device_says_how_many_cores_there_are():
    assert device_name().endswith(f"{os.cpu_count()} core{'s' if os.cpu_count() > 1 else ''}")
    assert len(device_name().split(",")[0]) > 2


def test_what_can_be_timed_begins_with_the_cpu():
    assert providers()[0] == CPU
    assert len(providers()) <= 2


def test_a_file_that_is_no_network_is_refused_in_one_line(tmp_path):
    (tmp_path / "page.onnx").write_text("<html>quota exceeded</html>")
    with pytest.raises(EvaluationError, match=r"the cost of page\.onnx cannot be counted: ") as caught:
        cost_of(tmp_path / "page.onnx")
    assert "\n" not in str(caught.value)


def test_a_network_that_is_not_photochroms_is_refused_in_one_line(build_model, tmp_path):
    path = build_model(tmp_path / "nameless.onnx", without=("format",))
    with pytest.raises(EvaluationError, match=r"the cost of nameless\.onnx cannot be measured: nameless\.onnx is an"):
        cost_of(path, size=32)


def test_a_device_that_is_not_there_is_refused(tiny_model):
    with pytest.raises(EvaluationError, match="SomeOtherExecutionProvider cannot be used here"):
        cost_of(tiny_model, size=32, provider="SomeOtherExecutionProvider")


def test_a_measurement_that_takes_too_long_is_given_up(tiny_model, monkeypatch):
    monkeypatch.setattr(cost, "LONGEST", 0.01)
    with pytest.raises(EvaluationError, match=r"took more than .* leave out the cost"):
        cost_of(tiny_model, size=32)


def test_no_repeats_are_refused(tiny_model):
    with pytest.raises(EvaluationError, match="repeats must be at least 1, got 0"):
        cost_of(tiny_model, repeats=0)
