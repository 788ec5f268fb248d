"""A small visible mark in the corner: "COLORIZED". Off by default; for pictures that leave their metadata behind.

Its letters are drawn here, dot by dot: with a font the same photograph would look different on another machine.
"""

from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

WORD = "COLORIZED"

# Seven rows of five dots a letter, the leftmost dot first.
_LETTERS = {
    "C": ".###. #...# #.... #.... #.... #...# .###.",
    "D": "####. #...# #...# #...# #...# #...# ####.",
    "E": "##### #.... #.... ####. #.... #.... #####",
    "I": ".###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "O": ".###. #...# #...# #...# #...# #...# .###.",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
    "Z": "##### ....# ...#. ..#.. .#... #.... #####",
}
_SHARE = 1 / 40  # of the short side: the letters' height
_LEAST = 7  # pixels: below it letters cannot be told apart
_MOST = 1 / 2  # of the picture's width that the mark may take
_PAPER = 0.7  # how much of the picture the dark ground under the letters takes away


def add_mark(image: Any) -> Any:
    """The picture with the mark in its lower right corner: white letters on a half-dark ground, over light and dark.

    The letters are a fortieth of the short side high, and at least 7 pixels. A picture too small for that (under about
    126 pixels wide) stays as it is.

    Args:
        image: pyvips.Image of 3 bands, or 4 with alpha, uchar or ushort; may be a stream.
    Returns: the same kind of picture, as lazy as it was.

    Example:
        >>> add_mark(pyvips.Image.black(640, 480, bands=3).copy(interpretation="srgb")).getpoint(0, 0)
        [0.0, 0.0, 0.0]
    """
    letters, ground = _mark(max(_LEAST, round(min(image.width, image.height) * _SHARE)))
    height, width = letters.shape
    margin = height // 2
    if width > image.width * _MOST or height + margin > image.height:
        return image
    place = image.width - width - margin, image.height - height - margin, image.width, image.height
    white = 255 if image.format == "uchar" else 65535
    body = image.extract_band(0, n=3)
    light = _placed(letters, place) * white
    keep = _placed(ground, place) * -1 + 1
    marked = (body * keep + light + 0.5).cast(image.format)
    if image.hasalpha():  # the mark is seen where the picture is transparent too
        opaque = _placed(np.full_like(ground, white), place)
        marked = marked.bandjoin((image[3] > opaque).ifthenelse(image[3], opaque).cast(image.format))
    return marked.copy(interpretation=image.interpretation)


def _mark(letter_height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The light of the letters and the strength of the ground with them, float32 [h, w] in 0..1."""
    rows = [" ".join(_LETTERS[letter].split()[row] for letter in WORD) for row in range(7)]
    dots = np.array([[float(dot == "#") for dot in row] for row in rows], np.float32)
    dots = np.pad(dots, 2)
    height = round(letter_height * dots.shape[0] / 7)
    width = round(height * dots.shape[1] / dots.shape[0])
    image = pyvips.Image.new_from_array(dots).resize(width / dots.shape[1], vscale=height / dots.shape[0])
    letters = np.clip(image.numpy(), 0, 1).astype(np.float32)
    return letters, np.maximum(letters, np.float32(_PAPER))


def _placed(values: NDArray[np.float32], place: tuple[int, int, int, int]) -> Any:
    return pyvips.Image.new_from_array(values).embed(*place)
