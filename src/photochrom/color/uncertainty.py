"""How sure a network is of the color it chose, and a scale to show it by."""

import numpy as np
from numpy.typing import NDArray

from .distribution import ColorDistribution
from .lab import lab_to_rgb

Floats = NDArray[np.float32]


def uncertainty(colors: ColorDistribution) -> Floats:
    """How undecided every place is: the entropy over the largest that it can have.

    Returns: float32 [h, w]: 0 for one bin, 1 for all bins alike.

    Example:
        >>> uncertainty(ColorDistribution(np.zeros((313, 1, 1), np.float32))).round(3).item()
        1.0
    """
    return np.asarray(np.clip(colors.entropy() / np.float32(np.log(len(colors.bins))), 0, 1))


def scale_colors(steps: int = 256) -> NDArray[np.uint8]:
    """The scale for maps of 0..1: from dark blue over red-violet to light yellow.

    Lightness rises evenly, so that the map reads as well in gray and for eyes that tell fewer colors apart.

    Args:
        steps: entries, at least 2.

    Returns: uint8 [steps, 3], sRGB.

    Example:
        >>> scale_colors(2).tolist()
        [[2, 23, 75], [255, 245, 171]]
    """
    share = np.linspace(0, 1, steps)
    lightness = 10 + 86 * share
    hue = np.deg2rad(295 + 165 * share)  # blue, violet, red, orange, yellow
    chroma = 38 + 34 * np.sin(np.pi * share)
    return np.asarray(lab_to_rgb(np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)), np.uint8)
