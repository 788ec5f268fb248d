"""Dahl's system of January 2016: features of a classifier, and a residual encoder that goes from coarse to fine.

At each stride the features are joined with the state of the coarser one, enlarged, and the prediction is that of the
coarser one, enlarged, plus what this level has to add: a Laplacian pyramid of predictions. It is trained with the L2
loss. Where it departs from Dahl's page: ab instead of UV, the prediction ends at stride 4 as everywhere here instead of
full resolution, and the loss compares colors there instead of under several blurs.

Source: Dahl, "Automatic Colorization", tinyclouds.org/colorize; the residual pyramid as Zhang, Isola and Efros 2016
describe it.
"""

from __future__ import annotations

from torch import Tensor, nn

from photochrom.networks.backbone import Backbone
from photochrom.networks.lite import Convolution, double

STRIDE = 4  # of the prediction
SIZE_MULTIPLE = 32


class Dahl16(nn.Module):
    """Lightness to ab, from the last tap of each stride of the backbone.

    Args:
        backbone: `VGGBackbone` as Dahl's, or another.
        outputs: 2 for ab.
        width: channels carried from level to level.
    """

    def __init__(self, backbone: Backbone, *, outputs: int = 2, width: int = 128) -> None:
        super().__init__()
        self.backbone = backbone
        last = {tap.stride: name for name, tap in backbone.taps.items() if tap.stride >= STRIDE}
        self.levels = [last[stride] for stride in sorted(last, reverse=True)]  # coarse to fine
        channels = [backbone.taps[name].channels for name in self.levels]
        self.norm = nn.ModuleList(nn.BatchNorm2d(count) for count in channels)
        self.lateral = nn.ModuleList(nn.Conv2d(count, width, 1) for count in channels)
        self.merge = nn.ModuleList(Convolution(width, width) for _ in channels)
        self.predict = nn.ModuleList(nn.Conv2d(width, outputs, 1) for _ in channels)

    def forward(self, lightness: Tensor) -> Tensor:
        """lightness: float [N, 1, H, W] in 0..100, H and W multiples of 32. Returns [N, outputs, H/4, W/4]."""
        features = self.backbone(lightness)
        state = prediction = None
        for level, name in enumerate(self.levels):
            x = self.lateral[level](self.norm[level](features[name]))
            state = self.merge[level](x if state is None else x + double(state))
            added = self.predict[level](state)
            prediction = added if prediction is None else double(prediction) + added
        return prediction
