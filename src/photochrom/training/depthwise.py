"""Depthwise convolutions whose gradients do not hold training in bfloat16 up on a CPU.

oneDNN 3.12, under PyTorch 2.13, has no fast kernels for some gradients of depthwise convolutions in bfloat16: those of
the weights of 5x5 kernels take 4 times as long as in float32, those of the input at stride 2 up to 100 times. That was
half of a training step of `lite`. Here such a layer runs forward in bfloat16 as ever, and backward in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Pair = tuple[int, int]


def quicken_depthwise(network: nn.Module) -> nn.Module:
    """The network with every such layer replaced by one that shares its weights, under its name.

    Layers of stride 1 and 3x3, which are fast, are left alone, and so is everything that is no depthwise convolution.

    Args:
        network: for training on a CPU; in float32 or on another device nothing is gained, and nothing changes.
    Returns: the same network, changed in place.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(8, 8, 5, groups=8, bias=False), nn.ReLU(), nn.Conv2d(8, 4, 1))
        >>> [type(layer).__name__ for layer in quicken_depthwise(network)]
        ['DepthwiseConv2d', 'ReLU', 'Conv2d']
    """
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if is_slow(child):
                setattr(module, name, DepthwiseConv2d.of(child))
    return network


def is_slow(layer: nn.Module) -> bool:
    """Whether a layer is a depthwise convolution whose gradients are slow in bfloat16."""
    return (
        type(layer) is nn.Conv2d
        and 1 < layer.groups == layer.in_channels == layer.out_channels
        and layer.bias is None
        and not isinstance(layer.padding, str)
        and layer.padding_mode == "zeros"
        and (max(layer.stride) > 1 or max(layer.kernel_size) > 3)
    )


class DepthwiseConv2d(nn.Conv2d):
    """A depthwise convolution; under autocast on a CPU its gradients are computed in float32."""

    @classmethod
    def of(cls, plain: nn.Conv2d) -> DepthwiseConv2d:
        """One that shares the weights of a plain layer, which must be one that `is_slow`."""
        made = cls(
            plain.in_channels,
            plain.out_channels,
            plain.kernel_size,
            plain.stride,
            plain.padding,
            plain.dilation,
            plain.groups,
            bias=False,
            device="meta",  # the weights are the plain layer's, in a moment
        )
        made.weight = plain.weight
        return made.train(plain.training)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to [N, C, h, w], in the type that a plain layer gives."""
        if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu") or not torch.is_grad_enabled():
            return super().forward(x)
        return WideGradients.apply(x, self.weight, self.stride, self.padding, self.dilation)


class WideGradients(torch.autograd.Function):
    """A depthwise convolution by autocast's rules, its gradients in float32 with the channels last."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: Pair, padding: Pair, dilation: Pair) -> Tensor:
        """Input [N, C, H, W] and weight [C, 1, kh, kw] to output [N, C, h, w]."""
        ctx.save_for_backward(x, weight)
        ctx.geometry = stride, padding, dilation
        return F.conv2d(x, weight, None, stride, padding, dilation, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        """Gradients of input and weight, as far as they are wanted, each in its own type."""
        x, weight = ctx.saved_tensors
        stride, padding, dilation = ctx.geometry
        wide, seen, kernel = (
            value.float().contiguous(memory_format=torch.channels_last) for value in (grads[0], x, weight)
        )
        wanted = [*ctx.needs_input_grad[:2], False]
        to_input, to_weight, _ = torch.ops.aten.convolution_backward(
            wide, seen, kernel, None, stride, padding, dilation, False, [0, 0], len(weight), wanted
        )
        return (
            to_input.to(x.dtype) if wanted[0] else None,
            to_weight.to(weight.dtype) if wanted[1] else None,
            None,
            None,
            None,
        )
