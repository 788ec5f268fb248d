"""Decoded photographs kept on a device, and cropped there: no pixel crosses the bus during training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class DeviceCache:
    """All photographs behind each other in one uint8 tensor, so that sizes may differ without padding.

    It resamples with the antialiased triangle filter of `torch.nn.functional.interpolate`, as two matrix products in
    float32. PyTorch's own path for uint8 works in 16-bit integers and rounds between its two passes, so single values
    differ by 1, seldom by 2, of 255.

    Args:
        photographs: uint8 [h, w, 3] each.
        device: where they are kept; all of them must fit, 3 bytes a pixel.
    """

    def __init__(self, photographs: Sequence[np.ndarray], device: torch.device) -> None:
        sizes = np.array([photograph.shape[:2] for photograph in photographs], np.int64).reshape(-1, 2)
        pixels = sizes.prod(axis=1)
        starts = np.concatenate([[0], np.cumsum(pixels)[:-1]])
        self.pixels = torch.empty((int(pixels.sum()), 3), dtype=torch.uint8, device=device)
        for photograph, start, count in zip(photographs, starts, pixels, strict=True):
            flat = torch.from_numpy(np.ascontiguousarray(photograph)).reshape(-1, 3)
            self.pixels[start : start + count] = flat.to(device)
        self.starts, self.widths = starts, sizes[:, 1]

    def crops(self, regions: Sequence[tuple[int, int, int, int, bool]], size: int) -> Tensor:
        """Cut squares out and bring them to one size.

        Args:
            regions: photograph, top, left, side in pixels, and whether to mirror left to right.
            size: side of the result in pixels.

        Returns: uint8 [N, 3, size, size] on the device.
        """
        device = self.pixels.device
        photograph, top, left, side, mirrored = np.array(regions, np.int64).T
        first = self.starts[photograph] + top * self.widths[photograph] + left  # of each square's pixels
        first, width, sides = (torch.from_numpy(value).to(device) for value in (first, self.widths[photograph], side))
        reach = torch.arange(int(side.max()), device=device)
        # A smaller square repeats its last row and column, which weigh nothing.
        along = torch.minimum(reach, sides[:, None] - 1)  # [N, s]
        index = first[:, None, None] + along[:, :, None] * width[:, None, None] + along[:, None, :]
        squares = self.pixels[index].float()  # [N, s, s, 3]
        rows = triangle_filter(sides, int(side.max()), size)
        columns = torch.where(torch.from_numpy(mirrored > 0).to(device)[:, None, None], rows.flip(1), rows)
        count, reached = squares.shape[:2]
        tall = torch.bmm(rows, squares.reshape(count, reached, -1)).reshape(count, size, reached, 3)
        result = torch.einsum("nxs,nysc->ncyx", columns, tall)
        return result.add_(0.5).clamp_(0, 255).to(torch.uint8)


def triangle_filter(sides: Tensor, reach: int, size: int) -> Tensor:
    """How much each source pixel counts for each result pixel, in resampling one axis.

    Args:
        sides: int64 [N], pixels of each source.
        reach: at least the largest of them.
        size: pixels of the result.

    Returns: float32 [N, size, reach]; each row sums to 1, with nothing beyond its source.
    """
    scale = (sides.double() / size)[:, None, None]
    center = (torch.arange(size, device=sides.device).double()[None, :, None] + 0.5) * scale
    place = torch.arange(reach, device=sides.device).double() + 0.5
    # Shrinking widens the triangle to cover what it skips; enlarging keeps it at one pixel on either side.
    weight = (1 - (place - center).abs() / scale.clamp_min(1)).clamp_min(0)
    weight = weight * (place < sides[:, None, None])
    return (weight / weight.sum(dim=-1, keepdim=True)).float()
