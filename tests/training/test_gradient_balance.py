"""Balanced gradients, measured by autograd; and a function that stays what it was."""

import pytest
import torch
from torch import nn

from photochrom.training.gradient_balance import balance_gradients, segments_of

LIGHTNESS = 100 * torch.rand(6, 1, 24, 24, generator=torch.Generator().manual_seed(0))


def with_norms():
    """As eccv16: batch norm after the ReLU, the last layers without."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2), nn.ReLU(), nn.BatchNorm2d(8),
        nn.Conv2d(8, 12, 3, dilation=2), nn.ReLU(), nn.BatchNorm2d(12),
        nn.ConvTranspose2d(12, 8, 4, stride=2), nn.ReLU(), nn.Conv2d(8, 10, 1),
    )  # fmt: skip


def without_norms():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, bias=False),
        nn.LeakyReLU(),
        nn.Conv2d(8, 5, 1),
    )


def normed_throughout():
    """As AlexNet in the paper: batch norm before every ReLU, the last layer as well."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 6, 3, bias=False), nn.BatchNorm2d(6)
    )


def layers_of(network):
    return [module for module in network if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))]


def unbalance(network):
    """Weights and biases of very different sizes, and batch norms that know what they are given."""
    with torch.no_grad():
        for index, layer in enumerate(layers_of(network)):
            layer.weight *= [3.0, 0.4, 2.0, 0.7][index % 4]
            if layer.bias is not None:
                layer.bias += 0.3 * torch.randn_like(layer.bias)
    network.train()
    for _ in range(300):
        network(LIGHTNESS)
    return network


def measured_ratios(network):
    """sqrt(mean gradient^2 / mean weight^2), on batch statistics, for a normal random gradient at the output."""
    network.train()
    network.zero_grad()
    output = network(LIGHTNESS)
    (output * torch.randn(output.shape, generator=torch.Generator().manual_seed(3))).sum().backward()
    return torch.stack([layer.weight.grad.norm() / layer.weight.detach().norm() for layer in layers_of(network)])


@pytest.mark.parametrize("build", [with_norms, without_norms, normed_throughout])
def test_afterwards_all_layers_have_one_ratio_of_gradient_to_weight(build):
    network = unbalance(build())
    before = measured_ratios(network)
    assert before.max() / before.min() > 1.5
    assert balance_gradients(network, LIGHTNESS, layers_of(network), seed=3)
    after = measured_ratios(network)
    assert after.max() / after.min() < 1.021  # each within 1 % of the target


def set_epsilon(network, epsilon):
    for module in network:
        if isinstance(module, nn.BatchNorm2d):
            module.eps = epsilon
    return network


@pytest.mark.parametrize("build", [with_norms, without_norms, normed_throughout])
@pytest.mark.parametrize(("training", "epsilon"), [(True, 1e-12), (False, 1e-12), (False, 1e-3)])
def test_the_function_stays_and_in_evaluation_whatever_the_epsilon(build, training, epsilon):
    network = unbalance(set_epsilon(build(), epsilon)).train(training)
    weights = network[0].weight.detach().clone()
    before = network(LIGHTNESS).detach()
    balance_gradients(network, LIGHTNESS, layers_of(network))
    assert not torch.allclose(network[0].weight, weights, rtol=0.1)
    torch.testing.assert_close(network(LIGHTNESS), before, rtol=1e-3, atol=1e-3 * float(before.std()))


def test_segments_end_at_batch_norms():
    network = with_norms()
    segments = segments_of(network, LIGHTNESS[:1], layers_of(network))
    places = [[list(network).index(layer) for layer in segment.layers] for segment in segments]
    assert places == [[0, 2], [5], [8, 10]]
    assert [segment.norm for segment in segments] == [network[4], network[7], None]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.relu = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()

    def forward(self, x):
        x = self.relu(self.first(x))
        return x + self.second(x)


@pytest.mark.parametrize(
    "build", [Residual, lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Sigmoid(), nn.Conv2d(4, 4, 1))]
)
def test_layers_that_are_no_plain_chain_are_left_as_they_are(build):
    network = build()
    before = [value.clone() for value in network.parameters()]
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert not balance_gradients(network, LIGHTNESS, layers)
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))
