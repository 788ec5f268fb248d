import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest
from skimage.color import lab2rgb

from photochrom.color.ab_bins import ab_bins
from photochrom.evaluation.ab_plane import SHOWN_LIGHTNESS, ab_plane_chart
from photochrom.evaluation.report import Confusion


def confusion_of(errors, row="lite"):
    return Confusion(row, ["near gray"], [[1.0]], [1.0], errors)


def dots(chart):
    return [e for e in ElementTree.fromstring(chart.svg).iter("circle") if e.get("class") != "key-dot"]


def test_every_bin_is_a_dot_and_those_that_do_not_occur_are_specks():
    chart = ab_plane_chart(confusion_of([None if turn % 3 else 20.0 for turn in range(313)]))
    classes = [dot.get("class") for dot in dots(chart)]
    assert len(classes) == 313
    assert classes.count("unseen") == sum(1 for turn in range(313) if turn % 3)


def test_the_area_of_a_dot_grows_with_the_error():
    chart = ab_plane_chart(confusion_of([25.0] + [100.0] * 312))
    small, large = (float(dots(chart)[turn].get("r")) for turn in (0, 1))
    assert (large / small) ** 2 == pytest.approx(4, rel=0.05)  # radii are written with one digit


def test_dots_lie_where_their_bins_lie():
    chart = ab_plane_chart(confusion_of([50.0] * 313))
    across, up = (np.array([float(dot.get(name)) for dot in dots(chart)]) for name in ("cx", "cy"))
    a, b = ab_bins().T
    unit, left = np.polyfit(a, across, 1)
    np.testing.assert_allclose(across, unit * a + left, atol=0.1)  # places are written with one digit
    np.testing.assert_allclose(up - up.mean(), -unit * (b - b.mean()), atol=0.2)  # the same unit, upwards


def test_a_dot_has_the_color_of_its_bin():
    bins = ab_bins()
    lab = np.concatenate([np.full((313, 1), SHOWN_LIGHTNESS), bins], axis=1)
    inside = np.hypot(*bins.T) < 25  # far from the gamut's edge
    expected = np.round(255 * lab2rgb(lab)[inside])
    fills = [dot.get("fill") for dot in dots(ab_plane_chart(confusion_of([50.0] * 313)))]
    found = np.array([[int(fill[i : i + 2], 16) for i in (1, 3, 5)] for fill in fills])[inside]
    assert np.abs(found - expected).max() <= 1


def test_a_dot_is_hollow_where_plain_gray_is_nearer():
    without = confusion_of([30.0] * 313, "gray")
    chart = ab_plane_chart(confusion_of([40.0] * 10 + [20.0] * 303), without)
    assert [dot.get("fill") == "none" for dot in dots(chart)] == [True] * 10 + [False] * 303
    assert chart.caption == "Nearer than plain gray on 303 of the 313 colors that occur."


def test_without_gray_no_dot_is_hollow_and_nothing_is_claimed():
    chart = ab_plane_chart(confusion_of([40.0] * 313))
    assert all(dot.get("fill") != "none" for dot in dots(chart))
    assert chart.caption == ""


def test_a_set_without_any_color_can_be_drawn():
    assert len(dots(ab_plane_chart(confusion_of([None] * 313)))) == 313


def test_another_number_of_bins_is_refused():
    with pytest.raises(ValueError, match="313 values, got 2"):
        ab_plane_chart(confusion_of([1.0, 2.0]))
    with pytest.raises(ValueError, match="gray must have 313 values"):
        ab_plane_chart(confusion_of([1.0] * 313), dataclasses.replace(confusion_of([1.0]), row="gray"))
