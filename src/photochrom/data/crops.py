"""Decoded photographs in memory, and random square crops of them.

What a step sees depends on the seed and the step's number alone, so a run that was killed goes on with the very crops
it would have seen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyvips
import torch
from torch import Tensor
from torch.nn import functional as F

from photochrom.data.sources import DataError, EncodedPhotograph

log = logging.getLogger(__name__)

LARGEST_UNREADABLE_SHARE = 0.01


def decode(photograph: EncodedPhotograph, short_side: int) -> np.ndarray:
    """The photograph upright in sRGB, uint8 [h, w, 3], its short side at most `short_side` (never enlarged).

    Raises:
        pyvips.Error: the bytes are no picture, or a damaged one.
    """
    header = pyvips.Image.new_from_buffer(photograph.data, "", fail_on="truncated")
    scale = min(1.0, short_side / min(header.width, header.height))
    image = pyvips.Image.thumbnail_buffer(  # shrinks while it decodes, where the format can
        photograph.data,
        max(1, round(header.width * scale)),
        height=max(1, round(header.height * scale)),
        no_rotate=True,
        size="down",
        output_profile="srgb",
        fail_on="truncated",
    ).autorot()
    image = image.flatten() if image.hasalpha() else image
    return np.asarray(image.colourspace("srgb").cast("uchar").numpy()).reshape(image.height, image.width, -1)[..., :3]


def decode_all(photographs: Iterable[EncodedPhotograph], *, short_side: int, threads: int = 2) -> list[np.ndarray]:
    """Decode every photograph, in order; unreadable ones are named in the log and left out.

    Raises:
        DataError: more than one in a hundred cannot be read, or none is left.
    """
    decoded, unreadable, tried = [], 0, 0
    with ThreadPoolExecutor(threads) as pool:
        for result in pool.map(lambda item: decode_or_none(item, short_side), photographs):
            tried += 1
            if result is None:
                unreadable += 1
            else:
                decoded.append(result)
    if unreadable > LARGEST_UNREADABLE_SHARE * tried or not decoded:
        raise DataError(f"{unreadable} of {tried} photographs cannot be read; the log names them: mend or remove them")
    return decoded


def decode_or_none(photograph: EncodedPhotograph, short_side: int) -> np.ndarray | None:
    """The decoded photograph, or None after naming it in the log."""
    try:
        return decode(photograph, short_side)
    except pyvips.Error as error:
        log.warning("cannot read %s: %s", photograph.name, str(error).strip().splitlines()[-1])
        return None


@dataclass(frozen=True)
class CropSampler:
    """Draws batches of random square crops.

    Attributes:
        photographs: uint8 [h, w, 3] each.
        size: side of a crop in pixels.
        batch: crops in a batch.
        seed: with a step's number, fixes a batch.
        smallest: side of the smallest region that a crop shows, as a share of the photograph's short side.
    """

    photographs: list[np.ndarray]
    size: int
    batch: int
    seed: int
    smallest: float = 0.6

    def draw(self, step: int) -> Tensor:
        """The batch of a step: uint8 [batch, 3, size, size]. Every photograph comes once before any comes again."""
        random = np.random.default_rng([self.seed, step])
        return torch.stack([self.crop(self.photographs[index], random) for index in self.indices(step)])

    def indices(self, step: int) -> list[int]:
        """Which photographs a step shows."""
        count = len(self.photographs)
        chosen = []
        for position in range(step * self.batch, (step + 1) * self.batch):
            epoch, place = divmod(position, count)
            chosen.append(int(shuffled(count, self.seed, epoch)[place]))
        return chosen

    def crop(self, photograph: np.ndarray, random: np.random.Generator) -> Tensor:
        """A random region of random size, mirrored half of the time, brought to `size`."""
        height, width = photograph.shape[:2]
        side = max(1, round(min(height, width) * random.uniform(self.smallest, 1.0)))
        top, left = random.integers(height - side + 1), random.integers(width - side + 1)
        region = photograph[top : top + side, left : left + side]
        if random.random() < 0.5:
            region = region[:, ::-1]
        pixels = torch.from_numpy(np.ascontiguousarray(region)).permute(2, 0, 1)[None]
        return F.interpolate(pixels, size=(self.size, self.size), mode="bilinear", antialias=True)[0]

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


@lru_cache(maxsize=2)  # a batch may end one epoch and begin the next
def shuffled(count: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of `count` photographs that belongs to this epoch."""
    return np.random.default_rng([seed, epoch, 1]).permutation(count)


def center_squares(photographs: list[np.ndarray], size: int) -> Tensor:
    """The middle square of each photograph at one size, uint8 [N, 3, size, size], for validation."""
    squares = []
    for photograph in photographs:
        height, width = photograph.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        region = np.ascontiguousarray(photograph[top : top + side, left : left + side])
        pixels = torch.from_numpy(region).permute(2, 0, 1)[None]
        squares.append(F.interpolate(pixels, size=(size, size), mode="bilinear", antialias=True)[0])
    return torch.stack(squares)
