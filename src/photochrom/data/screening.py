"""Photographs that teach no color: gray ones, and monochromes toned in sepia, blue or any other single hue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photochrom.color.lab import rgb_to_lab

GRAY_CHROMA = 6.0  # mean chroma below which a photograph counts as gray

# Together they find 9 of 10 toned prints with a mean chroma above 6 (the tenth has a colored border), and take 3 of 994
# color photographs for one. By the mean residual instead of a high percentile those were 9: a small parachute in a
# blue sky is a photograph in color.
TONED_RESIDUAL = 8.0  # ab units
TONED_CONCENTRATION = 0.95

_PERCENTILE = 99  # of the residuals
_DEGREE = 3  # a tone may bend from the shadows over the middle to the lights
_SMALL = 64  # short side in pixels at which color is judged: free of grain and of the blocks of JPEG


@dataclass(frozen=True)
class Coloring:
    """How much color a photograph has.

    Attributes:
        chroma: its mean CIELAB chroma; some 20 for most photographs.
        residual: how far, in ab units, its colors lie from a function of lightness, save for the furthest hundredth.
        concentration: of its hues, weighed by chroma: 1 for a single hue, 0 for all alike.
    """

    chroma: float
    residual: float
    concentration: float

    @property
    def is_gray(self) -> bool:
        """Whether it is gray or nearly so."""
        return self.chroma < GRAY_CHROMA

    @property
    def is_toned(self) -> bool:
        """Whether it has one hue that follows from lightness: a monochrome on toned paper, not a color photograph."""
        one_hue = self.concentration > TONED_CONCENTRATION
        return one_hue and not self.is_gray and self.residual < TONED_RESIDUAL


def measure_coloring(pixels: np.ndarray) -> Coloring:
    """Measure the color of a photograph.

    Args:
        pixels: uint8 [h, w, 3], sRGB, of any size.

    Example:
        >>> measure_coloring(np.full((8, 8, 3), 90, np.uint8)).is_gray
        True
    """
    lab = rgb_to_lab(reduced(pixels)).reshape(-1, 3).astype(np.float64)
    ab = lab[:, 1:]
    chroma = np.hypot(*ab.T)
    curve = np.vander(lab[:, 0] / 100, _DEGREE + 1)  # [n, 4]: powers of the lightness
    residual = np.hypot(*(ab - curve @ np.linalg.lstsq(curve, ab, rcond=None)[0]).T)
    return Coloring(
        chroma=float(chroma.mean()),
        residual=float(np.percentile(residual, _PERCENTILE)),
        concentration=float(np.hypot(*ab.mean(axis=0)) / max(chroma.mean(), 1e-9)),
    )


def reduced(pixels: np.ndarray) -> np.ndarray:
    """A small copy by block means: uint8, its short side 64 to 127 pixels, or as it was."""
    block = max(1, min(pixels.shape[:2]) // _SMALL)
    height, width = (side // block for side in pixels.shape[:2])
    cells = pixels[: height * block, : width * block].reshape(height, block, width, block, 3)
    return np.asarray(np.rint(cells.mean(axis=(1, 3))), np.uint8)
