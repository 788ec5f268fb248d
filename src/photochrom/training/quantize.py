"""Eight-bit weights and activations for an exported graph: a third of the size, and faster on most CPUs.

The layers of the network are quantized, each output channel with its own scale. The prediction and the choice of color
that follows it (softmax and the product with the bins, or what makes a color of hue and chroma) stay in float32, and so
do the first blocks of a pretrained encoder: their few channels differ so much in range that rounding them costs more
color error than all later layers together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

OPERATIONS = ["Conv", "MatMul", "Add", "Relu", "Clip", "Resize"]
# Parts whose weights begin with these names, and all before them, keep float32.
ENCODERS = ("network.encoder.", "network.backbone.encoder.")
SENSITIVE = tuple(encoder + part for encoder in ENCODERS for part in ("stem.", "blocks.0.", "blocks.1."))
# Inputs of the nodes that make the prediction: of `lite` and `larsson16`, of `dahl16`, of `eccv16`.
PREDICTION = ("network.predict.bias", *(f"network.predict.{level}." for level in range(4)), "network.model8.6.")


class Photographs(CalibrationDataReader):
    """Feeds lightness to ONNX Runtime's calibration, one photograph at a time."""

    def __init__(self, photographs: list[np.ndarray], *, takes_temperature: bool) -> None:
        rest = {"temperature": np.array(0.38, np.float32)} if takes_temperature else {}
        self.feeds = iter([{"lightness": lightness, **rest} for lightness in photographs])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next feed, or None."""
        return next(self.feeds, None)


def quantize_graph(
    source: Path, target: Path, photographs: list[np.ndarray], *, sensitive: Sequence[str] = SENSITIVE
) -> None:
    """Write `source` with 8-bit layers.

    Args:
        source: a graph exported in float32.
        target: the file to write.
        photographs: float32 [1, 1, H, W] each; the ranges of the activations are taken from them.
        sensitive: beginnings of weights' names; the graph up to the last of them stays in float32.
    """
    prepared = source.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    graph = onnx.load(prepared)
    takes_temperature = any(value.name == "temperature" for value in graph.graph.input)
    quantize_static(
        str(prepared),
        str(target),
        Photographs(photographs, takes_temperature=takes_temperature),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=OPERATIONS,
        nodes_to_exclude=nodes_in_float(graph, sensitive),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={
            # Ranges are averaged over the photographs: a single outlier would else coarsen every step of the scale.
            "CalibMovingAverage": True,
            # A product's result is the logits, which ONNX Runtime then gives in float32, and sooner.
            "OpTypesToExcludeOutputQuantization": ["MatMul"],
        },
    )


def nodes_in_float(model: onnx.ModelProto, sensitive: Sequence[str]) -> list[str]:
    """Names of the nodes up to the last one with a sensitive weight, and of all that do not lead to the prediction."""
    nodes = list(model.graph.node)  # in order: every value is made before it is used
    last = max((at for at, node in enumerate(nodes) if any(holds(node, sensitive))), default=-1)
    # A regression's scale is folded into its last layer, whose weights then have no name of ours.
    last_layer = [node.name for node in nodes if node.op_type == "Conv"][-1:]
    predicting = [node.name for node in nodes if holds(node, PREDICTION)] or last_layer
    wanted = {value for node in nodes if node.name in predicting for value in node.input}
    leading = set()
    for node in reversed(nodes):
        if node.name not in predicting and not wanted.isdisjoint(node.output):
            leading.add(node.name)
            wanted.update(node.input)
    return [node.name for at, node in enumerate(nodes) if at <= last or node.name not in leading]


def holds(node: onnx.NodeProto, beginnings: Sequence[str]) -> list[str]:
    """The inputs of a node whose names begin so."""
    return [name for name in node.input if name.startswith(tuple(beginnings))]
