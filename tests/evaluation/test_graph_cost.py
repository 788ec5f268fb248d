"""Counts of a graph against counting by hand, PyTorch's own counter, and the paper's table."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from photochrom.evaluation.graph_cost import FLOAT_BYTES, PAPER_MB, PAPER_SIZE, graph_cost
from photochrom.inference import find_weights
from photochrom.networks.eccv16 import ECCV16
from photochrom.networks.lite import Lite
from photochrom.training.graph import AnnealedNetwork, write_graph
from photochrom.training.quantize import quantize_graph
from photochrom.training.recipes import count_costs, eccv16_full, lite_full

PAPER_PARAMETERS_MB, PAPER_MAPS_MB, PAPER_MAPS_MB_OF_L2 = 129, 142, 127  # Zhang, Isola and Efros 2016, table 1
BINS = 313


def maps_of_layers(network, size):
    """Numbers in the outputs of a PyTorch network's layers, counted as they are made."""
    made = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.ReLU | nn.BatchNorm2d):
            layer.register_forward_hook(lambda module, given, out: made.append(out.numel()))
    with torch.inference_mode():
        network(torch.zeros(1, 1, size, size, device="meta"))
    return sum(made)


def test_the_papers_129_mb_are_the_parameters_in_float32():
    with torch.device("meta"):
        network = ECCV16()
    count = sum(value.numel() for name, value in network.named_parameters() if name != "model_out.weight")
    assert count == 32_235_385
    assert round(FLOAT_BYTES * count / 1e6) == PAPER_PARAMETERS_MB


