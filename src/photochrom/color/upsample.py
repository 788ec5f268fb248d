"""Enlarge a small ab map so that color follows the edges of the picture.

Where one thing borders on another, color is close to a straight line in lightness over a few pixels:
`ab = slope * L + constant`. The slope is measured on the small maps, and the lightness of the full picture is known,
so the detail that enlarging cannot bring back is added as `slope * (L - enlarged small L)`. Where lightness has no
contrast the slope goes to 0 and the plain enlargement is left.

`benchmarks/upsampling.py` compares it with other ways. Source: the linear model is that of the guided filter (He, Sun
and Tang 2013); only its detail is used here, since filtering blurs the smooth color.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SLOPE_DAMPING = 50.0  # L* squared: contrast well below 7 L* around a cell gives no slope
DETAIL_LIMIT = 20.0  # L*: the line holds for small differences; no detail counts for more than this


def upsample_ab(ab: Floats, lightness: Floats, *, damping: float = SLOPE_DAMPING) -> Floats:
    """Enlarge ab to the size of a lightness map, guided by it.

    Args:
        ab: float32 [2, h, w], each cell the mean color of its part of the picture.
        lightness: float32 [H, W] in 0..100, the same picture at any size.
        damping: what is added to the variance of L* when the slope is taken; larger is closer to plain cubic.

    Returns: float32 [2, H, W].
    Raises: ValueError for another rank.

    Example:
        >>> upsample_ab(np.zeros((2, 64, 64), np.float32), np.zeros((256, 256), np.float32)).shape
        (2, 256, 256)
    """
    _check_maps(ab, lightness)
    height, width = lightness.shape
    small = average_cells(lightness, ab.shape[1], ab.shape[2])
    slope = color_slope(ab, small, damping=damping)
    detail = lightness - enlarge_cells(small, height, width)
    detail /= np.sqrt(1 + (detail / np.float32(DETAIL_LIMIT)) ** 2)
    return enlarge_cells(ab, height, width) + _enlarge_linear(slope, height, width) * detail


def color_slope(ab: Floats, lightness: Floats, *, damping: float = SLOPE_DAMPING) -> Floats:
    """How ab changes with L* around each cell: cov(L, ab) / (var(L) + damping) over 3 x 3 cells, weighted 1-2-1.

    Args:
        ab: float32 [2, h, w].
        lightness: float32 [h, w] in 0..100, of the same size.
        damping: L* squared; keeps the slope near 0 where there is little contrast to measure it on.

    Returns: float32 [2, h, w], ab units to a unit of L*.
    Raises: ValueError for another rank, or sizes that differ.

    Example:
        >>> ramp = np.tile(np.float32([0, 50, 100]), (3, 1))
        >>> print(color_slope(np.stack([ramp, -2 * ramp]), ramp, damping=0)[:, 1, 1])
        [ 1. -2.]
    """
    _check_maps(ab, lightness)
    if ab.shape[1:] != lightness.shape:
        raise ValueError(f"ab {ab.shape} and lightness {lightness.shape} must have the same size; reduce the lightness")
    # Only differences matter: without the means, float32 keeps more figures of the products.
    lightness = lightness - lightness.mean()
    ab = ab - ab.mean(axis=(1, 2), keepdims=True)
    mean = _around(lightness)
    variance = np.maximum(_around(lightness * lightness) - mean * mean, 0)
    covariance = _around(ab * lightness) - _around(ab) * mean
    tiny = np.finfo(np.float32).tiny  # for damping 0 on a flat picture: 0 / tiny is 0
    return np.asarray(covariance / np.maximum(variance + damping, tiny), np.float32)


def reduce_lightness(lightness: Floats, stride: int = 4) -> Floats:
    """Mean lightness of squares of stride x stride pixels: the lightness that belongs to a network's small ab map.

    Args:
        lightness: float32 [H, W]; where a side is no multiple of stride, the squares are a little smaller.
        stride: pixels to a side.

    Returns: float32 [ceil(H / stride), ceil(W / stride)].

    Example:
        >>> reduce_lightness(np.ones((256, 320), np.float32)).shape
        (64, 80)
    """
    height, width = lightness.shape
    return average_cells(lightness, -(-height // stride), -(-width // stride))


def average_cells(maps: Floats, height: int, width: int) -> Floats:
    """Divide maps into height x width equal cells and take the mean of each; pixels on a border count by their share.

    Args:
        maps: float32 [..., h, w].
        height: cells from top to bottom; more than h repeats pixels.
        width: cells from left to right.

    Returns: float32 [..., height, width].

    Example:
        >>> average_cells(np.float32([[1, 3, 5, 7]]), 1, 2).tolist()
        [[2.0, 6.0]]
    """
    return _both_ways(_average_rows, maps, height, width)


def enlarge_cells(maps: Floats, height: int, width: int) -> Floats:
    """Enlarge maps of cell means by cubic interpolation, such that averaging again gives (nearly) the same means.

    Plain cubic interpolation takes a cell's mean for the value at its center, and so flattens hills and fills valleys.
    Adding beforehand what one round of enlarging and averaging would lose makes up for most of it.

    Args:
        maps: float32 [..., h, w]. Beyond the border the last cell goes on.
        height: of the result; below h, cells are averaged.
        width: of the result.

    Returns: float32 [..., height, width].

    Example:
        >>> enlarge_cells(np.zeros((2, 64, 64), np.float32), 256, 256).shape
        (2, 256, 256)
    """
    return _both_ways(_enlarge_rows, maps, height, width)


def _enlarge_linear(maps: Floats, height: int, width: int) -> Floats:
    """Bilinear: it never leaves the range of the map, so no slope is steeper than those measured."""
    return _both_ways(lambda rows, count: _interpolate_rows(rows, count, _tent, reach=1), maps, height, width)


def _both_ways(resize_rows: Callable[[Floats, int], Floats], maps: Floats, height: int, width: int) -> Floats:
    """Apply what resizes along the second last axis along both, columns first: growing along rows is the quick one."""
    wide = resize_rows(np.ascontiguousarray(maps.swapaxes(-1, -2)), width)
    return resize_rows(np.ascontiguousarray(wide.swapaxes(-1, -2)), height)


def _average_rows(maps: Floats, count: int) -> Floats:
    """[..., h, w] to [..., count, w]: means of count equal stretches."""
    height, width = maps.shape[-2:]
    if height % count == 0:
        return np.asarray(maps.reshape(*maps.shape[:-2], count, height // count, width).mean(axis=-2), np.float32)
    # Stretches that cut through pixels: differences of the running sum, continued as a straight line within a pixel.
    running = np.zeros((*maps.shape[:-2], height + 1, width))  # float64: it grows, and differences are taken
    np.cumsum(maps, axis=-2, out=running[..., 1:, :])
    edges = np.arange(count + 1) * height / count
    whole = np.minimum(edges.astype(np.intp), height - 1)
    at_edges = running.take(whole, axis=-2) + (edges - whole)[:, None] * maps.take(whole, axis=-2)
    return np.asarray(np.diff(at_edges, axis=-2) * (count / height), np.float32)


def _enlarge_rows(maps: Floats, count: int) -> Floats:
    """[..., h, w] to [..., count, w] for `enlarge_cells`."""
    height = maps.shape[-2]
    if count <= height:
        return _average_rows(maps, count)
    lost = maps - _average_rows(_interpolate_rows(maps, count, _catmull_rom, reach=2), height)
    return _interpolate_rows(maps + lost, count, _catmull_rom, reach=2)


def _interpolate_rows(maps: Floats, count: int, kernel: Callable[[Floats], Floats], reach: int) -> Floats:
    """[..., h, w] to [..., count, w] with a kernel that ends at reach; pixels are squares, so their centers align.

    One gather of whole rows for each tap: a matrix product costs more where BLAS has to share the cores.
    """
    height = maps.shape[-2]
    place = ((np.arange(count) + 0.5) * height / count - 0.5).astype(np.float32)  # of each new row, in old rows
    first = np.floor(place) - (reach - 1)
    enlarged = np.zeros((*maps.shape[:-2], count, maps.shape[-1]), np.float32)
    gathered = np.empty_like(enlarged)
    for tap in range(2 * reach):
        weight = kernel(np.abs(place - (first + tap)))
        row = (first + tap).astype(np.intp)  # beyond the border, clip takes the last
        np.take(maps, row, axis=-2, out=gathered, mode="clip")
        gathered *= weight[:, None]
        enlarged += gathered
    return enlarged


def _tent(distance: Floats) -> Floats:
    return 1 - distance


def _catmull_rom(distance: Floats) -> Floats:
    """The cubic kernel that goes through the pixels and reproduces straight lines and parabolas."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance <= 1, near, far)


def _around(maps: Floats) -> Floats:
    """Mean over 3 x 3 cells weighted 1-2-1 both ways, float32 [..., h, w]; beyond the border the last cell goes on."""
    padded = np.pad(maps, [(0, 0)] * (maps.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    rows = padded[..., :-2, :] + 2 * padded[..., 1:-1, :] + padded[..., 2:, :]
    total = rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]
    return np.asarray(total / np.float32(16))


def _check_maps(ab: Floats, lightness: Floats) -> None:
    if ab.ndim != 3 or len(ab) != 2 or lightness.ndim != 2:
        raise ValueError(
            f"ab must be [2, h, w] and lightness [H, W], got {ab.shape} and {lightness.shape}; for channels last, "
            "np.moveaxis(ab, -1, 0)"
        )
