"""The digits 0 to 9 as strokes, so that plates look the same on every machine, whatever fonts it has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]

_ARC_STEP = 15.0  # degrees


def distance_to_digit(digit: str, points: Floats) -> Floats:
    """How far points are from a digit's strokes.

    Args:
        digit: "0" to "9".
        points: float [n, 2] as x, y; y goes down. The digit is 1 high and at most 0.7 wide, around (0, 0).
    Returns: float [n], in heights of the digit.

    Example:
        >>> distance_to_digit("1", np.array([[0.25, 0.0]])).round(2).tolist()
        [0.2]
    """
    nearest = np.full(len(points), np.inf)
    for stroke in _STROKES[digit]:
        for start, end in pairwise(stroke):
            nearest = np.minimum(nearest, _distance_to_segment(points, np.array(start), np.array(end)))
    return nearest


def _distance_to_segment(points: Floats, start: Floats, end: Floats) -> Floats:
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1e-12), 0, 1)
    distance: Floats = np.hypot(*(points - (start + share[:, None] * along)).T)
    return distance


def _arc(center: Point, width: float, height: float, start: float, end: float) -> list[Point]:
    """An arc of an ellipse as a line; angles in degrees, 0 to the right, 90 down."""
    steps = max(2, round(abs(end - start) / _ARC_STEP) + 1)
    angles = np.radians(np.linspace(start, end, steps))
    return [(center[0] + width * float(np.cos(a)), center[1] + height * float(np.sin(a))) for a in angles]


_STROKES: dict[str, list[list[Point]]] = {
    "0": [_arc((0, 0), 0.28, 0.45, 0, 360)],
    "1": [[(-0.15, -0.28), (0.05, -0.45), (0.05, 0.45)]],
    "2": [[*_arc((0, -0.19), 0.28, 0.26, 180, 395), (-0.28, 0.45), (0.3, 0.45)]],
    "3": [_arc((0, -0.22), 0.26, 0.23, 205, 450), _arc((0, 0.22), 0.29, 0.24, 270, 510)],
    "4": [[(-0.16, -0.45), (-0.27, 0.12), (0.32, 0.12)], [(0.14, -0.2), (0.14, 0.45)]],
    "5": [[(0.26, -0.45), (-0.22, -0.45), (-0.24, -0.06), *_arc((0, 0.17), 0.29, 0.28, 235, 510)]],
    "6": [_arc((0, 0.18), 0.28, 0.27, 0, 360), _arc((0.16, 0.18), 0.44, 0.63, 180, 275)],
    "7": [[(-0.28, -0.45), (0.28, -0.45), (-0.08, 0.45)]],
    "8": [_arc((0, -0.23), 0.24, 0.22, 0, 360), _arc((0, 0.22), 0.28, 0.24, 0, 360)],
    "9": [_arc((0, -0.18), 0.28, 0.27, 0, 360), _arc((-0.16, -0.18), 0.44, 0.63, 0, 95)],
}
