"""The graph written by hand against the published package's network, at even and at odd sizes of the maps."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from photochrom.evaluation.lite_graph import lite_graph
from photochrom.networks.efficientnet_lite import imagenet_file, load_imagenet

# Of the published `_blocks`: stages of 1, 2, 2, 3, 3 (lite0) and 1, 3, 3, 4, 4 (lite2) blocks come before stride 32.
LAST_AT_STRIDE_16 = {"lite0": 10, "lite2": 14}


@pytest.fixture(scope="module", params=[("lite0", 224), ("lite2", 260)], ids=["lite0", "lite2"])
def both(request):
    """(variant, side, our graph, the published network)."""
    variant, side = request.param
    weights = str(imagenet_file(variant))
    published = EfficientNet.from_pretrained(f"efficientnet-{variant}", weights_path=weights).eval()
    return variant, side, lite_graph(load_imagenet(variant), side), published


def test_probabilities_and_features_are_those_of_the_published_network(both):
    variant, side, graph, published = both
    picture = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    maps = []
    published._blocks[LAST_AT_STRIDE_16[variant]].register_forward_hook(lambda *seen: maps.append(seen[2]))
    with torch.inference_mode():
        logits = published((torch.from_numpy(picture).permute(0, 3, 1, 2).float() - 127) / 128)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    probabilities, features = session.run(["probabilities", "features"], {"picture": picture})
    np.testing.assert_allclose(probabilities, torch.softmax(logits, dim=1).numpy(), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(features, maps[0].mean(dim=(2, 3)).numpy(), rtol=1e-3, atol=1e-4)
    assert -(-side // 16) == maps[0].shape[2]  # and it is the map at stride 16


def test_the_graph_is_valid_onnx(both):
    _, _, graph, _ = both
    onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)
