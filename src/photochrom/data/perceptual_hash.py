"""Near-duplicates by a 64-bit difference hash: copies of a photograph that were resized, recompressed or brightened.

Source: N. Krawetz, "Kind of Like That" (2013), for the hash; the search splits hashes into bands as in multi-index
hashing (Norouzi, Punjani and Fleet, CVPR 2012), with plain equality in each band.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pyvips

BITS = 64
NEAR = 4  # bits in which two copies of one photograph may differ

_ONES = np.array([bin(value).count("1") for value in range(256)], np.uint8)  # set bits of a byte


def difference_hash(pixels: np.ndarray) -> int:
    """Whether brightness rises from each place of an 8 x 9 miniature to the one right of it: 64 bits.

    Args:
        pixels: uint8 [h, w, 3], sRGB.

    Returns: 0 to 2^64 - 1; the top left place is the highest bit.

    Example:
        >>> hex(difference_hash(np.tile(np.arange(90, dtype=np.uint8)[None, :, None], (80, 1, 3))))
        '0xffffffffffffffff'
    """
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation="srgb")
    small = image.colourspace("b-w").cast("float").resize(9 / image.width, vscale=8 / image.height, kernel="linear")
    values = small.numpy().reshape(small.height, small.width)
    return int.from_bytes(np.packbits(values[:, 1:] > values[:, :-1]).tobytes(), "big")


def distance(first: int, second: int) -> int:
    """In how many bits two hashes differ."""
    return (first ^ second).bit_count()


class NearDuplicates:
    """Finds, among the hashes seen so far, one that differs from another in few bits.

    Hashes within `limit` bits of each other agree in at least one of limit + 1 bands. So only those that share a band
    are compared: of a million hashes, some hundreds.

    Args:
        limit: bits, 0 or more.

    Example:
        >>> seen = NearDuplicates(limit=2)
        >>> seen.add(0b0111, "first")
        >>> seen.find(0b0100), seen.find(0b1000)
        ('first', None)
    """

    def __init__(self, limit: int = NEAR) -> None:
        if not 0 <= limit < BITS:
            raise ValueError(f"the limit must lie in 0..{BITS - 1} bits, got {limit}; copies differ in up to {NEAR}")
        self.limit = limit
        edges = np.linspace(0, BITS, limit + 2).round().astype(int)
        self.bands = [(int(low), (1 << int(high - low)) - 1) for low, high in pairwise(edges)]
        self.buckets: list[dict[int, array[int]]] = [defaultdict(lambda: array("L")) for _ in self.bands]
        self.hashes = array("Q")
        self.names: list[str] = []

    def find(self, value: int) -> str | None:
        """The name of the first hash added that is near, or None."""
        nearest = min((place for place in self._candidates(value)), default=None)
        return None if nearest is None else self.names[nearest]

    def add(self, value: int, name: str) -> None:
        """Remember a hash."""
        for (shift, mask), bucket in zip(self.bands, self.buckets, strict=True):
            bucket[(value >> shift) & mask].append(len(self.hashes))
        self.hashes.append(value)
        self.names.append(name)

    def _candidates(self, value: int) -> list[int]:
        """The first place in each band's bucket that is near."""
        seen = np.frombuffer(self.hashes, np.uint64) if self.hashes else np.zeros(0, np.uint64)
        near = []
        for (shift, mask), bucket in zip(self.bands, self.buckets, strict=True):
            places = bucket.get((value >> shift) & mask)
            if places is None:
                continue
            index = np.array(places, np.int64)
            differing = (seen[index] ^ np.uint64(value)).view(np.uint8).reshape(-1, 8)
            within = index[_ONES[differing].sum(axis=1) <= self.limit]
            near.extend(within[:1].tolist())  # places rise, so the first is the earliest
        return near
