import math
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from photochrom.evaluation.palette import Look
from photochrom.evaluation.svg import Drawing, Scale, log_ticks, padded, shortened, spread, ticks


def test_a_logarithmic_scale_takes_equal_steps_for_equal_factors():
    scale = Scale(0.5, 800, 40, 400, log=True)
    assert scale(4) - scale(2) == pytest.approx(scale(600) - scale(300))
    assert (scale(0.5), scale(800)) == pytest.approx((40, 400))


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (57.2, 61.9), (-0.004, 0.003), (12, 120_000), (-17.5, 3.2), (99.8, 100)]
)
@pytest.mark.parametrize("most", [3, 5, 8])
def test_ticks_are_round_even_within_the_range_and_not_too_many(low, high, most):
    values = ticks(low, high, most)
    assert 1 <= len(values) <= most
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)
    if len(values) > 1:
        step = values[1] - values[0]
        assert np.allclose(np.diff(values), step)
        mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
        assert min(abs(mantissa - round_step) for round_step in (1, 2, 5)) < 1e-6


def test_logarithmic_ticks_over_many_powers_are_the_powers():
    assert log_ticks(0.5, 5000) == [1, 10, 100, 1000]


def test_a_range_of_one_value_has_room():
    low, high = padded([0.0, 0.0])
    assert low < 0 < high


@pytest.mark.parametrize("seed", range(20))
def test_labels_move_as_little_as_possible(seed):
    """The least-squares answer: an isotonic regression of the places less the room that their order needs."""
    random = np.random.default_rng(seed)
    places, gap, low, high = random.uniform(-30, 130, 7), 14.0, 0.0, 100.0
    order = np.argsort(places)
    steps = gap * np.arange(7)
    regression = IsotonicRegression(y_min=low, y_max=high - steps[-1])
    best = regression.fit_transform(np.arange(7), places[order] - steps) + steps
    np.testing.assert_allclose(np.asarray(spread(places.tolist(), gap, low, high))[order], best, atol=1e-9)


def test_labels_that_do_not_meet_stay():
    assert spread([50, 10, 90], 10, 0, 100) == [50, 10, 90]


def test_a_long_name_is_cut_to_the_length_that_is_asked():
    assert len(shortened("x" * 50, 12)) == 12


def test_text_is_escaped():
    drawing = Drawing(10, 10, 'a "quoted" <description>')
    drawing.text((0, 0), "<script>alert(1)</script> & more")
    drawing.mark((1, 1), Look("s1", "circle", ""), "<b>name</b>")
    assert "<script>" not in drawing.svg()
    assert "<b>" not in drawing.svg()
    root = ElementTree.fromstring(drawing.svg())
    assert root.get("aria-label") == 'a "quoted" <description>'
    assert root.find("text").text == "<script>alert(1)</script> & more"


def test_a_drawing_that_only_decorates_is_not_read_aloud():
    root = ElementTree.fromstring(Drawing(10, 10, "").svg())
    assert (root.get("aria-hidden"), root.get("role")) == ("true", None)


@pytest.mark.parametrize("mark", ["circle", "square", "diamond", "up", "down", "cross"])
def test_every_mark_is_one_shape_with_the_name_of_its_row(mark):
    drawing = Drawing(10, 10, "d")
    drawing.mark((5, 5), Look("s1", mark, ""), "lite")
    shapes = list(ElementTree.fromstring(drawing.svg()))
    assert [shape.find("title").text for shape in shapes] == ["lite"]
