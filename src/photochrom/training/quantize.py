"""Eight-bit weights and activations for an exported graph: a third of the size, and faster on most CPUs.

The layers of the network are quantized, each output channel with its own scale. The logits and the choice of color
(softmax and the product with the bins) stay in float32, and so do the first blocks of a pretrained encoder: their few
channels differ so much in range that rounding them costs more color error than all later layers together.
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
SENSITIVE = ("network.encoder.stem.", "network.encoder.blocks.0.", "network.encoder.blocks.1.")
LOGIT_PARTS = ("network.predict.bias", "bins")  # inputs of the nodes from the logits on


class Photographs(CalibrationDataReader):
    """Feeds lightness to ONNX Runtime's calibration, one photograph at a time."""

    def __init__(self, photographs: list[np.ndarray]) -> None:
        temperature = np.array(0.38, np.float32)
        self.feeds = iter([{"lightness": lightness, "temperature": temperature} for lightness in photographs])

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
    quantize_static(
        str(prepared),
        str(target),
        Photographs(photographs),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=OPERATIONS,
        nodes_to_exclude=nodes_in_float(onnx.load(prepared), sensitive),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )


def nodes_in_float(model: onnx.ModelProto, sensitive: Sequence[str]) -> list[str]:
    """Names of the nodes up to the last one with a sensitive weight, and of those from the logits on."""
    nodes = list(model.graph.node)
    last = max((at for at, node in enumerate(nodes) if any(holds(node, sensitive))), default=-1)
    logits = [node for node in nodes if any(holds(node, LOGIT_PARTS))]
    return [node.name for node in nodes[: last + 1] + logits]


def holds(node: onnx.NodeProto, beginnings: Sequence[str]) -> list[str]:
    """The inputs of a node whose names begin so."""
    return [name for name in node.input if name.startswith(tuple(beginnings))]
