"""EfficientNet-Lite as an ONNX graph for one picture, written layer by layer from the PyTorch module.

It takes a moment, where PyTorch's exporter takes ten seconds on an idle machine. Batch norms are folded into their
convolutions, and the padding is ONNX's SAME_UPPER, which is TensorFlow's SAME for any side: the module pads for even
sides alone, and lite2, at 260, meets maps of 65 and 33.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from photochrom.networks.efficientnet_lite import ConvNorm, ImageNetClassifier, InvertedResidual

CENTER, SPREAD = 127.0, 128.0  # of the published normalization of 0..255
OPSET, IR_VERSION = 18, 9


def lite_graph(network: ImageNetClassifier, side: int) -> bytes:
    """The graph of one picture: `picture` uint8 [1, side, side, 3] to `probabilities` and `features`.

    Args:
        network: with its weights, in evaluation mode.
        side: height and width of the pictures.
    Returns: an ONNX model; `probabilities` is float32 [1, 1000], `features` float32 [1, channels at stride 16], the
        means of that map over the picture.
    """
    graph = Graph()
    x = graph.add("Cast", graph.add("Transpose", "picture", perm=[0, 3, 1, 2]), to=TensorProto.FLOAT)
    x = graph.add("Div", graph.add("Sub", x, graph.constant(np.float32(CENTER))), graph.constant(np.float32(SPREAD)))
    encoder = network.encoder
    x = graph.relu6(graph.convolution(x, encoder.stem))
    for index, block in enumerate(encoder.blocks):
        x = graph.block(x, block)
        if index == encoder.taps[2]:  # the last at stride 16
            features, dimensions = graph.mean(x), encoder.tap_channels[2]
    last = graph.mean(graph.relu6(graph.convolution(x, encoder.top)))
    layer = network.classifier
    logits = graph.add("Gemm", last, graph.constant(layer.weight), graph.constant(layer.bias), transB=1)
    graph.add("Softmax", logits, output="probabilities", axis=-1)
    graph.add("Identity", features, output="features")
    outputs = {"probabilities": layer.out_features, "features": dimensions}
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, [1, side, side, 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in outputs.items()],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    return model.SerializeToString()


class Graph:
    """Nodes and constants as they are added; every method takes the name of a map and returns that of the next."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """One node with one output."""
        name = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: torch.Tensor | np.ndarray | np.float32) -> str:
        """Weights, or a number."""
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def convolution(self, x: str, layer: ConvNorm) -> str:
        """A convolution with its batch norm: w' = w g and b' = beta - mean g, where g = gamma / sqrt(var + eps)."""
        norm: nn.BatchNorm2d = layer.norm
        assert norm.running_mean is not None
        assert norm.running_var is not None
        # In float64, so that folding adds no rounding of its own.
        gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        weight = (layer.conv.weight.double() * gain[:, None, None, None]).float()
        bias = (norm.bias.double() - norm.running_mean.double() * gain).float()
        kernel, stride = list(layer.conv.kernel_size), list(layer.conv.stride)
        return self.add(
            "Conv",
            x,
            self.constant(weight),
            self.constant(bias),
            kernel_shape=kernel,
            strides=stride,
            group=layer.conv.groups,
            auto_pad="SAME_UPPER",
        )

    def relu6(self, x: str) -> str:
        """Between 0 and 6."""
        return self.add("Clip", x, self.constant(np.float32(0)), self.constant(np.float32(6)))

    def mean(self, x: str) -> str:
        """Over the places: [1, channels, h, w] to [1, channels]."""
        return self.add("Flatten", self.add("GlobalAveragePool", x))

    def block(self, x: str, block: InvertedResidual) -> str:
        """Widen, filter, narrow; added to what came in where the module does."""
        hidden = x if block.expand is None else self.relu6(self.convolution(x, block.expand))
        hidden = self.relu6(self.convolution(hidden, block.depthwise))
        narrow = self.convolution(hidden, block.project)
        return self.add("Add", x, narrow) if block.residual else narrow
