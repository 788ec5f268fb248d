"""Larsson's system against the hypercolumns written out, and against the published sizes."""

import pytest
import torch
from torch.nn import functional as F

from photochrom.networks.backbone import build_backbone
from photochrom.networks.larsson16 import Larsson16


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Larsson16(build_backbone("lite0"), hidden=24).eval()


def test_the_output_is_that_of_hypercolumns_sampled_at_every_place(network):
    lightness = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(1)) * 100
    # Middles of 4x4 pixels in the coordinates of grid_sample, -1..1 from edge to edge.
    y, x = ((torch.arange(count) + 0.5) / count * 2 - 1 for count in (16, 24))
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)[None]
    with torch.inference_mode():
        features = network.backbone(lightness)
        column, weight = [lightness / 50 - 1], [network.project_lightness.weight]
        for stride, names in network.taps_of.items():
            column.append(network.norm[str(stride)](torch.cat([features[name] for name in names], dim=1)))
            weight.append(network.project[str(stride)].weight)
        sampled = torch.cat(
            [F.grid_sample(part, grid, padding_mode="border", align_corners=False) for part in column], dim=1
        )
        hidden = F.relu(F.conv2d(sampled, torch.cat(weight, dim=1), network.project_lightness.bias))
        wanted = F.conv2d(hidden, network.predict.weight, network.predict.bias)
        torch.testing.assert_close(network(lightness), wanted, rtol=1e-4, atol=1e-5)


def test_on_vgg_it_has_the_published_channels_and_size():
    with torch.device("meta"):
        network = Larsson16(build_backbone("vgg16", fully_connected=True))
    assert 1 + sum(tap.channels for tap in network.backbone.taps.values()) == 12_417
    # Table 1 of Zhang, Isola and Efros 2016: 588 MB of parameters.
    assert round(4 * sum(value.numel() for value in network.parameters()) / 1e6) == 588


def test_every_trained_value_receives_a_gradient():
    torch.manual_seed(0)
    network = Larsson16(build_backbone("lite0"), hidden=24).train()
    noise = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 100
    network(noise).square().mean().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()] == []
