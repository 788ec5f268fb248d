"""The network of Colorful Image Colorization, with the names of the released PyTorch state dict.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, table 4, and the authors' PyTorch release: every convolution is
followed by a ReLU, every block but the last by batch norm after its last ReLU, and nothing is pooled.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from photochrom.color.ab_bins import ab_bins

BINS = 313
STRIDE = 4
SIZE_MULTIPLE = 8
L_CENTER, L_RANGE = 50.0, 100.0  # of the released normalisation of L
AB_NORM = 110.0  # the released decoding layer holds bin centres divided by this


class ECCV16(nn.Module):
    """Lightness to logits over the 313 bins, or to another kind of output through the same layers.

    `model1` .. `model8` and `model_out` carry the names and shapes of the release, so its state dict loads strictly;
    `model_out` holds the bin centres for decoding and takes no part in `forward`, which ends at the logits. A network
    with other outputs has no `model_out`. The head of the paper's L2 networks was never released; the table's memory
    figures fit a linear layer in the place of the 313 logits, which is what `outputs=2` gives.

    Args:
        outputs: channels of the last layer, 313 for logits over the bins, 2 for a regression.
    """

    def __init__(self, *, outputs: int = BINS) -> None:
        super().__init__()
        self.model1 = nn.Sequential(*block(1, 64, 2, stride=2))
        self.model2 = nn.Sequential(*block(64, 128, 2, stride=2))
        self.model3 = nn.Sequential(*block(128, 256, 3, stride=2))
        self.model4 = nn.Sequential(*block(256, 512, 3))
        self.model5 = nn.Sequential(*block(512, 512, 3, dilation=2))
        self.model6 = nn.Sequential(*block(512, 512, 3, dilation=2))
        self.model7 = nn.Sequential(*block(512, 512, 3))
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, outputs, 1),
        )
        if outputs == BINS:
            self.model_out = nn.Conv2d(BINS, 2, 1, bias=False)
            self.model_out.weight = nn.Parameter(decoding_weight(), requires_grad=False)

    def forward(self, lightness: Tensor) -> Tensor:
        """lightness: float [N, 1, H, W] in 0..100, H and W multiples of 8. Returns [N, outputs, H/4, W/4]."""
        x = (lightness - L_CENTER) / L_RANGE
        for part in (self.model1, self.model2, self.model3, self.model4, self.model5, self.model6, self.model7):
            x = part(x)
        return self.model8(x)


def decoding_weight() -> Tensor:
    """What `model_out` should hold: the bin centres over 110, float32 [2, 313, 1, 1]."""
    return torch.from_numpy(np.array(ab_bins().T, order="C"))[:, :, None, None] / AB_NORM


def block(inputs: int, outputs: int, count: int, *, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    """`count` 3x3 convolutions, each with its ReLU, the last with the stride; then batch norm."""
    layers: list[nn.Module] = []
    for index in range(count):
        step = stride if index == count - 1 else 1
        layers.append(
            nn.Conv2d(inputs if index == 0 else outputs, outputs, 3, step, padding=dilation, dilation=dilation)
        )
        layers.append(nn.ReLU())
    return [*layers, nn.BatchNorm2d(outputs)]
