"""The exported file describes itself and does what the network does."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from photochrom.color.ab_bins import ab_bins
from photochrom.inference import Predictor
from photochrom.training.checkpoint import Run
from photochrom.training.export import (
    Description,
    ExportError,
    average_weights,
    export_network,
    export_run,
    moderate,
)
from photochrom.training.graph import AnnealedNetwork
from photochrom.training.systems import build_system


@pytest.fixture(scope="module")
def session(exported):
    return onnxruntime.InferenceSession(str(exported[0]), providers=["CPUExecutionProvider"])


def test_the_file_says_what_it_is(session):
    said = session.get_modelmeta().custom_metadata_map
    assert said["photochrom.system"] == "lite"
    assert said["photochrom.output"] == "distribution"
    assert (said["photochrom.stride"], said["photochrom.size_multiple"]) == ("4", "32")
    assert float(said["photochrom.default_temperature"]) == 0.38
    assert len(said["photochrom.prior_sha256"]) == 64
    assert json.loads(said["photochrom.training"])["recipe"]["system"] == "lite"
    np.testing.assert_array_equal(json.loads(said["photochrom.bins"]), ab_bins())


@pytest.mark.parametrize("shape", [(1, 1, 64, 96), (3, 1, 32, 32)])
@pytest.mark.parametrize("temperature", [0.05, 0.38, 1.0])
def test_any_batch_size_and_temperature_agree_with_pytorch(run, session, shape, temperature):
    network = build_system("lite", pretrained=False)
    network.load_state_dict(run.weights())
    network.eval()
    lightness = np.random.default_rng(0).uniform(0, 100, shape).astype(np.float32)
    ab, logits = session.run(None, {"lightness": lightness, "temperature": np.array(temperature, np.float32)})
    with torch.inference_mode():
        wanted = network(torch.from_numpy(lightness))
    assert ab.shape == (shape[0], 2, shape[2] // 4, shape[3] // 4)
    np.testing.assert_allclose(logits, wanted, atol=1e-3)
    # The annealed mean by its definition, in float64 from the file's own logits.
    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ab, np.einsum("nqhw,qc->nchw", shares, ab_bins()), atol=0.01)


def test_the_result_counts_bytes_and_differences(exported):
    file, result = exported
    assert result["bytes"] == file.stat().st_size
    assert result["float32"]["largest"] < 0.05


@pytest.fixture(scope="module")
def quantized(run, photographs, tmp_path_factory):
    """(file, result) of exporting that run to 8 bits."""
    file = tmp_path_factory.mktemp("quantized") / "small.onnx"
    return file, export_run(run.folder, file, quantize=True, calibration=photographs)


def test_quantized_weights_are_a_third_of_the_size_and_stay_near(quantized, exported):
    file, result = quantized
    assert result["bytes"] < exported[1]["bytes"] / 3
    assert result["int8"]["mean"] < 2  # four steps of training leave wild logits: a trained network is far nearer
    assert "QuantizeLinear" in {node.op_type for node in onnx.load(file).graph.node}


def test_the_logits_of_quantized_weights_are_not_rounded(quantized):
    file, _ = quantized
    bias = next(each for each in onnx.load(file).graph.initializer if each.name == "network.predict.bias")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 64)).astype(np.float32)
    logits = session.run(["logits"], {"lightness": lightness, "temperature": np.array(1, np.float32)})[0]
    products = logits - onnx.numpy_helper.to_array(bias)[:, None, None]
    assert len(np.unique(products.round(4))) > 1000  # 8 bits know 256


def test_quantizing_without_photographs_is_refused_and_writes_nothing(run, tmp_path):
    with pytest.raises(ExportError, match="--calibration"):
        export_run(run.folder, tmp_path / "small.onnx", quantize=True)
    assert not list(tmp_path.iterdir())


def test_without_photographs_named_the_check_takes_those_kept_with_the_run(run, tmp_path):
    assert run.photographs().max() > 50  # lightness of real pictures, in 0..100
    assert export_run(run.folder, tmp_path / "plain.onnx")["float32"]["largest"] < 0.05


def test_a_graph_that_disagrees_is_not_written(tmp_path, monkeypatch):
    network = torch.nn.Conv2d(1, 313, 4, stride=4)
    monkeypatch.setitem(export_network.__globals__, "LARGEST_DIFFERENCE", 0.0)
    description = Description(system="lite", size_multiple=32, license="", training={})
    with pytest.raises(ExportError, match="differs from PyTorch"):
        export_network(network, tmp_path / "wrong.onnx", description, [np.full((1, 1, 64, 64), 50, np.float32)])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("system", ["lite", "eccv16"])
def test_moderation_divides_the_probabilities_by_a_power_of_the_rarity_weights(system):
    network = build_system(system, pretrained=False).eval()
    rarity = np.random.default_rng(0).uniform(0.1, 6, 313).astype(np.float32)
    lightness = torch.full((1, 1, 32, 32), 50.0)
    with torch.inference_mode():
        before = torch.softmax(network(lightness)[0].double(), dim=0)
        moderate(network, rarity, 0.4)
        after = torch.softmax(network(lightness)[0].double(), dim=0)
    wanted = before / torch.from_numpy(rarity)[:, None, None].double() ** 0.4
    torch.testing.assert_close(after, wanted / wanted.sum(dim=0), rtol=1e-4, atol=1e-9)


def test_averaged_runs_have_the_mean_of_their_weights(run, tmp_path):
    other = Run(tmp_path / "other")
    other.begin(run.settings(), run.prior(), {}, run.photographs())
    other.save({name: value + 1 for name, value in run.weights().items()}, {})
    average = average_weights([run, other])
    torch.testing.assert_close(average["predict.weight"], run.weights()["predict.weight"] + 0.5)
    assert average["head.1.num_batches_tracked"] == run.weights()["head.1.num_batches_tracked"]


def test_runs_of_different_systems_are_not_averaged(run, tmp_path):
    other = Run(tmp_path / "other")
    other.begin(dataclasses.replace(run.settings(), system="eccv16"), run.prior(), {}, run.photographs())
    with pytest.raises(ExportError, match=r"eccv16 \(classification\) and lite"):
        average_weights([run, other])


def test_moderation_outside_its_range_is_refused(run, tmp_path):
    with pytest.raises(ExportError, match="moderation"):
        export_run(run.folder, tmp_path / "x.onnx", moderation=1.5)


def test_the_temperature_of_a_file_is_chosen_at_export(run, tmp_path):
    export_run(run.folder, tmp_path / "calm.onnx", temperature=1.0)
    assert Predictor(tmp_path / "calm.onnx").card.default_temperature == 1.0
    with pytest.raises(ValueError, match="temperature"):
        export_run(run.folder, tmp_path / "x.onnx", temperature=1.5)
    assert not (tmp_path / "x.onnx").exists()


def test_a_scale_on_the_logits_is_a_change_of_temperature():
    network = torch.nn.Conv2d(1, 313, 4, stride=4)
    lightness = torch.rand(1, 1, 32, 32) * 3
    with torch.inference_mode():
        scaled, _ = AnnealedNetwork(network, scale=0.5)(lightness, torch.tensor(0.4))
        plain, _ = AnnealedNetwork(network)(lightness, torch.tensor(0.8))
    torch.testing.assert_close(scaled, plain, rtol=1e-4, atol=1e-3)