def test_the_papers_142_mb_are_the_maps_that_caffe_counts_at_224():
    with torch.device("meta"):
        network = ECCV16().eval()
    lightness, places = PAPER_SIZE**2, (PAPER_SIZE // 4) ** 2
    # The logits are a layer of the network; 1/T, its product with them, the softmax and ab are layers of the demo.
    count = lightness + maps_of_layers(network, PAPER_SIZE) + (3 * BINS + 2) * places
    assert count == 37_098_880
    assert round(FLOAT_BYTES * count / PAPER_MB) == PAPER_MAPS_MB


def test_the_papers_127_mb_are_the_same_without_the_bins():
    with torch.device("meta"):
        network = ECCV16(outputs=2).eval()
    count = PAPER_SIZE**2 + maps_of_layers(network, PAPER_SIZE)
    assert round(FLOAT_BYTES * count / PAPER_MB) == PAPER_MAPS_MB_OF_L2


def test_the_table_of_the_explanation_is_right():
    with torch.device("meta"):
        network = ECCV16().eval()
    made = {kind: [] for kind in (nn.Conv2d, nn.ConvTranspose2d, nn.ReLU, nn.BatchNorm2d)}
    for layer in network.modules():
        if type(layer) in made:
            layer.register_forward_hook(lambda module, given, out: made[type(module)].append(out.numel()))
    with torch.inference_mode():
        network(torch.zeros(1, 1, PAPER_SIZE, PAPER_SIZE, device="meta"))
    convolutions = made[nn.Conv2d] + made[nn.ConvTranspose2d]
    assert len(made[nn.ReLU]) == len(convolutions) - 1 == 22
    assert sum(made[nn.ReLU]) == sum(convolutions) - BINS * 56**2 == 15_052_800
    assert (len(made[nn.BatchNorm2d]), sum(made[nn.BatchNorm2d])) == (7, 3_010_560)


def test_a_tiny_graph_is_counted_as_by_hand(tiny_model):
    found = graph_cost(tiny_model, 32)
    places = 8 * 8
    assert found.parameters == BINS * 4 * 4 + BINS  # the bins are not learned
    assert found.activations == 32 * 32 + 3 * BINS * places + 2 * places  # lightness; logits, over T, softmax; ab
    assert found.multiply_adds == BINS * places * 16 + places * BINS * 2


def test_four_times_the_pixels_are_four_times_the_cost(tiny_model):
    small, large = graph_cost(tiny_model, 64), graph_cost(tiny_model, 128)
    assert large.parameters == small.parameters
    assert large.activations == 4 * small.activations
    assert large.multiply_adds == 4 * small.multiply_adds


def test_the_embedded_network_costs_what_pytorch_counts():
    found = graph_cost(find_weights("lite"), 256)
    parameters, gflop = count_costs(lite_full())
    choice = 2 * BINS * 2 * 64**2 / 1e9  # of the color, which is no part of the PyTorch network
    assert 2 * found.multiply_adds / 1e9 == pytest.approx(gflop + choice, rel=1e-6)
    with torch.device("meta"):
        norms = [layer for layer in Lite().modules() if isinstance(layer, nn.BatchNorm2d)]
    folded_gains = sum(layer.num_features for layer in norms)
    assert found.parameters == parameters - folded_gains


@pytest.mark.slow
def test_eccv16_as_exported_costs_what_the_paper_and_pytorch_count(tmp_path):
    torch.manual_seed(0)
    network = ECCV16().eval()
    for value in (*network.parameters(), *network.buffers()):
        if value.dim() == 1:  # the exporter keeps one copy of equal vectors, which trained ones are not
            nn.init.uniform_(value, 0.5, 1.5)
    file = tmp_path / "eccv16.onnx"
    write_graph(AnnealedNetwork(network).eval(), file, np.full((1, 1, 64, 64), 50, np.float32))
    parameters, gflop = count_costs(eccv16_full())
    found, as_published = graph_cost(file, 256), graph_cost(file, PAPER_SIZE)
    assert found.parameters == parameters == 32_235_385
    assert 2 * found.multiply_adds / 1e9 == pytest.approx(gflop + 2 * BINS * 2 * 64**2 / 1e9, rel=1e-6)
    # Besides the paper's maps two that center and scale lightness, and T as a number, not as a map of 313 channels.
    wanted = 37_098_880 + 2 * PAPER_SIZE**2 - BINS * (PAPER_SIZE // 4) ** 2
    assert as_published.activations == wanted


def graph_of(nodes, constants, path):
    """An ONNX file from lightness to `last`."""
    graph = helper.make_graph(
        nodes,
        "layers",
        [helper.make_tensor_value_info("lightness", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("last", TensorProto.FLOAT, ["n", "c", "h2", "w2"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.fixture
def layers(tmp_path):
    """Convolution, ReLU, batch norm, a transposed convolution in two groups, ReLU, convolution."""
    random = np.random.default_rng(0)
    draw = lambda *shape: random.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    nodes = [
        helper.make_node("Conv", ["lightness", "w1", "b1"], ["c1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("BatchNormalization", ["r1", "gain", "offset", "mean", "variance"], ["n1"]),
        helper.make_node("ConvTranspose", ["n1", "w2"], ["c2"], strides=[2, 2], pads=[1, 1, 1, 1], group=2),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("Conv", ["r2", "w3", "b3"], ["last"], name="prediction"),
    ]
    constants = {"w1": draw(8, 1, 3, 3), "b1": draw(8), "gain": draw(8), "offset": draw(8), "mean": draw(8)}
    constants |= {"variance": np.abs(draw(8)) + 1, "w2": draw(8, 3, 4, 4), "w3": draw(5, 6, 1, 1), "b3": draw(5)}
    return graph_of(nodes, constants, tmp_path / "layers.onnx")


def test_every_kind_of_layer_is_counted_as_by_hand(layers):
    found = graph_cost(layers, 32)
    half, whole = 16 * 16, 32 * 32
    assert found.parameters == 8 * 9 + 8 + (8 + 8) + 8 * 3 * 16 + 5 * 6 + 5  # a batch norm's gain and offset alone
    assert found.activations == whole + 3 * 8 * half + 2 * 6 * whole + 5 * whole
    # Each output of the first takes 9 products; each input of the second spreads to 3 channels of 4x4.
    assert found.multiply_adds == 8 * half * 9 + 8 * half * 3 * 16 + 5 * whole * 6


def test_pytorch_counts_a_grouped_transposed_convolution_likewise(layers):
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        first = nn.Conv2d(1, 8, 3, 2, 1)(torch.zeros(1, 1, 32, 32))
        nn.Conv2d(6, 5, 1)(nn.ConvTranspose2d(8, 6, 4, 2, 1, groups=2)(first))
    assert 2 * graph_cost(layers, 32).multiply_adds == counter.get_total_flops()


def test_rounding_to_eight_bits_changes_no_count(tmp_path):
    # Its parameters are whole numbers then, its ReLUs a matter of the rounding's range, and its bias apart.
    random = np.random.default_rng(0)
    draw = lambda *shape: random.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    nodes = [
        helper.make_node("Conv", ["lightness", "w1", "b1"], ["c1"], name="first", strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], name="relu"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], name="second"),
        helper.make_node("Conv", ["c2", "w3", "b3"], ["c3"], name="third"),
        helper.make_node("Relu", ["c3"], ["r3"], name="relu3"),
        helper.make_node("Conv", ["r3", "w4", "b4"], ["last"], name="prediction"),
    ]
    constants = {"w1": draw(8, 1, 3, 3), "b1": draw(8), "w2": draw(6, 8, 1, 1), "b2": draw(6)}
    constants |= {"w3": draw(7, 6, 1, 1), "b3": draw(7), "w4": draw(5, 7, 1, 1), "b4": draw(5)}
    exact = graph_of(nodes, constants, tmp_path / "exact.onnx")
    photographs = [random.uniform(0, 100, (1, 1, 32, 32)).astype(np.float32) for _ in range(2)]
    quantize_graph(exact, tmp_path / "rounded.onnx", photographs)
    kinds = {node.op_type for node in onnx.load(tmp_path / "rounded.onnx").graph.node}
    assert "QuantizeLinear" in kinds
    assert "Relu" not in kinds
    assert graph_cost(tmp_path / "rounded.onnx", 32) == graph_cost(exact, 32)


def test_a_graph_without_lightness_is_refused(tmp_path):
    nodes = [helper.make_node("Relu", ["gray"], ["last"])]
    graph = helper.make_graph(
        nodes,
        "other",
        [helper.make_tensor_value_info("gray", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("last", TensorProto.FLOAT, ["n", 1, "h", "w"])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), tmp_path / "o.onnx")
    with pytest.raises(ValueError, match=r"the shape of 'lightness' does not follow"):
        graph_cost(tmp_path / "o.onnx", 32)
