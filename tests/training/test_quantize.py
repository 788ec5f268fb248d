"""Which parts of a graph are rounded to 8 bits."""

import onnx

from photochrom.training.quantize import SENSITIVE, nodes_in_float


def weights_of(model, names):
    chosen = set(names)
    return {value for node in model.graph.node if node.name in chosen for value in node.input}


def test_the_first_blocks_and_the_choice_of_color_stay_in_float(exported):
    model = onnx.load(exported[0])
    exact = weights_of(model, nodes_in_float(model, SENSITIVE))
    assert any(name.startswith("network.encoder.blocks.1.") for name in exact)
    assert "bins" in exact
    assert not any(name.startswith(("network.encoder.blocks.2.", "network.head", "network.merge")) for name in exact)


def test_a_network_without_an_encoder_is_rounded_up_to_its_logits(exported):
    model = onnx.load(exported[0])
    exact = weights_of(model, nodes_in_float(model, ()))
    assert not any(name.startswith("network.encoder.") for name in exact)
    assert "bins" in exact
