"""The contest of networks, with the tiny network as both contestants."""

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def speed(monkeypatch):
    """The script, as a module that the processes of the contest can import too."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("network_speed")


@pytest.mark.slow
def test_the_contestants_take_turns_in_processes_of_their_own(speed, tiny_model):
    those = [speed.Contestant(name, "onnx", str(tiny_model)) for name in ("one", "other")]
    times = speed.compete(those, 3, threads=1, size=64)
    assert list(times) == ["one", "other"]
    for each in times.values():
        assert 0 < each.low <= each.median <= each.high


@pytest.mark.slow  # 32 million weights are drawn
def test_eager_eccv16_gives_the_mean_of_the_bins_by_its_softmax(speed):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    lightness = torch.rand(1, 1, 32, 32) * 100
    with torch.inference_mode():
        ab = speed.authors_eccv16()(lightness)
    assert ab.shape == (1, 2, 8, 8)
    assert ab.abs().max() <= 110  # a mean of bins lies among them


def test_an_exported_file_is_built_anew_by_its_own_recipe(speed, build_model, tmp_path):
    torch = pytest.importorskip("torch")
    recipe = '{"recipe": {"system": "lite", "steps": 200, "backbone": "lite0"}}'
    file = build_model(tmp_path / "told.onnx", training=recipe)
    with torch.inference_mode():
        ab = speed.built_as_in(file)(torch.full((1, 1, 64, 64), 50.0))
    assert ab.shape == (1, 2, 16, 16)
    assert np.isfinite(ab.numpy()).all()
