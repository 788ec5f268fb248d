"""Ways over a picture against Dijkstra's algorithm."""

import heapq
import math

import numpy as np
import pytest

from photochrom.color.geodesic import geodesic_distance


def dijkstra(features, start, step):
    """The same by the textbook, place by place."""
    _, height, width = features.shape
    distance = np.full((height, width), np.inf)
    queue = [(0.0, start)]
    while queue:
        length, (row, column) = heapq.heappop(queue)
        if length >= distance[row, column]:
            continue
        distance[row, column] = length
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                there = row + down, column + right
                if (down or right) and 0 <= there[0] < height and 0 <= there[1] < width:
                    change = features[:, row, column] - features[:, there[0], there[1]]
                    cost = float((change**2).sum()) + step * math.hypot(down, right)
                    heapq.heappush(queue, (length + cost, there))
    return distance


@pytest.mark.parametrize("seed", range(3))
def test_ways_are_as_short_as_dijkstras(seed):
    random = np.random.default_rng(seed)
    features = random.normal(0, 1, (2, 9, 13)).astype(np.float32)
    starts = np.array([[0, 0], [8, 12], [4, 6]])
    found = geodesic_distance(features, starts, step=0.2)
    for one, start in zip(found, starts, strict=True):
        np.testing.assert_allclose(one, dijkstra(features, tuple(start), 0.2), rtol=1e-5, atol=1e-5)


def test_a_way_through_a_maze_is_found():
    """Walls on every other row, open at alternating ends: the longest way there is."""
    maze = np.zeros((1, 15, 15), np.float32)
    for row in range(1, 15, 2):
        maze[0, row] = 100
        maze[0, row, 0 if row % 4 == 1 else -1] = 0
    found = geodesic_distance(maze, np.array([[0, 14]]), step=1)[0]
    np.testing.assert_allclose(found, dijkstra(maze, (0, 14), 1), rtol=1e-5)
    assert found[14, 0] > 90


def test_an_edge_costs_more_than_the_same_change_in_small_steps():
    ramp = np.linspace(0, 2, 21, dtype=np.float32)[None, None]
    edge = np.where(np.arange(21) < 10, 0, 2).astype(np.float32)[None, None]
    slow, sudden = (geodesic_distance(line, np.array([[0, 0]]), step=0.01)[0, 0, -1] for line in (ramp, edge))
    assert slow == pytest.approx(20 * (0.1**2 + 0.01), rel=1e-4)
    assert sudden == pytest.approx(2**2 + 20 * 0.01, rel=1e-4)


def test_below_the_limit_nothing_is_left_out():
    features = np.random.default_rng(3).normal(0, 1, (1, 12, 12)).astype(np.float32)
    whole = geodesic_distance(features, np.array([[6, 6]]), step=0.3)
    cut = geodesic_distance(features, np.array([[6, 6]]), step=0.3, limit=2.0)
    np.testing.assert_array_equal(np.minimum(cut, 2), np.minimum(whole, 2))


def test_without_starts_there_is_no_distance():
    assert geodesic_distance(np.zeros((1, 4, 4), np.float32), np.zeros((0, 2), int), step=1).shape == (0, 4, 4)


def test_one_row_and_one_column_have_ways_too():
    assert geodesic_distance(np.zeros((1, 1, 5), np.float32), np.array([[0, 4]]), step=1)[0].tolist() == [
        [4, 3, 2, 1, 0]
    ]
    assert geodesic_distance(np.zeros((1, 3, 1), np.float32), np.array([[0, 0]]), step=1)[0].ravel().tolist() == [
        0,
        1,
        2,
    ]


@pytest.mark.parametrize("start", [[4, 0], [0, -1]])
def test_a_start_outside_is_refused(start):
    with pytest.raises(ValueError, match="within 4 x 4"):
        geodesic_distance(np.zeros((1, 4, 4), np.float32), np.array([start]), step=1)
