"""Dahl's system: a sum of predictions from coarse to fine."""

import pytest
import torch

from photochrom.networks.backbone import build_backbone
from photochrom.networks.dahl16 import Dahl16


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Dahl16(build_backbone("lite0")).eval()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 96)])
def test_the_prediction_lies_at_stride_4(network, height, width):
    with torch.inference_mode():
        assert network(torch.full((2, 1, height, width), 50.0)).shape == (2, 2, height // 4, width // 4)


def test_it_builds_on_the_last_convolution_of_every_block_of_vgg():
    with torch.device("meta"):
        network = Dahl16(build_backbone("vgg16"))
    assert network.levels == ["conv5_3", "conv4_3", "conv3_3"]


def test_the_prediction_is_the_sum_of_what_the_levels_add(network):
    # With only one level's prediction left, the whole is that level's, enlarged; the levels add up to the whole.
    lightness = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)) * 100
    kept = [(layer.weight.clone(), layer.bias.clone()) for layer in network.predict]
    with torch.no_grad():
        whole = network(lightness)
        parts = []
        for chosen in range(len(kept)):
            for level, (layer, (weight, bias)) in enumerate(zip(network.predict, kept, strict=True)):
                layer.weight.copy_(weight if level == chosen else 0 * weight)
                layer.bias.copy_(bias if level == chosen else 0 * bias)
            parts.append(network(lightness))
        for layer, (weight, bias) in zip(network.predict, kept, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    assert all(part.abs().max() > 0 for part in parts)
    torch.testing.assert_close(sum(parts), whole, rtol=1e-4, atol=1e-5)


def test_every_trained_value_receives_a_gradient():
    torch.manual_seed(0)
    network = Dahl16(build_backbone("lite0")).train()
    noise = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 100
    network(noise).square().mean().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()] == []
