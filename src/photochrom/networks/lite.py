"""`lite`: an EfficientNet-Lite encoder and a small feature-pyramid decoder, made for a CPU.

The encoder brings what ImageNet taught it, up to the very features that its classifier told a thousand things apart by:
they know best what is there. The decoder carries that from stride 32 down to stride 4, where color is predicted. A
summary of the whole picture joins at the top, because the light of a scene (a sunset, a lamp-lit room) shows in no
single place.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from photochrom.networks.efficientnet_lite import TOP_CHANNELS, EfficientNetLite

STRIDE = 4  # of the prediction
SIZE_MULTIPLE = 32  # height and width of the input


class Lite(nn.Module):
    """Lightness to logits over the ab bins, or to ab itself.

    Args:
        variant: the encoder, `lite0`, `lite1` or `lite2`.
        outputs: 313 for logits over the bins, 2 for a regression.
        width: channels of the pyramid.
        head: channels of the layer before the prediction.
    """

    def __init__(self, *, variant: str = "lite0", outputs: int = 313, width: int = 96, head: int = 192) -> None:
        super().__init__()
        self.encoder = EfficientNetLite(variant, top=True)
        self.encoder.accept_lightness()
        channels4, channels8, channels16, _ = self.encoder.tap_channels
        self.scene = nn.Linear(TOP_CHANNELS, width)
        self.lateral32 = nn.Conv2d(TOP_CHANNELS, width, 1)
        self.lateral16 = nn.Conv2d(channels16, width, 1)
        self.lateral8 = nn.Conv2d(channels8, width, 1)
        self.lateral4 = nn.Conv2d(channels4, width, 1)
        self.merge32 = Convolution(width, width)
        self.merge16 = Convolution(width, width)
        self.merge8 = Convolution(width, width)
        self.head = Convolution(width, head)
        self.predict = nn.Conv2d(head, outputs, 1)

    def forward(self, lightness: Tensor) -> Tensor:
        """lightness: float [N, 1, H, W] in 0..100, H and W multiples of 32. Returns [N, outputs, H/4, W/4]."""
        # The encoder knows gray levels as (value - 127) / 128 of 0..255, and L is close to linear in them.
        seen = self.encoder((lightness * 2.55 - 127) / 128)
        scene = self.scene(seen.top.mean(dim=(2, 3)))[:, :, None, None]
        x = self.merge32(self.lateral32(seen.top) + scene)
        x = self.merge16(double(x) + self.lateral16(seen.stride16))
        x = self.merge8(double(x) + self.lateral8(seen.stride8))
        x = self.head(double(x) + self.lateral4(seen.stride4))
        return pointwise(self.predict, x)


class Convolution(nn.Sequential):
    """A 3x3 convolution, batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def double(x: Tensor) -> Tensor:
    """Enlarge [N, C, h, w] to twice the height and width, bilinearly."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def pointwise(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1x1 convolution as a product over the last axis, [N, C, h, w] to [N, outputs, h, w].

    What follows a prediction wants its channels last, and in the exported graph an 8-bit matrix product gives its
    result in float32, where an 8-bit convolution would round the logits.
    """
    return F.linear(x.permute(0, 2, 3, 1), layer.weight[:, :, 0, 0], layer.bias).permute(0, 3, 1, 2)
