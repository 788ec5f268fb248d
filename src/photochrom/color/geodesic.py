"""Distances over a picture that are short within one thing and long across its edges."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

# Half of the eight neighbors, as steps down and right; the others are the same steps backwards.
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def geodesic_distance(features: Floats, starts: Places, *, step: float, limit: float = np.inf) -> Floats:
    """The length of the shortest way from each start to every place.

    A step to one of the eight neighbors costs `step` times its length, and the squared distance of the two places'
    features. Squared, because an edge is one large difference, while the grain of a surface is many small ones.

    Args:
        features: float32 [n, h, w], each divided by the difference that makes an edge.
        starts: integers [k, 2], row and column of each start.
        step: the cost of one cell where nothing changes.
        limit: ways longer than this need not be followed to their end.

    Returns: float32 [k, h, w]; where the limit was exceeded, infinity or some length above it.
    Raises: ValueError for another rank, or a start outside the picture.

    Example:
        >>> flat = np.zeros((1, 1, 4), np.float32)
        >>> geodesic_distance(flat, np.array([[0, 0]]), step=0.5)[0].tolist()
        [[0.0, 0.5, 1.0, 1.5]]
    """
    starts = np.asarray(starts, np.intp)
    if features.ndim != 3 or starts.ndim != 2 or starts.shape[1] != 2:
        raise ValueError(f"features must be [n, h, w] and starts [k, 2], got {features.shape} and {starts.shape}")
    height, width = features.shape[1:]
    if len(starts) and not ((starts >= 0).all() and (starts < (height, width)).all()):
        raise ValueError(f"every start must lie within {height} x {width} cells")
    distance = np.full((len(starts), height, width), np.inf, np.float32)
    distance[np.arange(len(starts)), starts[:, 0], starts[:, 1]] = 0
    ways = [_way(features, down, right, step) for down, right in _STEPS]
    # Each round carries every distance at least one cell further, so it ends after as many as there are cells.
    for _ in range(height * width):
        before = distance.copy()
        for first, second, cost in ways:
            np.minimum(distance[second], distance[first] + cost, out=distance[second])
            np.minimum(distance[first], distance[second] + cost, out=distance[first])
        # What is above the limit may still change; nobody looks at it.
        if np.array_equal(np.minimum(distance, limit), np.minimum(before, limit)):
            break
    return distance


_Window = tuple[slice, slice, slice]


def _way(features: Floats, down: int, right: int, step: float) -> tuple[_Window, _Window, Floats]:
    """Windows of all places and of their neighbors in one direction, and what it costs to go from one to the other."""
    height, width = features.shape[1:]
    rows = slice(0, height - down), slice(down, height)
    columns = slice(0, width - abs(right)), slice(abs(right), width)
    if right < 0:
        columns = columns[1], columns[0]
    first, second = (slice(None), rows[0], columns[0]), (slice(None), rows[1], columns[1])
    difference = ((features[first] - features[second]) ** 2).sum(axis=0)
    return first, second, np.asarray(difference + step * np.hypot(down, right), np.float32)
