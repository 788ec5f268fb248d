import dataclasses
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from photochrom.evaluation.curve_plots import curve_charts, sweep_charts, without_temperature
from photochrom.evaluation.report import Curve, Estimate, Report, Row, Sweep

THRESHOLDS = np.arange(151)


def root_of(chart):
    return ElementTree.fromstring(chart.svg)


def lines_of(root, css="curve s1", points=3):
    """The drawn lines of one look with at least so many points, float [n, 2] each."""
    ways = [path.get("d") for path in root.iter("path") if path.get("class") == css]
    found = [np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", way), float) for way in ways]
    return [line for line in found if len(line) >= points]


def report_of(raw, gray=None, names=("lite (T=0.38)",)):
    rows = [Row(name, "", "run", {}) for name in names]
    curves = [Curve(name, raw.tolist(), (raw**2).tolist()) for name in names]
    if gray is not None:
        rows.append(Row("gray", "gray", "gray", {}))
        curves.append(Curve("gray", gray.tolist(), gray.tolist()))
    return Report({}, {}, {}, rows, curves=curves)


def test_the_line_follows_the_shares_at_every_threshold():
    shares = 1 - np.exp(-THRESHOLDS / 20)
    raw, rebalanced = curve_charts(report_of(shares))
    for chart, expected in ((raw, shares), (rebalanced, shares**2)):
        (line,) = lines_of(root_of(chart))
        assert len(line) == 151
        unit, start = np.polyfit(THRESHOLDS, line[:, 0], 1)
        np.testing.assert_allclose(line[:, 0], unit * THRESHOLDS + start, atol=0.1)
        height, zero = np.polyfit(expected, line[:, 1], 1)
        np.testing.assert_allclose(line[:, 1], height * expected + zero, atol=0.1)
        assert height < 0  # upwards is less


def test_the_figure_beside_a_name_is_the_mean_over_the_thresholds():
    shares = 1 - np.exp(-THRESHOLDS / 20)
    words = [text.text for text in root_of(curve_charts(report_of(shares))[0]).iter("text")]
    assert f"{100 * shares.mean():.1f}" in words


def test_curves_are_held_against_gray_in_percentage_points():
    shares, gray = 1 - np.exp(-THRESHOLDS / 20), 1 - np.exp(-THRESHOLDS / 30)
    charts = curve_charts(report_of(shares, gray))
    assert [chart.title for chart in charts[2:]] == ["Raw, minus gray", "Rebalanced, minus gray"]
    above = 100 * (shares - gray)
    assert f"lite (T=0.38) from {above.min():+.1f} to {above.max():+.1f}" in root_of(charts[2]).get("aria-label")
    (line,) = lines_of(root_of(charts[2]))
    assert int(np.argmin(line[:, 1])) == pytest.approx(int(np.argmax(above)), abs=1)


def test_without_gray_nothing_is_held_against_it():
    assert len(curve_charts(report_of(THRESHOLDS / 150))) == 2


def test_one_system_at_two_temperatures_keeps_them_in_its_names():
    shares = THRESHOLDS / 150
    report = report_of(shares, shares, names=("lite (T=0.38)", "lite (T=1)"))
    words = [text.text for text in root_of(curve_charts(report)[2]).iter("text")]
    assert {"lite (T=0.38)", "lite (T=1)"} <= set(words)


def test_without_curves_and_sweeps_there_are_no_charts():
    report = Report({}, {}, {}, [])
    assert curve_charts(report) == []
    assert sweep_charts(report) == []


def sweep_of(best=0.5):
    temperatures = [0.0, 0.25, 0.5, 0.75, 1.0]
    values = [60 - 8 * (t - best) ** 2 for t in temperatures]
    return Sweep("lite (T=0.38)", temperatures, {"auc_rebalanced": values}, {"auc_rebalanced": best})


def test_the_ring_lies_on_the_line_at_the_best_temperature():
    rows = [Row("lite (T=0.38)", "", "run", {})]
    (chart,) = sweep_charts(Report({}, {}, {}, rows, sweeps=[sweep_of()]))
    root = root_of(chart)
    (line,) = lines_of(root)
    (ring,) = [shape for shape in root.iter("circle") if "ring" in shape.get("class")]
    assert (float(ring.get("cx")), float(ring.get("cy"))) == tuple(line[2])
    assert line[2, 1] == line[:, 1].min()
    assert chart.caption == "Best: lite 60.00 at T = 0.5."


def test_gray_is_a_line_to_compare_with_unless_it_is_far_off():
    def charts(value):
        rows = [Row("lite (T=0.38)", "", "run", {}), Row("gray", "gray", "gray", {"auc_rebalanced": Estimate(value)})]
        return sweep_charts(Report({}, {}, {}, rows, sweeps=[sweep_of()]))

    assert len(lines_of(root_of(charts(59)[0]), "curve thin gray", 2)) == 1
    assert lines_of(root_of(charts(20)[0]), "curve thin gray", 2) == []
    assert charts(20)[0].caption.endswith("Off the scale: gray 20.00.")


def test_a_measure_that_a_system_lacks_is_drawn_for_the_others(synthetic_report):
    first, second = synthetic_report.sweeps
    fewer = dataclasses.replace(second, measures={"auc_raw": second.measures["auc_raw"]})
    charts = sweep_charts(dataclasses.replace(synthetic_report, sweeps=[first, fewer]))
    drawn = {chart.title: [len(lines_of(root_of(chart), f"curve {look}")) for look in ("s1", "s2")] for chart in charts}
    assert drawn["AuC raw"] == [1, 1]
    assert drawn["CIEDE2000"] == [1, 0]


@pytest.mark.parametrize(
    ("name", "short"), [("lite (T=0.38)", "lite"), ("my (T=1) run", "my (T=1) run"), ("a (b)", "a (b)")]
)
def test_only_a_temperature_at_the_end_is_dropped_from_a_name(name, short):
    assert without_temperature(name) == short
