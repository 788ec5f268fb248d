"""The systems that can be trained, by name, and which of their layers begin with ImageNet weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from photochrom.networks.eccv16 import ECCV16
from photochrom.networks.efficientnet_lite import load_imagenet
from photochrom.networks.lite import Lite


def build_lite(*, pretrained: bool) -> nn.Module:
    """`lite` over the bins; with `pretrained`, its encoder has the ImageNet weights of the installed package."""
    network = Lite()
    if pretrained:
        encoder = load_imagenet("lite0").encoder
        encoder.accept_lightness()
        network.encoder.load_state_dict(encoder.state_dict(), strict=True)
    return network


def build_eccv16(*, pretrained: bool) -> nn.Module:
    """The paper's network, from scratch: nothing of it is pretrained."""
    del pretrained
    return ECCV16()


SYSTEMS: dict[str, Callable[..., nn.Module]] = {"lite": build_lite, "eccv16": build_eccv16}


def build_system(name: str, *, pretrained: bool = True, seed: int = 0) -> nn.Module:
    """The network of a system, its fresh layers drawn from `seed`.

    Raises:
        KeyError: no such system.
        ModuleNotFoundError: the package with its ImageNet weights is not installed.
    """
    torch.manual_seed(seed)
    return SYSTEMS[name](pretrained=pretrained)


def prediction_layer(network: nn.Module) -> nn.Conv2d:
    """The layer that gives the logits. Raises TypeError for a network that is no system of this list."""
    if isinstance(network, Lite):
        return network.predict
    if isinstance(network, ECCV16):
        return network.model8[6]
    raise TypeError(f"{type(network).__name__} is no system of {', '.join(SYSTEMS)}")


def encoder_of(network: nn.Module) -> nn.Module | None:
    """The part that begins with ImageNet weights, if there is one."""
    return getattr(network, "encoder", None)
