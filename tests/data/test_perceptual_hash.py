"""The difference hash, and the search against comparing all with all."""

import io

import numpy as np
import pytest
from PIL import Image

from photochrom.data.decoding import decode
from photochrom.data.perceptual_hash import NearDuplicates, difference_hash, distance


def test_a_hash_is_that_of_the_definition_with_another_resampler(real):
    for photograph in real[:40]:
        pixels = decode(photograph, 192)
        small = Image.fromarray(pixels).convert("L").resize((9, 8), Image.Resampling.BILINEAR)
        rows = np.asarray(small, int)
        wanted = int("".join(str(int(bit)) for bit in (np.diff(rows, axis=1) > 0).ravel()), 2)
        assert distance(difference_hash(pixels), wanted) <= 6  # pixels of nearly equal brightness may fall either way


def test_copies_are_near_and_other_photographs_are_far(real):
    hashes = []
    for photograph in real[:60]:
        pixels = decode(photograph, 192)
        stream = io.BytesIO()
        Image.fromarray(pixels).resize((150, 130)).point(lambda v: v * 0.9).save(stream, "JPEG", quality=50)
        hashes.append((difference_hash(pixels), difference_hash(np.asarray(Image.open(stream)))))
    near = [distance(one, copy) for one, copy in hashes]
    far = [distance(one[0], other[0]) for place, one in enumerate(hashes) for other in hashes[:place]]
    assert np.percentile(near, 90) <= 4
    assert min(far) > 4


@pytest.mark.parametrize("limit", [0, 3, 4, 7])
def test_the_search_finds_what_comparing_all_with_all_finds(limit):
    random = np.random.default_rng(limit)
    base = [int(value) for value in random.integers(0, 2**64, 200, dtype=np.uint64)]
    seen, known = NearDuplicates(limit), []
    found = 0
    for number in range(1500):
        value = base[random.integers(200)]
        for bit in random.choice(64, random.integers(0, 10), replace=False):
            value ^= 1 << int(bit)
        wanted = next((name for name, other in known if distance(value, other) <= limit), None)
        assert seen.find(value) == wanted
        found += wanted is not None
        seen.add(value, str(number))
        known.append((str(number), value))
    assert 20 < found < 1500


def test_a_limit_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.63"):
        NearDuplicates(64)
