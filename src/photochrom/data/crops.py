"""Random square crops of decoded photographs.

What a step sees depends on the seed and the step's number alone, so a run that was killed goes on with the very crops
it would have seen, and several processes share the batch that one would have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from photochrom.data.device_cache import DeviceCache
from photochrom.data.mixture import Mixture, shuffled


@dataclass(frozen=True)
class Region:
    """A square of one photograph."""

    photograph: int  # its place in the list
    top: int  # pixels
    left: int
    side: int
    mirrored: bool  # left to right


@dataclass(frozen=True)
class CropSampler:
    """Draws batches of random square crops.

    Attributes:
        photographs: uint8 [h, w, 3] each.
        size: side of a crop in pixels.
        batch: crops in a batch, over all processes.
        seed: with a step's number, fixes a batch.
        smallest: side of the smallest region that a crop shows, as a share of the photograph's short side.
        weights: how sources are mixed; None shows every photograph once before any again.
        rank: number of this process, which draws its share of each batch.
        world: how many processes there are; the batch is a multiple of it.
        cache: the photographs on a device, see `on`.

    Raises: ValueError where the batch cannot be shared, or the weights are of other photographs.

    Example:
        >>> sampler = CropSampler([np.zeros((64, 96, 3), np.uint8)], size=32, batch=4, seed=0)
        >>> sampler.draw(7).shape
        torch.Size([4, 3, 32, 32])
    """

    photographs: list[np.ndarray]
    size: int
    batch: int
    seed: int
    smallest: float = 0.6
    weights: Mixture | None = None
    rank: int = 0
    world: int = 1
    cache: DeviceCache | None = None

    def __post_init__(self) -> None:
        if self.batch % self.world or not 0 <= self.rank < self.world:
            raise ValueError(
                f"a batch of {self.batch} cannot be shared by {self.world} processes (this is rank {self.rank}); "
                f"take a multiple of {self.world}"
            )
        if self.weights is not None and sum(self.weights.counts) != len(self.photographs):
            raise ValueError(f"the weights are of {sum(self.weights.counts)} photographs, not {len(self.photographs)}")

    def draw(self, step: int) -> Tensor:
        """The batch of a step, or this process' share of it: uint8 [batch / world, 3, size, size].

        The shares of ranks 0, 1, ... behind each other are the batch of a single process.
        """
        share = self.batch // self.world
        regions = self.regions(step)[self.rank * share : (self.rank + 1) * share]
        if self.cache is not None:
            return self.cache.crops(
                [(region.photograph, region.top, region.left, region.side, region.mirrored) for region in regions],
                self.size,
            )
        return torch.stack([self.crop(region) for region in regions])

    def regions(self, step: int) -> list[Region]:
        """What the whole batch of a step shows: random regions of random size, half of them mirrored."""
        random = np.random.default_rng([self.seed, step])
        regions = []
        for index in self.indices(step):
            height, width = self.photographs[index].shape[:2]
            side = max(1, round(min(height, width) * random.uniform(self.smallest, 1.0)))
            top, left = random.integers(height - side + 1), random.integers(width - side + 1)
            regions.append(Region(index, int(top), int(left), side, mirrored=bool(random.random() < 0.5)))
        return regions

    def indices(self, step: int) -> list[int]:
        """Which photographs the whole batch of a step shows."""
        places = range(step * self.batch, (step + 1) * self.batch)
        if self.weights is not None:
            return [self.weights.photograph(place, self.seed) for place in places]
        count = len(self.photographs)
        return [int(shuffled(count, (self.seed, place // count, 1))[place % count]) for place in places]

    def crop(self, region: Region) -> Tensor:
        """The region brought to `size`, uint8 [3, size, size]."""
        photograph = self.photographs[region.photograph]
        square = photograph[region.top : region.top + region.side, region.left : region.left + region.side]
        crop = resized_square(square, self.size)
        return crop.flip(2) if region.mirrored else crop

    def batches(self, first_step: int) -> Iterator[Tensor]:
        """Batches from `first_step` on without end, the next one drawn by a thread while the last is used."""
        with ThreadPoolExecutor(1) as pool:
            step = first_step
            upcoming = pool.submit(self.draw, step)
            while True:
                batch = upcoming.result()
                step += 1
                upcoming = pool.submit(self.draw, step)
                yield batch

    def on(self, device: torch.device | str) -> CropSampler:
        """Return this sampler with the photographs copied to a device, where it crops from then on.

        The regions are the same; the pixels differ by the rounding of the two resamplers, see `DeviceCache`. Samplers
        made from the result with `dataclasses.replace` share the copy.
        """
        return replace(self, cache=DeviceCache(self.photographs, torch.device(device)))


def center_squares(photographs: list[np.ndarray], size: int) -> Tensor:
    """The middle square of each photograph at one size, uint8 [N, 3, size, size], for validation."""
    squares = []
    for photograph in photographs:
        height, width = photograph.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        squares.append(resized_square(photograph[top : top + side, left : left + side], size))
    return torch.stack(squares)


def resized_square(square: np.ndarray, size: int) -> Tensor:
    """Bring uint8 [s, s, 3] to uint8 [3, size, size], bilinear and free of aliasing."""
    pixels = torch.from_numpy(square).permute(2, 0, 1)[None]
    return F.interpolate(pixels, size=(size, size), mode="bilinear", antialias=True)[0]
