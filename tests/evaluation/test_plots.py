import re
from xml.etree import ElementTree

import numpy as np
import pytest

from photochrom.evaluation.measures import MEASURES
from photochrom.evaluation.palette import looks
from photochrom.evaluation.plots import cost_charts, difference_charts, interval_charts, references_near, swatch
from photochrom.evaluation.report import Cost, Difference, Estimate, Report, Row


def report_of(values, differences=(), measure="top1", costs=None):
    """values: kind and name -> value and half the width of its interval."""
    rows = [
        Row(
            name, "", kind, {measure: Estimate(value, value - half, value + half)}, cost=(costs or {}).get(name, Cost())
        )
        for (kind, name), (value, half) in values.items()
    ]
    return Report({}, {}, {}, rows, list(differences))


SYSTEMS = {("gray", "gray"): (70, 1), ("run", "a"): (72, 2), ("run", "b"): (75, 0.5), ("folder", "c"): (80, 1)}


def root_of(chart):
    return ElementTree.fromstring(chart.svg)


def marks(root):
    """The place of each named mark, by its name: circles have one, outlines start above or left of theirs."""
    found = {}
    for shape in root.iter():
        title = shape.find("title")
        if title is not None:
            if shape.tag == "circle":
                found[title.text] = (float(shape.get("cx")), float(shape.get("cy")))
            else:
                points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", shape.get("d")), float)
                found[title.text] = tuple((points.max(axis=0) + points.min(axis=0)) / 2)
    return found


def whiskers(root):
    return [line for line in root.iter("line") if "whisker" in line.get("class")]


def test_marks_lie_where_their_values_lie_and_intervals_around_them():
    (chart,) = interval_charts(report_of(SYSTEMS), ["top1"])
    root = root_of(chart)
    lines = whiskers(root)
    ends = np.array([[float(line.get("x1")), float(line.get("x2"))] for line in lines])
    values = np.array(list(SYSTEMS.values()), float)
    expected = np.stack([values[:, 0] - values[:, 1], values[:, 0] + values[:, 1]], axis=1)
    unit, start = np.polyfit(expected.ravel(), ends.ravel(), 1)
    np.testing.assert_allclose(ends, unit * expected + start, atol=0.1)  # places are written with one digit
    assert unit > 0
    assert marks(root)["a"][0] == pytest.approx(unit * 72 + start, abs=0.2)


def test_truth_that_would_squeeze_the_rest_is_said_instead_of_drawn():
    (chart,) = interval_charts(report_of(SYSTEMS | {("truth", "truth"): (100, 0)}), ["top1"])
    assert "truth" not in marks(root_of(chart))
    assert chart.caption == "Off the scale: truth 100.00."


def test_truth_near_the_rest_is_drawn():
    (chart,) = interval_charts(report_of(SYSTEMS | {("truth", "truth"): (84, 1)}), ["top1"])
    assert "truth" in marks(root_of(chart))
    assert chart.caption == ""


def test_a_measure_that_fewer_than_two_rows_have_gets_no_chart():
    assert interval_charts(report_of({("run", "a"): (1, 1)}), ["top1", "psnr"]) == []


def test_a_row_without_interval_is_a_mark_alone():
    report = Report(
        {}, {}, {}, [Row("a", "", "run", {"top1": Estimate(1)}), Row("b", "", "run", {"top1": Estimate(2)})]
    )
    root = root_of(interval_charts(report, ["top1"])[0])
    assert whiskers(root) == []
    assert len(marks(root)) == 2


def test_differences_lie_on_their_side_of_zero():
    differences = [
        Difference("top1", "a", "gray", Estimate(2, 1, 3)),
        Difference("top1", "b", "gray", Estimate(-2, -3, -1)),
        Difference("top1", "b", "a", Estimate(-4, -5, -3)),
    ]
    root = root_of(difference_charts(report_of(SYSTEMS, differences), ["top1"])[0])
    (zero,) = {line.get("x1") for line in root.iter("line") if line.get("class") == "zero"}
    sides = [(float(w.get("x1")) > float(zero), float(w.get("x2")) > float(zero)) for w in whiskers(root)]
    assert sides == [(True, True), (False, False), (False, False)]


@pytest.mark.parametrize(("measure", "right"), [("top1", "better"), ("ciede2000", "worse")])
def test_the_better_side_of_zero_follows_the_measure(measure, right):
    differences = [Difference(measure, "a", "b", Estimate(0, -3, 3))]
    root = root_of(difference_charts(report_of(SYSTEMS, differences, measure), [measure])[0])
    words = [text.text for text in root.iter("text")]
    assert f"{right} \N{RIGHTWARDS ARROW}" in words


def test_a_measure_without_differences_gets_no_chart():
    assert difference_charts(report_of(SYSTEMS), ["top1"]) == []


def test_a_cheaper_system_stands_left_of_a_dearer_one_and_a_better_one_above():
    costs = {"a": Cost(milliseconds=Estimate(10), device="one core"), "b": Cost(milliseconds=Estimate(100))}
    (chart,) = cost_charts(report_of(SYSTEMS, costs=costs), "top1")
    places = marks(root_of(chart))
    assert set(places) == {"a", "b"}
    assert places["a"][0] < places["b"][0]
    assert places["a"][1] > places["b"][1]  # upwards is less
    assert chart.caption == "Measured on one core."


def test_equal_factors_of_cost_are_equal_steps():
    costs = {name: Cost(parameters_mb=size) for name, size in (("a", 2), ("b", 20), ("c", 200))}
    places = marks(root_of(cost_charts(report_of(SYSTEMS, costs=costs), "top1")[0]))
    assert places["b"][0] - places["a"][0] == pytest.approx(places["c"][0] - places["b"][0], abs=0.3)


def test_one_cost_alone_or_none_makes_no_chart():
    assert cost_charts(report_of(SYSTEMS), "top1") == []
    assert cost_charts(report_of(SYSTEMS, costs={"a": Cost(parameters_mb=2)}), "top1") == []


def test_references_near_and_far_are_told_apart():
    values = SYSTEMS | {("truth", "truth"): (200, 0)}
    near, far = references_near(report_of(values), MEASURES["top1"], [70, 80])
    assert [row.name for row, _ in near] == ["gray"]
    assert [row.name for row, _ in far] == ["truth"]


def test_every_chart_says_in_words_what_it_shows(synthetic_report):
    charts = [
        *interval_charts(synthetic_report, ["auc_raw", "top1"]),
        *difference_charts(synthetic_report, ["auc_raw", "top1"]),
        *cost_charts(synthetic_report),
    ]
    assert len(charts) == 6
    for chart in charts:
        told = root_of(chart).get("aria-label")
        assert any(row.name in told for row in synthetic_report.rows if row.kind == "weights")


def test_a_swatch_is_decoration_in_the_look_of_its_row(synthetic_report):
    for look in looks(synthetic_report).values():
        root = ElementTree.fromstring(swatch(look))
        assert root.get("aria-hidden") == "true"
        assert all(look.color in shape.get("class") for shape in root)
