"""Layers of a fresh network that learn at one pace: weights are scaled until their gradients, for their size, agree.

Between two layers with a ReLU between them, a factor can be moved from one to the other and the function stays the
same, since relu(s x) = s relu(x). A batch norm swallows any factor. The gradient of a layer, relative to its weights,
does change, by the factor's inverse square.

Source: Kraehenbuehl et al. 2016, "Data-dependent initializations of convolutional neural networks", section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
HOMOGENEOUS = (nn.ReLU, nn.LeakyReLU, nn.MaxPool2d, nn.AvgPool2d, nn.Dropout, nn.Dropout2d, nn.Identity)
ROUNDS = 10
TOLERANCE = 0.01


@dataclass(frozen=True)
class Segment:
    """Layers one after the other, with nothing between but ReLUs and the like.

    Attributes:
        layers: from the input on.
        norm: the batch norm after the last of them, or None at the network's end.
    """

    layers: list[nn.Module]
    norm: nn.BatchNorm2d | None


def balance_gradients(network: nn.Module, lightness: Tensor, fresh: list[nn.Module], *, seed: int = 0) -> bool:
    """Scale the weights of fresh layers until sqrt(mean gradient^2 / mean weight^2) is the same for all.

    The network's function is kept: the factors of the layers after the last batch norm multiply to 1, those before a
    batch norm are swallowed by it. In training that holds to within its epsilon, which weighs more where the factors
    are small. The gradients are those of random normal ones at the output.

    Args:
        network: in float32; its batch norms use the batch's statistics meanwhile.
        lightness: float32 [N, 1, H, W] in 0..100.
        fresh: the layers that may be scaled.
        seed: of the gradients at the output.
    Returns: False if the layers are no chain (see `segments_of`); then nothing has changed.
    Source: as the module; at most 10 rounds and 1 %, as its released code.
    """
    segments = segments_of(network, lightness[:1], fresh)
    if not segments:
        return False
    for _ in range(ROUNDS):
        ratios = gradient_ratios(network, lightness, [segment.layers for segment in segments], seed=seed)
        every = [ratio for part in ratios for ratio in part]
        target = geometric_mean(ratios[-1] if segments[-1].norm is None else every)
        if all(abs(ratio / target - 1) <= TOLERANCE for ratio in every):
            break
        for segment, part in zip(segments, ratios, strict=True):
            scale_segment(segment, [math.sqrt(ratio / target) for ratio in part])
    return True


def segments_of(network: nn.Module, lightness: Tensor, fresh: list[nn.Module]) -> list[Segment]:
    """The fresh layers as segments, or an empty list if they are no chain.

    They are a chain if, from the first of them to the network's output, each module receives the very tensor that the
    one before gave, and all are convolutions, linear layers, batch norms, ReLUs or the like. Then nothing else looks at
    what is between them.
    """
    calls: list[tuple[nn.Module, Tensor, Tensor]] = []

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        calls.append((module, inputs[0], output))

    leaves = [module for module in network.modules() if not list(module.children())]
    handles = [leaf.register_forward_hook(note) for leaf in leaves]
    try:
        with torch.no_grad(), on_batch_statistics(network, [], momentum=0.0):
            result = network(lightness)
    finally:
        for handle in handles:
            handle.remove()
    begin = next((index for index, (module, _, _) in enumerate(calls) if module in fresh), len(calls))
    chain = calls[begin:]
    gives = [output for _, _, output in chain]
    takes = [taken for _, taken, _ in chain[1:]] + [result]
    modules = [module for module, _, _ in chain]
    if not all(given is taken for given, taken in zip(gives, takes, strict=True)) or len(set(modules)) < len(modules):
        return []
    return cut_at_norms(modules, fresh)


def cut_at_norms(modules: list[nn.Module], fresh: list[nn.Module]) -> list[Segment]:
    """Segments of modules in their order, or an empty list if one of them is of a kind that a factor cannot pass."""
    segments: list[Segment] = []
    layers: list[nn.Module] = []
    for module in modules:
        if isinstance(module, WEIGHTED) and module in fresh:
            layers.append(module)
        elif isinstance(module, nn.BatchNorm2d):
            segments.append(Segment(layers, module))
            layers = []
        elif not isinstance(module, HOMOGENEOUS):
            return []
    return [*segments, Segment(layers, None)] if layers else segments


def gradient_ratios(
    network: nn.Module, lightness: Tensor, layers: list[list[nn.Module]], *, seed: int
) -> list[list[float]]:
    """sqrt(mean gradient^2 / mean weight^2) of each layer, for random normal gradients at the output."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    weights = [layer.weight for part in layers for layer in part]
    with torch.enable_grad(), on_batch_statistics(network, norms, momentum=0.0):
        output = network(lightness)
        top = torch.randn(output.shape, generator=torch.Generator().manual_seed(seed)).to(output.device)
        gradients = iter(torch.autograd.grad(output, weights, top))
    return [
        [float((next(gradients).square().mean() / layer.weight.detach().square().mean()).sqrt()) for layer in part]
        for part in layers
    ]


@torch.no_grad()
def scale_segment(segment: Segment, factors: list[float]) -> None:
    """Multiply each layer's weights by its factor, and what lies after it by the product of all so far."""
    product = 1.0
    for layer, factor in zip(segment.layers, factors, strict=True):
        product *= factor
        layer.weight.mul_(factor)
        if layer.bias is not None:
            layer.bias.mul_(product)
    norm = segment.norm
    if norm is not None and norm.running_mean is not None:
        norm.running_mean.mul_(product)
        # It divides by sqrt(variance + epsilon): the sum is scaled, so that epsilon weighs what it did.
        norm.running_var.copy_((product**2 * (norm.running_var + norm.eps) - norm.eps).clamp_min(0))


@contextmanager
def on_batch_statistics(network: nn.Module, norms: list[nn.BatchNorm2d], *, momentum: float) -> Iterator[None]:
    """The network in evaluation mode, but for these batch norms, which use and remember (by `momentum`) a batch's own.

    Afterwards every module is in the mode that it was in.
    """
    modes = {module: module.training for module in network.modules()}
    momenta = {norm: norm.momentum for norm in norms}
    network.eval()
    for norm in norms:
        norm.train()
        norm.momentum = momentum
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for norm, before in momenta.items():
            norm.momentum = before


def geometric_mean(values: list[float]) -> float:
    """The value whose logarithm is the mean of the logarithms."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
