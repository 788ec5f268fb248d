"""Data-dependent initialization: a network from scratch begins with filters that real photographs suggest.

Layer by layer, from the input on, a layer's weights become the k-means centers of the patches that it sees, and are
scaled so that what it gives has unit variance. In one pass: when a layer is reached, all layers before it are done.

Source: Kraehenbuehl, Doersch, Donahue and Darrell 2016, "Data-dependent initializations of convolutional neural
networks", arXiv:1511.06856, which the paper's networks begin with.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from photochrom.training.gradient_balance import WEIGHTED, balance_gradients, on_batch_statistics
from photochrom.training.kmeans import cluster_patches
from photochrom.training.objectives import OUTPUTS
from photochrom.training.systems import encoder_of

log = logging.getLogger(__name__)

MEAN = 0.1  # of what a layer gives, before its ReLU
PIXELS = 2**21  # of lightness that are looked at: 67 crops of 176x176; eccv16's widest layer keeps 64 floats for each
GRADIENT_PIXELS = 2**18  # of them, for the gradients: 8 such crops
PATCHES_PER_OUTPUT = 16
FEWEST_PATCHES = 4096  # so that a narrow layer's clusters are well known


@torch.no_grad()
def initialize(network: nn.Module, batches: Iterable[Tensor], *, balance: bool = True, seed: int = 0) -> None:
    """Give a network's fresh layers weights that suit real photographs, in place.

    Convolutions and linear layers get k-means centers of the patches that they see; transposed convolutions, and layers
    that see fewer patches than they have outputs, get normal random weights. Each is then scaled so that every channel
    has unit variance and mean 0.1. The centers come from one half of the photographs, the scales and the statistics of
    batch norms from the other: centers of some hundred patches answer to those patches twice as strongly as to others.
    Last, the layers of a plain chain are balanced (see `balance_gradients`); in other networks that is left out.

    Left alone are the pretrained encoder, frozen layers, the head of a regression (whose outputs are ab / 110, for
    which unit variance is far too much), and layers that the network does not call as modules (`lite`'s prediction).

    Args:
        network: in float32, on any device; for several processes, before it is wrapped, with the same batches on each.
        batches: lightness float32 [N, 1, H, W] in 0..100, all of one size; no more are used than two million pixels.
        balance: whether to balance the layers.
        seed: of the random choices.

    Raises:
        ValueError: fewer than two photographs, or a convolution whose padding is not zeros by the pixel.

    Source: see the module; for details that it leaves open, this follows its released code.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1))
        >>> initialize(network, [100 * torch.rand(8, 1, 32, 32)])
    """
    device = next(network.parameters()).device
    lightness = gather(batches).to(device)
    fresh = fresh_modules(network)
    generator = torch.Generator().manual_seed(seed)
    done: set[nn.Module] = set()
    handles = []
    for module in fresh:
        if isinstance(module, nn.BatchNorm2d):
            handles.append(module.register_forward_pre_hook(partial(take_statistics, done=done)))
        elif is_to_fit(module):
            handles.append(module.register_forward_pre_hook(partial(choose_weights, generator=generator, done=done)))
            handles.append(module.register_forward_hook(partial(standardize, done=done)))
    try:
        with on_batch_statistics(network, [], momentum=0.0):
            network(lightness)
    finally:
        for handle in handles:
            handle.remove()
    if balance:
        few = lightness[: max(1, GRADIENT_PIXELS // lightness[0].numel())]
        if not balance_gradients(network, few, [module for module in fresh if isinstance(module, WEIGHTED)], seed=seed):
            log.info("the layers of %s are no plain chain: their gradients are not balanced", type(network).__name__)


def gather(batches: Iterable[Tensor]) -> Tensor:
    """The first photographs, as many as `PIXELS` allow and at least two. Raises ValueError if there are none."""
    taken: list[Tensor] = []
    for batch in batches:
        taken.append(batch)
        wanted = max(2, PIXELS // batch[0].numel())
        if sum(map(len, taken)) >= wanted:
            break
    if sum(map(len, taken)) < 2:
        raise ValueError("initialization needs photographs, got fewer than 2; give batches of lightness [N, 1, H, W]")
    return torch.cat(taken)[:wanted]


def fresh_modules(network: nn.Module) -> list[nn.Module]:
    """Layers and batch norms outside of the pretrained encoder that are trained, or have nothing to train."""
    encoder = encoder_of(network)
    pretrained = set(encoder.modules()) if encoder is not None else set()
    return [
        module
        for module in network.modules()
        if module not in pretrained and all(value.requires_grad for value in module.parameters(recurse=False))
    ]


def is_to_fit(module: nn.Module) -> bool:
    """Whether a fresh module has weights to choose: any layer but the head of a regression."""
    return isinstance(module, WEIGHTED) and len_outputs(module) != OUTPUTS["regression"]


def len_outputs(layer: nn.Module) -> int:
    """Channels that a layer gives."""
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels


def choose_weights(
    layer: nn.Module, inputs: tuple[Any, ...], *, generator: torch.Generator, done: set[nn.Module]
) -> None:
    """Before a layer runs for the first time: centers of its patches, or normal random weights; no bias."""
    if layer in done:
        return
    outputs = len_outputs(layer)
    patches = None
    if not isinstance(layer, nn.ConvTranspose2d):
        first_half = inputs[0][: (len(inputs[0]) + 1) // 2]
        patches = sample_patches(layer, first_half, max(FEWEST_PATCHES, PATCHES_PER_OUTPUT * outputs), generator)
    if patches is None or len(patches) < outputs:
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
    else:
        groups = getattr(layer, "groups", 1)
        for filters, seen in zip(layer.weight.chunk(groups), patches.chunk(groups, dim=1), strict=True):
            centers = cluster_patches(seen.flatten(1), len(filters), generator)
            filters.copy_(centers.reshape(filters.shape))
    if layer.bias is not None:
        layer.bias.zero_()


def sample_patches(layer: nn.Module, seen: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """What a layer sees at random places.

    Args:
        layer: a convolution, or a linear layer.
        seen: its input, [N, C, H, W] or [..., C].
        count: how many places, at most all of them.
        generator: on the CPU.
    Returns: float32 [count, C, kh, kw] or [count, C]; its product with the weights is the layer's output there.
    Raises: ValueError for padding that is not zeros by the pixel.
    """
    if isinstance(layer, nn.Linear):
        rows = seen.reshape(-1, seen.shape[-1])
        return rows[places(len(rows), count, generator).to(seen.device)]
    if isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        raise ValueError(
            f"initialization knows zero padding given in pixels, got {layer.padding!r} ({layer.padding_mode}); "
            'state the pixels, or set initialization to "default"'
        )
    (height, taps_y, inside_y), (width, taps_x, inside_x) = (taps(layer, seen.shape[2 + axis], axis) for axis in (0, 1))
    place = places(len(seen) * height * width, count, generator)
    photo, row, column = place // (height * width), place // width % height, place % width
    at = (photo[:, None, None], slice(None), taps_y[row][:, :, None], taps_x[column][:, None, :])
    patches = seen[tuple(index.to(seen.device) if isinstance(index, Tensor) else index for index in at)]
    inside = inside_y[row][:, :, None] & inside_x[column][:, None, :]  # [count, kh, kw]
    return (patches * inside[..., None].to(seen.device)).permute(0, 3, 1, 2)  # from [count, kh, kw, C]


def taps(layer: nn.Module, size: int, axis: int) -> tuple[int, Tensor, Tensor]:
    """Along one axis of `size`: how many outputs there are, what each looks at [outputs, k], and whether that exists.

    What lies in the padding is not inside, and is looked at somewhere else.
    """
    kernel, stride, dilation = layer.kernel_size[axis], layer.stride[axis], layer.dilation[axis]
    outputs = (size + 2 * layer.padding[axis] - dilation * (kernel - 1) - 1) // stride + 1
    index = torch.arange(outputs)[:, None] * stride + torch.arange(kernel) * dilation - layer.padding[axis]
    return outputs, index.clamp(0, size - 1), (index >= 0) & (index < size)


def places(total: int, count: int, generator: torch.Generator) -> Tensor:
    """`count` different numbers below `total`, or all of them, in random order."""
    return torch.randperm(total, generator=generator)[:count]


def standardize(layer: nn.Module, inputs: tuple[Any, ...], output: Tensor, *, done: set[nn.Module]) -> Tensor:
    """After a layer has run for the first time: unit variance and, where it has a bias, mean 0.1 in every channel."""
    del inputs
    if layer in done:
        return output
    done.add(layer)
    axis = output.ndim - 1 if isinstance(layer, nn.Linear) else 1
    others = [other for other in range(output.ndim) if other != axis]
    spread, mean = torch.std_mean(output[len(output) // 2 :], dim=others, correction=0)
    spread = torch.where(spread > 0, spread, 1.0)  # a channel that never changes stays as it is
    scale_outputs(layer, 1 / spread)
    along = [-1 if other == axis else 1 for other in range(output.ndim)]
    if layer.bias is None:
        return output.div_(spread.view(along))
    layer.bias.copy_(MEAN - mean / spread)
    return output.sub_(mean.view(along)).div_(spread.view(along)).add_(MEAN)


def take_statistics(norm: nn.BatchNorm2d, inputs: tuple[Any, ...], *, done: set[nn.Module]) -> None:
    """Before a batch norm runs for the first time: its running statistics become those of what it is given."""
    if norm in done or norm.running_mean is None:
        return
    done.add(norm)
    variance, mean = torch.var_mean(inputs[0][len(inputs[0]) // 2 :], dim=(0, 2, 3))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


def scale_outputs(layer: nn.Module, factors: Tensor) -> None:
    """Multiply the weights that lead to each output channel by its factor."""
    weight = layer.weight
    if isinstance(layer, nn.ConvTranspose2d):  # [inputs, outputs / groups, kh, kw]
        grouped = weight.view(layer.groups, -1, *weight.shape[1:])
        grouped.mul_(factors.view(layer.groups, 1, -1, 1, 1))
    else:
        weight.mul_(factors.view(-1, *[1] * (weight.ndim - 1)))
