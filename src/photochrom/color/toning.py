"""Whether a picture has colors of its own, or one tone: gray, sepia, brown and blue prints are one tone.

In a toned print the color follows from the lightness alone, along a smooth curve: dark parts have one color, light
parts another. So the colors that such a curve explains are taken off, and what is left is measured.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# ab units. Measured on some 6,000 pixels of each picture; docs/choices.md has the figures.
COLORED = 7.0
_SHARE = 95  # percent of the pixels lie below what is measured: one red coat in a gray street is color too
_DEGREE = 4  # of the curve; a higher one tells scans and color photographs no better apart


def color_beyond_tone(lab: Floats) -> float:
    """How far colors lie from what their lightness explains.

    Args:
        lab: float32 [..., 3]: L*, a*, b*, some thousand pixels of a picture.

    Returns: the 95th percentile of the distances, in ab units: 0 for gray and for an even tone.

    Example:
        >>> ramp = np.linspace(0, 100, 500)
        >>> color_beyond_tone(np.stack([ramp, 0.1 * ramp, 0.2 * ramp], axis=-1).astype(np.float32)) < 0.01
        True
    """
    flat = lab.reshape(-1, 3).astype(np.float64)
    if not len(flat):
        return 0.0
    curves = np.polynomial.legendre.legvander(flat[:, 0] / 50 - 1, _DEGREE)
    explained = curves @ np.linalg.lstsq(curves, flat[:, 1:], rcond=None)[0]
    return float(np.percentile(np.hypot(*(flat[:, 1:] - explained).T), _SHARE))


def is_colored(lab: Floats) -> bool:
    """Whether a picture has colors beyond one tone.

    Args:
        lab: as for `color_beyond_tone`.

    Example:
        >>> is_colored(np.zeros((64, 64, 3), np.float32))
        False
    """
    return color_beyond_tone(lab) > COLORED
