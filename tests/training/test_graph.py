"""Point estimates as graphs, with a network of one convolution, so that tracing is quick."""

import numpy as np
import onnxruntime
import pytest
import torch

from photochrom.training.checkpoint import Run
from photochrom.training.export import Description, ExportError, export_network, export_run, noise_lightness
from photochrom.training.graph import PointNetwork, compare, write_graph
from photochrom.training.objectives import build_objective
from photochrom.training.recipes import lite_l2, smoke
from photochrom.training.settings import Settings
from photochrom.training.systems import build_network


def point_network(objective, target="mean"):
    settings = Settings(system="lite", steps=200, objective=objective, target=target)
    kind = build_objective(settings, np.full(313, 1 / 313), torch.device("cpu"))
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(1, kind.outputs, 4, stride=4)
    with torch.no_grad():
        convolution.weight *= 0.2 if kind.outputs > 2 else 0.02  # from lightness of 0..100 to numbers of order 1
    return convolution, kind


@pytest.fixture
def run_of(tmp_path):
    """run_of(settings) leaves a run of fresh weights and returns its folder."""

    def make(settings):
        run = Run(tmp_path / "run")
        run.begin(settings, np.full(313, 1 / 313), {}, noise_lightness(64))
        run.save(build_network(settings, pretrained=False).state_dict(), {})
        return run.folder

    return make


@pytest.mark.parametrize(("objective", "target"), [("regression", "mean"), ("hue-chroma", "point")])
def test_a_point_estimate_becomes_a_graph_of_lightness_to_ab_alone(tmp_path, objective, target):
    network, kind = point_network(objective, target)
    whole = PointNetwork(network, kind).eval()
    write_graph(whole, tmp_path / "point.onnx", noise_lightness(32))
    session = onnxruntime.InferenceSession(str(tmp_path / "point.onnx"), providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["lightness"]
    assert [value.name for value in session.get_outputs()] == ["ab"]
    lightness = np.random.default_rng(0).uniform(0, 100, (3, 1, 64, 96)).astype(np.float32)
    (found,) = session.run(None, {"lightness": lightness})
    given = torch.from_numpy(lightness)
    with torch.inference_mode():
        wanted = kind.colors(network(given), given, 1.0)
    assert found.std() > 1
    np.testing.assert_allclose(found, wanted, atol=0.02)
    assert compare(whole, tmp_path / "point.onnx", [lightness])["largest"] < 0.02


def test_a_point_estimates_file_says_so_and_names_no_bins():
    said = Description(system="dahl16", size_multiple=32, license="", training={}, output="point").metadata()
    assert said["photochrom.output"] == "point"
    assert "photochrom.bins" not in said


def test_a_regression_has_no_rarity_weighting_to_take_back(run_of, tmp_path):
    with pytest.raises(ExportError, match="regression has none"):
        export_run(run_of(smoke(lite_l2)), tmp_path / "x.onnx", moderation=0.5)


def test_8_bit_layers_leave_the_decoding_of_hue_and_chroma_exact(tmp_path):
    _, kind = point_network("hue-chroma")
    body = torch.nn.Sequential(torch.nn.AvgPool2d(4), torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU())
    whole = torch.nn.Sequential(body, torch.nn.Conv2d(8, kind.outputs, 1)).eval()
    photographs = [noise_lightness(64)]
    description = Description(system="larsson16", size_multiple=32, license="", training={}, output="point")
    result = export_network(whole, tmp_path / "q.onnx", description, photographs, objective=kind, quantize=True)
    assert result["int8"]["largest"] > 0  # the body is rounded
    assert result["int8"]["mean"] < 3
