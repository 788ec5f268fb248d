"""Gray and toned photographs told from photographs in color."""

from pathlib import Path

import numpy as np
import pytest
import skimage.color

from photochrom.data.decoding import decode
from photochrom.data.screening import measure_coloring, reduced
from photochrom.data.sources import read_source

LEGACY = Path(__file__).parents[3] / "shared" / "data" / "legacy"


def test_chroma_is_that_of_another_library(real):
    pixels = decode(real[0], 192)
    ab = skimage.color.rgb2lab(reduced(pixels))[..., 1:]
    assert measure_coloring(pixels).chroma == pytest.approx(np.hypot(*np.moveaxis(ab, -1, 0)).mean(), abs=0.01)


def test_a_toned_copy_of_any_photograph_is_found_and_few_photographs_are(real):
    sepia = np.array([1.0, 0.85, 0.62])
    originals = [decode(photograph, 192) for photograph in real]
    copies = [np.rint(pixels.mean(axis=2, keepdims=True) * sepia).astype(np.uint8) for pixels in originals]
    found = [measure_coloring(copy) for copy in copies]
    assert all(coloring.is_toned or coloring.is_gray for coloring in found)  # a dark print has little chroma
    assert np.mean([coloring.is_toned for coloring in found]) > 0.95
    assert sum(measure_coloring(pixels).is_toned for pixels in originals) <= 2
    assert all(measure_coloring(np.repeat(copy[..., :1], 3, axis=2)).is_gray for copy in copies)


def test_old_prints_are_gray_or_toned():
    if not LEGACY.is_dir():
        pytest.skip("the old photographs are not here")
    colored = []
    for photograph in read_source(LEGACY):
        coloring = measure_coloring(decode(photograph, 192))
        if not (coloring.is_gray or coloring.is_toned):
            colored.append(photograph.name)
    assert len(colored) <= 1, colored  # one has a border in another color
