"""What an exported network costs on paper: its parameters, its maps and its arithmetic, counted in the ONNX graph.

**The paper's 129 MB** are the parameters of its network in float32: 32,235,385 of them (weights, biases, gains and
offsets of the batch norms), times 4 bytes, are 128.9 x 10^6 bytes.

**The paper's 142 MB** and, for its regressions, 127 MB are what Caffe calls the memory for data. The reading that gives
both is: one picture of 224x224, the size of the authors' released demo network; float32; every layer's output, where a
ReLU counts besides the convolution that it overwrites, as Caffe counts; the inputs too; and 1 MB = 2^20 bytes:

    | maps                                              | numbers    | MB    |
    | ------------------------------------------------- | ---------- | ----- |
    | 22 convolutions with a ReLU                       | 15,052,800 |  57.4 |
    | their ReLUs                                       | 15,052,800 |  57.4 |
    | 7 batch norms                                     |  3,010,560 |  11.5 |
    | lightness                                         |     50,176 |   0.2 |
    | 313 logits at 56x56, 1/T, their product, softmax  |  3,926,272 |  15.0 |
    | ab                                                |      6,272 |   0.02 |
    | together                                          | 37,098,880 | 141.5 |

Without the four maps of 313, which a regression does not have, 126.5 remain. The table of a report counts maps in this
way, so that its column can be read beside the published one. Our graph of the same network comes to 138: its T is a
number, where the authors' first demo took 1/T as a map of 313 channels.

Source: Zhang, Isola and Efros 2016, table 1, and the network definition `demo/colorization_deploy_v0.prototxt` of their
release; that the figures were taken so is our inference from the two numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference

PAPER_SIZE = 224  # pixels to a side, at which the paper's table counts maps
PAPER_MB = 2**20  # bytes, likewise
FLOAT_BYTES = 4

# Inputs of a node that are learned, where they are constants. Of a batch norm: gain and offset, not the statistics.
LEARNED = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (1, 2),
    "MatMul": (1,),
    "Add": (0, 1),  # a bias that the exporter left beside its product
    "BatchNormalization": (1, 2),
}
BINS = "bins"  # the colors that probabilities are multiplied with; nothing of them is learned
# What only renames, reorders or rounds a map, and is no layer.
REORDER = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast")
NO_LAYER = frozenset((*REORDER, "QuantizeLinear", "DequantizeLinear"))
SHAPES = frozenset(("Shape", "Size"))  # what comes of them is no map


@dataclass(frozen=True)
class GraphCost:
    """Counts of one graph, for one picture."""

    parameters: int  # learned numbers, whatever their type in the file; a batch norm folded away counts as its bias
    activations: int  # numbers in the outputs of all layers
    multiply_adds: int  # of convolutions and matrix products


def graph_cost(path: Path, size: int) -> GraphCost:
    """Count an exported network.

    Args:
        path: an ONNX file with an input `lightness` [n, 1, h, w].
        size: height and width of the picture, a multiple of what the network wants.
    Raises: ValueError for a graph whose shapes do not follow from the size.
    """
    graph = _Graph(onnx.load(path), size)
    return GraphCost(graph.parameters(), graph.activations(), graph.multiply_adds())


class _Graph:
    """A graph with the shape of every value."""

    def __init__(self, model: onnx.ModelProto, size: int) -> None:
        for value in model.graph.input:
            if value.name == "lightness":
                for dimension, length in zip(value.type.tensor_type.shape.dim, (1, 1, size, size), strict=True):
                    dimension.dim_value = length
        del model.graph.value_info[:]  # what the exporter knew, with names in the place of lengths
        for value in model.graph.output:
            value.type.tensor_type.ClearField("shape")
        graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
        self.nodes = list(graph.node)
        self.constants = {value.name: value for value in graph.initializer}
        self.maker = {name: node for node in self.nodes for name in node.output}
        self.shapes = {
            value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
            for value in (*graph.input, *graph.output, *graph.value_info)
        } | {name: list(value.dims) for name, value in self.constants.items()}

    def parameters(self) -> int:
        learned = {name for node in self.nodes for name in self._learned(node)}
        return sum(math.prod(self.constants[name].dims) for name in learned)

    def activations(self) -> int:
        """An 8-bit file keeps no ReLU whose work its rounding does; that is counted as if it were there."""
        maps = {"lightness"}
        total = self.size_of("lightness")
        for node in self.nodes:
            if node.op_type in SHAPES or maps.isdisjoint(node.input):
                continue
            maps.update(node.output)
            if node.op_type not in NO_LAYER and not self._is_bias(node):
                total += sum(self.size_of(name) for name in node.output)
            elif self._is_relu(node):
                total += self.size_of(node.output[0])
        return total

    def multiply_adds(self) -> int:
        return sum(self._multiply_adds(node) for node in self.nodes)

    def size_of(self, name: str) -> int:
        """How many numbers a value has."""
        size = math.prod(self.shapes.get(name, [0]))
        if size == 0:
            raise ValueError(f"the shape of {name!r} does not follow from the size of the picture; export it again")
        return size

    def _learned(self, node: onnx.NodeProto) -> Iterator[str]:
        """The constants of a node that training made."""
        for place in LEARNED.get(node.op_type, ()):
            name = self._source(node.input[place]) if place < len(node.input) else ""
            # A single number is a setting: a center, an exponent.
            if name in self.constants and name != BINS and math.prod(self.constants[name].dims) > 1:
                yield name

    def _source(self, name: str) -> str:
        """The value behind another, past what only rounds and reorders."""
        while name in self.maker and self.maker[name].op_type in NO_LAYER:
            name = self.maker[name].input[0]
        return name

    def _is_bias(self, node: onnx.NodeProto) -> bool:
        """Whether a node only adds the bias of a product, which a convolution does within itself."""
        sources = [self.maker.get(self._source(name)) for name in node.input]
        after_product = any(source is not None and source.op_type == "MatMul" for source in sources)
        return node.op_type == "Add" and after_product and any(self._learned(node))

    def _is_relu(self, node: onnx.NodeProto) -> bool:
        """Whether rounding to 8 bits cuts a convolution's map off at 0: its range begins there."""
        if node.op_type != "QuantizeLinear" or len(node.input) < 3:
            return False
        before = self.maker.get(node.input[0])
        zero = self.constants.get(node.input[2])
        if before is None or before.op_type not in ("Conv", "ConvTranspose") or zero is None:
            return False
        lowest = numpy_helper.to_array(zero)
        return bool(np.all(lowest == np.iinfo(lowest.dtype).min))

    def _multiply_adds(self, node: onnx.NodeProto) -> int:
        if node.op_type == "Conv":  # each number of the output: channels of its group x kernel
            return self.size_of(node.output[0]) * math.prod(self.shapes[node.input[1]][1:])
        if node.op_type == "ConvTranspose":  # each number of the input
            return self.size_of(node.input[0]) * math.prod(self.shapes[node.input[1]][1:])
        if node.op_type in ("MatMul", "Gemm"):
            summed = -2 if any(one.name == "transA" and one.i for one in node.attribute) else -1
            return self.size_of(node.output[0]) * self.shapes[node.input[0]][summed]
        return 0
