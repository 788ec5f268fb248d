"""Enlarge small smooth maps to a photograph's size, as a stream.

libvips' general enlarging costs more than all the rest of joining color. These maps allow a cheaper way: cubic
interpolation in NumPy onto knots about half a working pixel apart, and straight lines between the knots, which libvips
draws by repeating pixels: `here + (next - here) * ramp`, a few simple operations a pixel and no memory. Where the
result is small enough to be held, NumPy draws the same lines to the same bits, in a third of the time.
"""

from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KNOTS_PER_PIXEL = 2  # about, along each side: between them the cubic is close to a straight line
HELD_PIXELS = 1 << 21  # of a result that is drawn at once, 8 MB; a larger one is streamed


def enlarge(map: Floats, width: int, height: int) -> Any:
    """Enlarge one map by cubic interpolation, drawn in short straight lines; where the map is larger, it is sampled.

    Args:
        map: float32 [h, w], taken as squares: its corners are the corners of the result.
        width: of the result, in pixels.
        height: of the result, in pixels.

    Returns: a pyvips.Image of one float band; a lazy one above `HELD_PIXELS`.

    Example:
        >>> enlarge(np.zeros((256, 384), np.float32), 6000, 4000).height
        4000
    """
    across = max(1, round(width / (KNOTS_PER_PIXEL * map.shape[1])))  # pixels from knot to knot
    down = max(1, round(height / (KNOTS_PER_PIXEL * map.shape[0])))
    # Rows that lie together in memory: gathering them is most of the work.
    columns = np.ascontiguousarray(_at_knots(np.ascontiguousarray(map), height, down).T)
    knots = _at_knots(columns, width, across)
    if width * height <= HELD_PIXELS:
        wide = np.ascontiguousarray(_drawn(knots, width, across).T)
        return _image(_drawn(wide, height, down))
    return _between_rows(_between_columns(_image(knots.T), width, across), height, down)


def _at_knots(rows: Floats, new: int, step: int) -> Floats:
    """Rows [old, n] enlarged to `new` by Catmull-Rom's cubic, at the places 0, step, ... up to the first beyond it."""
    old = len(rows)
    pixel = np.arange(-(-new // step) + 1) * step
    place = (pixel + 0.5) * old / new - 0.5  # centers of the new pixels, in old ones
    first = np.floor(place).astype(np.intp) - 1
    knots = np.zeros((len(place), rows.shape[1]), np.float32)
    gathered = np.empty_like(knots)
    for tap in range(4):
        distance = np.abs(place - (first + tap))
        near = (1.5 * distance - 2.5) * distance**2 + 1
        far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
        weight = np.where(distance <= 1, near, far).astype(np.float32)
        np.take(rows, first + tap, axis=0, out=gathered, mode="clip")  # beyond the border the last pixel goes on
        gathered *= weight[:, None]
        knots += gathered
    return knots


def _drawn(knots: Floats, new: int, step: int) -> Floats:
    """Straight lines between rows of knots `step` pixels apart: [count + 1, n] to [new, n]."""
    here = knots[:-1]
    rise = knots[1:] - here
    lines = np.empty((len(here), step, knots.shape[1]), np.float32)
    for pixel in range(step):
        np.multiply(rise, np.float32(pixel / step), out=lines[:, pixel])
        lines[:, pixel] += here
    return lines.reshape(-1, knots.shape[1])[:new]


def _between_columns(knots: Any, width: int, step: int) -> Any:
    count = knots.width - 1
    here = knots.crop(0, 0, count, knots.height)
    if step > 1:
        rise = knots.crop(1, 0, count, knots.height) - here
        ramp = _image(np.tile(np.arange(step) / step, count)[None]).zoom(1, knots.height)
        here = here.zoom(step, 1) + rise.zoom(step, 1) * ramp
    return here.crop(0, 0, width, knots.height)


def _between_rows(knots: Any, height: int, step: int) -> Any:
    count = knots.height - 1
    here = knots.crop(0, 0, knots.width, count)
    if step > 1:
        rise = knots.crop(0, 1, knots.width, count) - here
        ramp = _image(np.repeat(np.arange(step)[:, None] / step, knots.width, axis=1)).replicate(1, count)
        here = here.zoom(1, step) + rise.zoom(1, step) * ramp
    return here.crop(0, 0, knots.width, height)


def _image(values: NDArray[Any]) -> Any:
    return pyvips.Image.new_from_array(np.ascontiguousarray(values, np.float32))
