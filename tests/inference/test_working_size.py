"""The size that the network sees."""

import numpy as np
import pytest

from photochrom.inference.working_size import working_shape


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (256, 256, (256, 256)),
        (1200, 800, (256, 384)),  # 3:2
        (800, 1200, (384, 256)),
        (4000, 3000, (256, 352)),  # 4:3 is 341.3: up to the nearest multiple of 32
        (1920, 1080, (256, 448)),  # 16:9 is 455.1: down to the nearest
        (100, 100, (256, 256)),  # smaller than the working size: enlarged
        (20000, 500, (256, 1024)),  # a panorama is squeezed into four short sides
    ],
)
def test_sizes_worked_out_by_hand(width, height, expected):
    assert working_shape(width, height) == expected


def test_every_size_is_a_multiple_within_limits_and_keeps_proportions():
    random = np.random.default_rng(0)
    for width, height in random.integers(16, 8000, (500, 2)):
        h, w = working_shape(int(width), int(height))
        assert h % 32 == 0
        assert w % 32 == 0
        assert min(h, w) == 256
        assert max(h, w) <= 1024
        if max(width, height) / min(width, height) < 4:
            stretch = (w / h) / (width / height)
            assert 1 / 1.0625 <= stretch <= 1.0625  # half of 32 in 256


def test_another_working_size_is_followed():
    assert working_shape(1200, 800, working_size=512) == (512, 768)


def test_nothing_has_no_working_size():
    with pytest.raises(ValueError, match="at least 1"):
        working_shape(0, 100)
