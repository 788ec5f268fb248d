"""Spread a few colors given by hand over the things that they were put on.

A hint holds where three things agree with its place: the way there crosses no edge (`geodesic`), lightness is not
another altogether, and the network believes in about the same colors there. At its own place the hint wins; where
several compete, the nearest does; where none reaches, the network's color stays.

A hint is taken for the color of a surface: in the light and in the folds the chromaticity is the same, so a* and b*
grow with the lightness as CIE's f(Y) = (L* + 16) / 116 does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distribution import ColorDistribution
from .geodesic import geodesic_distance

Floats = NDArray[np.float32]

LIGHTNESS_EDGE = 13.0  # L* from cell to cell: as long a way as a hint reaches
COLOR_EDGE = 30.0  # ab units, of the colors that the network expects
TRAVEL = 2.0  # of the short side: how far a hint reaches where nothing changes
LIGHTNESS_RANGE = 35.0  # L* between a hint's place and another: beyond it, another thing
OTHER_COLORS, SAME_COLORS = 0.45, 0.75  # agreement of two distributions: below, a hint ends; above, it holds whole
_SHADE_LIMIT = 1.6  # a hint in the deepest shadow does not glow in the light
_LIMIT = 2.2  # of the distance: exp(-10) is no weight to speak of


@dataclass(frozen=True)
class PlacedColor:
    """A color at a place of the small maps."""

    x: float  # 0..1 of the width
    y: float  # 0..1 of the height
    ab: tuple[float, float]
    reach: float | None = None  # of the long side; None: no limit of its own

    def __post_init__(self) -> None:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise ValueError(f"a color's place must lie in 0..1 of the picture, got {self.x:g}, {self.y:g}")


def spread_hints(
    ab: Floats, lightness: Floats, hints: Sequence[PlacedColor], colors: ColorDistribution | None = None
) -> Floats:
    """The colors of a picture with some given by hand.

    Args:
        ab: float32 [2, h, w], the picture's colors without hints.
        lightness: float32 [h, w] in 0..100, reduced to the same size.
        hints: the colors and their places.
        colors: the network's distribution over the same places; None for a network that has none.

    Returns: float32 [2, h, w].
    Raises: ValueError for shapes that do not fit.

    Example:
        >>> gray = np.zeros((2, 9, 9), np.float32)
        >>> spread_hints(gray, np.full((9, 9), 50, np.float32), [PlacedColor(0.5, 0.5, (40, 20))])[:, 4, 4].tolist()
        [40.0, 20.0]
    """
    if not hints:
        return ab
    weight = hint_weights(ab, lightness, hints, colors)
    # The odds of a weight: endless at the hint's own place, so that there it wins over any other.
    odds = weight / np.maximum(1 - weight, 1e-6)
    share = odds / np.maximum(odds.sum(axis=0), 1e-6)  # among the hints
    total = 1 - np.prod(1 - weight, axis=0)  # against the network
    height = (lightness + 16) / np.float32(116)
    hinted = np.zeros_like(ab)
    for hint, part, (row, column) in zip(hints, share, cells_of(hints, lightness.shape), strict=True):
        shade = np.minimum(height / height[row, column], _SHADE_LIMIT)
        hinted += np.array(hint.ab, np.float32)[:, None, None] * (part * shade)
    return np.asarray((1 - total) * ab + total * hinted, np.float32)


def hint_weights(
    ab: Floats, lightness: Floats, hints: Sequence[PlacedColor], colors: ColorDistribution | None = None
) -> Floats:
    """How much each hint holds at every place: float32 [k, h, w] in 0..1, and 1 at its own.

    Args: as for `spread_hints`.
    Raises: ValueError for shapes that do not fit.
    """
    if ab.shape != (2, *lightness.shape) or (colors is not None and colors.size != lightness.shape):
        sizes = f"{ab.shape}, {lightness.shape}" + (f" and {colors.size}" if colors is not None else "")
        raise ValueError(f"ab [2, h, w], lightness [h, w] and colors must have the same size, got {sizes}")
    cells = cells_of(hints, lightness.shape)
    features = np.concatenate([lightness[None] / np.float32(LIGHTNESS_EDGE), ab / np.float32(COLOR_EDGE)])
    distance = geodesic_distance(features, cells, step=1 / (TRAVEL * min(lightness.shape)), limit=_LIMIT)
    weight = np.exp(-(np.minimum(distance, 2 * _LIMIT) ** 3))
    for one, (row, column) in zip(weight, cells, strict=True):
        one *= np.exp(-0.5 * ((lightness - lightness[row, column]) / np.float32(LIGHTNESS_RANGE)) ** 2)
    if colors is not None:
        weight *= np.clip((_agreement(colors, cells) - OTHER_COLORS) / (SAME_COLORS - OTHER_COLORS), 0, 1)
    for one, hint in zip(weight, hints, strict=True):
        if hint.reach is not None:
            one *= _within(hint, lightness.shape)
    return np.asarray(weight, np.float32)


def cells_of(hints: Sequence[PlacedColor], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Row and column of the cell that each hint lies in, [k, 2]."""
    height, width = shape
    return np.array(
        [[min(int(hint.y * height), height - 1), min(int(hint.x * width), width - 1)] for hint in hints], np.intp
    ).reshape(-1, 2)


def _agreement(colors: ColorDistribution, cells: NDArray[np.intp]) -> Floats:
    """The Bhattacharyya coefficient, sum sqrt(p q), of each hint's distribution with every other: [k, h, w] in 0..1."""
    root = np.sqrt(colors.probabilities().reshape(len(colors.bins), -1).T)  # [places, Q], along memory
    # Not a matrix product: too little work for BLAS to be worth waking its threads.
    agreement = np.einsum("kq,pq->kp", root[cells[:, 0] * colors.size[1] + cells[:, 1]], root)
    return np.asarray(np.minimum(agreement, 1).reshape(-1, *colors.size), np.float32)


def _within(hint: PlacedColor, shape: tuple[int, ...]) -> Floats:
    """1 near the hint, falling to 0 at its reach: float32 [h, w]."""
    height, width = shape
    assert hint.reach is not None
    row, column = np.mgrid[:height, :width] + 0.5
    away = np.hypot(row - hint.y * height, column - hint.x * width) / (hint.reach * max(height, width))
    # The last fifth of the way fades, so that no circle is seen.
    return np.asarray(np.clip((1 - away) * 5, 0, 1), np.float32)
