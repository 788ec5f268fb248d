"""The verdicts of `make benchmark`, on figures written down here; the measuring itself is no test."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from photochrom.inference import registry

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def table(monkeypatch):
    """The script, as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("speed_table")


def times(median, low=1.0):
    """Of one contestant."""
    return {"median": median, "low": low, "high": 2 * median}


def test_a_ratio_of_medians_is_met_from_its_bar_on(table):
    contest = {"eccv16, eager PyTorch": times(600.0, low=500.0), "eccv16, int8 ONNX Runtime": times(250.0, low=100.0)}
    contest |= {"lite, int8 ONNX Runtime": times(15.0), "lite, eager PyTorch": times(74.0)}
    rows = {row.what: row for row in table.speed_rows(contest)}
    assert len(rows) == 3
    assert rows["eccv16, int8 ONNX Runtime against eccv16, eager PyTorch"].met  # 2.4 times, the bar itself
    assert "fastest turns: 5.0 times" in rows["eccv16, int8 ONNX Runtime against eccv16, eager PyTorch"].measured
    assert rows["lite, int8 ONNX Runtime against eccv16, eager PyTorch"].met  # 40 times
    assert rows["lite, int8 ONNX Runtime against lite, eager PyTorch"].met is False  # 4.9 times of 5
    assert "**not met**" in str(rows["lite, int8 ONNX Runtime against lite, eager PyTorch"])


def test_every_embedded_network_is_judged(table):
    contest = {"eccv16, eager PyTorch": times(600.0), "eccv16, int8 ONNX Runtime": times(100.0)}
    for name in ("lite", "lite-class"):
        contest |= {f"{name}, int8 ONNX Runtime": times(9.0), f"{name}, eager PyTorch": times(60.0)}
    assert len(list(table.speed_rows(contest))) == 5


@pytest.mark.parametrize(
    ("seconds", "megabytes", "met"), [(0.8, 200.0, True), (0.81, 150.0, False), (0.5, 201.0, False)]
)
def test_the_command_must_keep_to_its_time_and_its_memory(table, seconds, megabytes, met):
    [cold] = [cold for cold in table.COLD if cold.megapixels == 1]
    assert table.cold_row(cold, table.Run(seconds, processor=1.0, megabytes=megabytes)).met is met


def test_an_untrained_network_gets_no_verdict_on_its_loss(table):
    loss = {"name": "eccv16", "worst": 0.31}
    assert table.loss_row(loss | {"trained": True}).met is False
    assert table.loss_row(loss | {"trained": True, "worst": 0.3}).met
    row = table.loss_row(loss | {"trained": False})
    assert row.met is None
    assert "untrained" in row.measured


def test_the_embedded_files_are_measured_as_they_lie_there(table):
    sizes = {weights.name: weights.path.stat().st_size for weights in registry().values() if weights.url is None}
    assert {weights["name"]: weights["size"] for weights in table.embedded()} == sizes


def test_the_process_that_starts_the_command_stays_small():
    code = (
        "import json, sys, speed_table; print(json.dumps(sorted({'torch', 'numpy', 'onnxruntime'} & set(sys.modules))))"
    )
    output = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=BENCHMARKS)
    assert json.loads(output) == []


@pytest.mark.parametrize("script", ["speed_table", "network_speed", "stages"])
def test_every_script_tells_its_use(script):
    output = subprocess.check_output([sys.executable, BENCHMARKS / f"{script}.py", "--help"], text=True)
    assert "usage:" in output
