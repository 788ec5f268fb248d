"""The small network: sizes, what it reads, and that every part takes part."""

import pytest
import torch

from photochrom.networks.lite import Lite


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Lite().eval()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 96), (160, 128)])
def test_any_multiple_of_32_gives_a_prediction_at_stride_4(network, height, width):
    with torch.inference_mode():
        assert network(torch.full((2, 1, height, width), 50.0)).shape == (2, 313, height // 4, width // 4)


def test_a_regression_has_two_outputs():
    with torch.inference_mode():
        assert Lite(outputs=2).eval()(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 8, 8)


def test_every_trained_value_receives_a_gradient():
    torch.manual_seed(0)
    network = Lite().train()
    noise = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 100
    network(noise).square().mean().backward()
    without = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


def test_a_photograph_is_colored_the_same_alone_and_in_a_batch(network):
    first, second = torch.rand(2, 1, 1, 64, 64, generator=torch.Generator().manual_seed(2)) * 100
    with torch.inference_mode():
        together = network(torch.cat([first, second]))
        torch.testing.assert_close(together[:1], network(first), rtol=1e-4, atol=1e-5)
