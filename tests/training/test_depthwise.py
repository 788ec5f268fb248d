"""Depthwise convolutions with gradients in float32, against PyTorch's own layer in float64."""

import copy

import pytest
import torch
from torch import nn

from photochrom.networks.lite import Lite
from photochrom.training.depthwise import DepthwiseConv2d, quicken_depthwise


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def gradients(layer, x, top, *, bf16):
    """(output, gradient of the input, gradient of the weights)."""
    leaf = x.detach().clone().requires_grad_()
    layer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        output = layer(leaf)
    output.backward(top.to(output.dtype))
    return output.detach(), leaf.grad, layer.weight.grad.clone()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), [(5, 1, 2, 1), (3, 2, 0, 1), (5, 2, (2, 1), 2)])
def test_output_and_gradients_are_those_of_a_plain_layer(kernel, stride, padding, dilation, layout):
    plain = nn.Conv2d(12, 12, kernel, stride, padding, dilation, groups=12, bias=False)
    with torch.no_grad():
        plain.weight.copy_(torch.randn(plain.weight.shape, generator=dice()).bfloat16())  # as autocast would round it
    x = torch.randn(3, 12, 15, 17, generator=dice(1)).bfloat16().to(memory_format=layout)
    top = torch.randn(plain(x.float()).shape, generator=dice(2)).bfloat16()
    exact = gradients(copy.deepcopy(plain).double(), x.double(), top.double(), bf16=False)
    found = gradients(DepthwiseConv2d.of(plain), x, top, bf16=True)
    assert [value.dtype for value in found] == [torch.bfloat16, torch.bfloat16, torch.float32]
    torch.testing.assert_close(found[0].double(), exact[0], rtol=2**-8, atol=1e-2)  # 8 bits
    torch.testing.assert_close(found[1].double(), exact[1], rtol=2**-8, atol=1e-2)
    torch.testing.assert_close(found[2].double(), exact[2], rtol=1e-5, atol=1e-4)  # float32 throughout


def test_without_autocast_a_layer_is_the_plain_one_to_the_bit():
    plain = nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False)
    x, top = torch.randn(2, 6, 9, 9, generator=dice()), torch.randn(2, 6, 9, 9, generator=dice(1))
    wanted = gradients(plain, x, top, bf16=False)
    for found, value in zip(gradients(DepthwiseConv2d.of(plain), x, top, bf16=False), wanted, strict=True):
        assert torch.equal(found, value)


def test_frozen_weights_get_no_gradient_and_a_first_layer_gives_none():
    layer = DepthwiseConv2d.of(nn.Conv2d(4, 4, 5, groups=4, bias=False))
    layer.requires_grad_(False)
    x = torch.randn(1, 4, 8, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x).sum().backward()
    assert layer.weight.grad is None
    assert x.grad is not None
    layer.requires_grad_(True)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x.detach()).sum().backward()
    assert layer.weight.grad is not None


def test_lite_keeps_its_weights_names_and_answers():
    torch.manual_seed(0)
    network = Lite().train()
    lightness = 100 * torch.rand(2, 1, 64, 64, generator=dice())
    names, parameters = list(network.state_dict()), list(network.parameters())
    before = copy.deepcopy(network)
    quicken_depthwise(network)
    assert list(network.state_dict()) == names
    assert all(one is other for one, other in zip(network.parameters(), parameters, strict=True))
    kinds = [type(module) for module in network.modules()]
    assert kinds.count(DepthwiseConv2d) == 11  # of 16: the others have a 3x3 kernel and stride 1
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(network(lightness), before(lightness))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
        nn.Conv2d(8, 8, 5, groups=8),
        nn.Conv2d(8, 16, 5, groups=8, bias=False),
        nn.Conv2d(8, 8, 5, groups=2, bias=False),
        nn.Conv2d(8, 8, 5, padding="same", groups=8, bias=False),
        nn.Conv2d(8, 8, 5, padding=2, padding_mode="reflect", groups=8, bias=False),
        nn.Conv2d(1, 1, 5, bias=False),
    ],
)
def test_other_layers_are_left_alone(layer):
    network = quicken_depthwise(nn.Sequential(layer))
    assert network[0] is layer
