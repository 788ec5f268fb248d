"""A photograph as it was read for the network, and what is kept of that reading."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from photochrom.color.lab import gray_to_lightness, rgb_to_lab, rgb_to_lightness
from photochrom.color.toning import is_colored
from photochrom.color.upsample import average_cells, reduce_lightness

if TYPE_CHECKING:
    from photochrom.photos import Photograph

Floats = npt.NDArray[np.float32]

_SIDE = 64  # pixels: as many, both ways, tell whether there is color; more only cost time


class SeenPhoto:
    """A photograph, its lightness at the working size, and small copies for previews.

    Attributes:
        photograph: the original.
        lightness: float32 [h, w] in 0..100, for the network.
        already_colored: has colors of its own, beyond gray or one tone.
    """

    def __init__(self, photograph: Photograph, height: int, width: int) -> None:
        self.photograph = photograph
        pixels = photograph.reduced(width, height).numpy()
        gray = pixels.ndim == 2 or pixels.shape[2] == 1
        self.lightness: Floats = gray_to_lightness(pixels.reshape(height, width)) if gray else rgb_to_lightness(pixels)
        self._sparse = None if gray else pixels[:: max(1, height // _SIDE), :: max(1, width // _SIDE)].copy()
        self._small: Photograph | None = None

    @cached_property
    def already_colored(self) -> bool:
        """Whether the photograph has colors beyond one tone."""
        return self._sparse is not None and is_colored(rgb_to_lab(self._sparse))

    @cached_property
    def small_lightness(self) -> Floats:
        """The lightness at the size of the color maps: float32 [h/4, w/4]."""
        return reduce_lightness(self.lightness)

    def own_ab(self) -> Floats:
        """The photograph's own colors at the size of the color maps: float32 [2, h/4, w/4]."""
        height, width = self.small_lightness.shape
        if self._sparse is None:
            return np.zeros((2, height, width), np.float32)
        return average_cells(np.moveaxis(rgb_to_lab(self._sparse)[..., 1:], -1, 0).copy(), height, width)

    def reduced(self, long_side: int) -> Photograph:
        """The photograph in 8 bits with at most this many pixels on the long side, in memory; the last one is kept.

        Raises: ValueError for a size below 16 pixels; PhotoError for damaged pixels.
        """
        from photochrom.photos import photograph_from_array

        if long_side < 16:
            raise ValueError(f"a preview needs a long side of at least 16 pixels, got {long_side}")
        scale = min(1.0, long_side / max(self.photograph.width, self.photograph.height))
        width, height = (max(16, round(scale * side)) for side in (self.photograph.width, self.photograph.height))
        small = self._small  # taken once: another thread may put a different one there
        if small is None or (small.width, small.height) != (width, height):
            pixels = self.photograph.reduced(width, height).numpy()
            if pixels.dtype == np.uint16:
                pixels = np.rint(pixels / 257).astype(np.uint8)  # 65535 = 255 * 257
            small = self._small = photograph_from_array(pixels, name=self.photograph.name)
        return small
