"""Larsson's system: hypercolumns of a classifier, one hidden layer, and histograms of hue and chroma.

A hypercolumn is every layer of the backbone seen at one place. The published system samples 128 of them a photograph
for training, because written out they take gigabytes (12,417 channels). Here the hidden layer is applied to the taps of
each stride at their own resolution, and the results are enlarged and added: bilinear enlargement and a 1x1 convolution
are both linear, one over places and one over channels, so the sum is the same and every place can be trained. Each tap
is batch-normalized first, in the place of the batch norms inside the published backbone.

Source: Larsson, Maire and Shakhnarovich 2016, arXiv:1603.06668.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from photochrom.networks.backbone import Backbone
from photochrom.networks.lite import pointwise

STRIDE = 4  # of the prediction, as in the published dense model
SIZE_MULTIPLE = 32
HIDDEN = 1024
DROPOUT = 0.5


class Larsson16(nn.Module):
    """Lightness to two histograms of 32 bins, hue first, as logits.

    Args:
        backbone: `VGGBackbone(fully_connected=True)` as published, or another.
        outputs: 64 for the histograms.
        hidden: channels of the layer between.
    """

    def __init__(self, backbone: Backbone, *, outputs: int = 64, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.backbone = backbone
        self.taps_of: dict[int, list[str]] = {}  # by stride
        for name, tap in backbone.taps.items():
            self.taps_of.setdefault(tap.stride, []).append(name)
        channels = {
            stride: sum(backbone.taps[name].channels for name in names) for stride, names in self.taps_of.items()
        }
        self.norm = nn.ModuleDict({str(stride): nn.BatchNorm2d(count) for stride, count in channels.items()})
        self.project = nn.ModuleDict(
            {str(stride): nn.Conv2d(count, hidden, 1, bias=False) for stride, count in channels.items()}
        )
        for layer in self.project.values():  # parts of one layer over the whole hypercolumn, so drawn as one
            nn.init.normal_(layer.weight, std=(2 / (1 + sum(channels.values()))) ** 0.5)
        self.project_lightness = nn.Conv2d(1, hidden, 1)
        self.dropout = nn.Dropout(DROPOUT)
        self.predict = nn.Conv2d(hidden, outputs, 1)

    def forward(self, lightness: Tensor) -> Tensor:
        """lightness: float [N, 1, H, W] in 0..100, H and W multiples of 32. Returns [N, outputs, H/4, W/4]."""
        features = self.backbone(lightness)
        total = self.project_lightness(resample(lightness / 50 - 1, 1))
        for stride, names in self.taps_of.items():
            # Finer taps are sampled before the work, coarser ones after it: the fewest places either way.
            parts = torch.cat([resample(features[name], min(stride, STRIDE)) for name in names], dim=1)
            total = total + resample(self.project[str(stride)](self.norm[str(stride)](parts)), max(stride, STRIDE))
        return pointwise(self.predict, self.dropout(F.relu(total)))


def resample(x: Tensor, stride: int) -> Tensor:
    """Sample [N, C, H/stride, W/stride] bilinearly at the middles of 4x4 pixels: [N, C, H/4, W/4]."""
    if stride == STRIDE:
        return x
    return F.interpolate(x, scale_factor=stride / STRIDE, mode="bilinear", align_corners=False)
