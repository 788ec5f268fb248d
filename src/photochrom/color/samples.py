"""Coherent samples: other colors that a network would have believed, in which whole regions change together.

Drawing each pixel by itself from its distribution gives noise. Here a smooth field z of standard normal pairs is drawn
for the whole picture (`correlated_field`), and tilts every distribution in its direction:

    p'(q) ~ p(q) exp(theta . q),  theta = C^(-1/2) z,  C the covariance of p.

A Gaussian p is moved by C^(1/2) z, which makes its new mean a draw from p; a distribution of several modes leans to the
one that lies in the direction of z; and where the network is certain C is near 0, and nothing moves. The color is then
chosen from p' as it would be from p, so that z = 0 is the picture without sampling.
"""

import numpy as np
from numpy.typing import NDArray

from .correlated_field import correlated_fields
from .distribution import DEFAULT_TEMPERATURE, ColorDistribution

Floats = NDArray[np.float32]

# What makes two places two things, in units of the field's kernel. By eye, on old photographs: smaller steps split
# faces and coats, larger ones let the whole picture change as one.
REACH = 1.0  # of the short side
LIGHTNESS_STEP = 35.0  # L*
COLOR_STEP = 20.0  # ab units, of the colors that the network expects

# p is the distribution at the paper's temperature. At 1 it has tails over all colors, a few thousandths each, and a
# tilt finds those: faces turn green.
BELIEF = DEFAULT_TEMPERATURE
LONGEST = 1.25  # standard deviations: a field is cut to this length, for the same reason
_FLOOR = 25.0  # ab squared: added to the variance; bins lie 10 apart, so nothing narrower is told apart


def coherent_samples(
    colors: ColorDistribution,
    lightness: Floats,
    count: int,
    *,
    seed: int,
    temperature: float = DEFAULT_TEMPERATURE,
) -> list[Floats]:
    """Coherent alternatives to the annealed mean.

    Args:
        colors: the network's distribution over [h, w] places.
        lightness: float32 [h, w] in 0..100, reduced to the same size.
        count: how many.
        seed: 0 or above; each alternative follows from the seed and its place in the list.
        temperature: in (0, 1], as for the annealed mean.

    Returns: a list of float32 [2, h, w], a* and b*.
    Raises: ValueError for a lightness of another size, a temperature outside (0, 1], or a seed below 0.

    Example:
        >>> colors = ColorDistribution(np.zeros((313, 16, 16), np.float32))
        >>> [ab.shape for ab in coherent_samples(colors, np.zeros((16, 16), np.float32), 2, seed=1)]
        [(2, 16, 16), (2, 16, 16)]
    """
    if lightness.shape != colors.size:
        raise ValueError(f"lightness {lightness.shape} and colors {colors.size} must have the same size")
    mean, covariance = _moments(colors)
    unlikeness, root = things(mean, lightness), _inverse_root(covariance)
    samples = []
    for index in range(count):
        field = correlated_fields(unlikeness, 2, np.random.default_rng([seed, index])).reshape(2, -1)
        field *= np.minimum(1, LONGEST / np.maximum(np.hypot(*field), LONGEST))
        theta = np.einsum("pij,jp->ip", root, field)  # [2, places]
        # The tilt is one of p ** (1 / BELIEF); logits are those of p.
        tilted = colors.logits + np.float32(BELIEF) * (colors.bins @ theta).reshape(colors.logits.shape)
        samples.append(ColorDistribution(tilted, colors.bins).annealed_mean(temperature))
    return samples


def things(expected: Floats, lightness: Floats) -> Floats:
    """What tells places apart: where they lie, how light they are, what color is expected there.

    Args:
        expected: float32 [2, h, w], a* and b*.
        lightness: float32 [h, w] in 0..100.

    Returns: float32 [5, h, w], each divided by the difference that matters.
    """
    height, width = lightness.shape
    row, column = np.mgrid[:height, :width].astype(np.float32) / np.float32(REACH * min(height, width))
    # Averaged over 3 x 3 and 5 x 5 cells: grain and folds do not make a thing of their own.
    light, color = _box(lightness, 1) / np.float32(LIGHTNESS_STEP), _box(expected, 2) / np.float32(COLOR_STEP)
    return np.stack([row, column, light, *color]).astype(np.float32)


def _moments(colors: ColorDistribution) -> tuple[Floats, Floats]:
    """Mean [2, h, w] and covariance [places, 2, 2] of what is believed."""
    probability = colors.probabilities(BELIEF).reshape(len(colors.bins), -1)
    a, b = colors.bins.T
    mean_a, mean_b, aa, ab, bb = np.stack([a, b, a * a, a * b, b * b]) @ probability
    aa, ab, bb = aa - mean_a**2, ab - mean_a * mean_b, bb - mean_b**2
    covariance = np.stack([np.stack([aa, ab], axis=-1), np.stack([ab, bb], axis=-1)], axis=-2)
    return np.stack([mean_a, mean_b]).reshape(2, *colors.size), covariance


def _inverse_root(covariance: Floats) -> Floats:
    """The inverse of the symmetric square root of the covariance, widened by the floor: [places, 2, 2].

    For 2 x 2 the root of M is (M + s I) / t with s = sqrt(det M) and t = sqrt(trace M + 2 s).
    """
    one = np.eye(2, dtype=np.float32)
    # Rounding may leave a tiny negative variance; the floor is far above it.
    matrix = covariance + np.float32(_FLOOR) * one
    root_of_determinant = np.sqrt(np.maximum(np.linalg.det(matrix), np.float32(_FLOOR**2)))
    root = matrix + root_of_determinant[:, None, None] * one
    root /= np.sqrt(np.trace(matrix, axis1=1, axis2=2) + 2 * root_of_determinant)[:, None, None]
    return np.asarray(np.linalg.inv(root), np.float32)


def _box(maps: Floats, reach: int) -> Floats:
    """The mean over (2 reach + 1) squared cells; beyond the border the last cell goes on."""
    padded = np.pad(maps, [(0, 0)] * (maps.ndim - 2) + [(reach, reach)] * 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1), axis=(-2, -1))
    return np.asarray(windows.mean(axis=(-2, -1)), np.float32)
