"""The charts of a study's report; each says "simulated" where its figures are."""

from __future__ import annotations

from dataclasses import dataclass

from photochrom.study.published import PUBLISHED
from photochrom.study.report import Histogram, StudyReport
from photochrom.study.svg_chart import Chart, Scale

SIMULATED = "simulated"
_WIDTH = 640.0
_LEFT, _RIGHT = 170.0, 84.0  # room for names and figures
_ROW = 24.0
_NORMAL_95 = 1.96  # standard errors to either end of a 95 % interval
_COLORS = 6  # --s1 to --s6 of the style sheet


@dataclass(frozen=True)
class Drawn:
    """A chart and what stands under it."""

    title: str
    svg: str
    caption: str


def look(report: StudyReport, system: str) -> str:
    """The class by which a system is colored, the same in every chart."""
    systems = report.study["systems"]
    return "reference" if system not in systems else f"s{systems.index(system) % _COLORS + 1}"


def interval_chart(report: StudyReport) -> Drawn:
    """Shares with their intervals, and below them those that were published."""
    own = report.kept.shares
    height = 30 + _ROW * (len(own) + len(PUBLISHED) + 1) + 34
    chart = Chart(_WIDTH, height, "Labelled real by system, with 95 % intervals", _stamp(report))
    ends = [100 * share.high for share in own if share.high is not None] + [100 * share.rate for share in own]
    x = Scale(0, max(55.0, *ends), _LEFT, _WIDTH - _RIGHT)
    bottom = height - 34
    for tick in range(0, int(x.high) + 1, 10):
        chart.line(x(tick), 22, x(tick), bottom, "grid")
        chart.text(x(tick), bottom + 14, str(tick), "tick", anchor="middle")
    chart.text((_LEFT + _WIDTH - _RIGHT) / 2, bottom + 30, "labelled real, percent", "tick", anchor="middle")
    perfect, meaning = _perfect(report)
    chart.line(x(perfect), 18, x(perfect), bottom, "perfect")
    chart.text(x(perfect), 12, meaning, "tick", anchor="middle")
    y = 22 + _ROW / 2
    for share in own:
        _interval_row(
            chart,
            x,
            y,
            share.system,
            100 * share.rate,
            _scaled(share.low),
            _scaled(share.high),
            look(report, share.system),
        )
        y += _ROW
    chart.text(_LEFT - 10, y + 5, "as published in 2016:", "quiet", anchor="end")
    y += _ROW
    for row in PUBLISHED:
        reach = _NORMAL_95 * row.error
        _interval_row(chart, x, y, row.name, row.rate, row.rate - reach, row.rate + reach, "published")
        y += _ROW
    return Drawn(
        "Labelled real",
        chart.svg(),
        "The share of trials in which the coloring was taken for the photograph. Hollow marks: the paper's table, "
        "other people and photographs; their intervals are 1.96 standard errors.",
    )


def learning_chart(report: StudyReport) -> Drawn:
    """Shares along the test trials."""
    chart = Chart(_WIDTH, 220, "Labelled real along the test trials", _stamp(report))
    steps = [step for step in report.learning if step.rate is not None]
    last = max(step.last for step in report.learning)
    x, y = Scale(0, last, 50, _WIDTH - 20), Scale(0, max(60.0, *(100 * (s.rate or 0) for s in steps)), 180, 24)
    for tick in range(0, int(y.high) + 1, 20):
        chart.line(50, y(tick), _WIDTH - 20, y(tick), "grid")
        chart.text(44, y(tick) + 4, str(tick), "tick", anchor="end")
    beside = 110.0
    for system in report.study["systems"]:
        chart.dot(beside, 8, f"mark {look(report, system)}", 3.5)
        chart.text(beside + 8, 12, system, "tick")
        beside += 24 + 7 * len(system)  # about the width of the name
        mine = [
            ((step.first + step.last - 1) / 2, 100 * step.rate)
            for step in steps
            if step.system == system and step.rate is not None
        ]
        points = [(x(place), y(rate)) for place, rate in mine]
        chart.path(points, f"run {look(report, system)}")
        for place in points:
            chart.dot(*place, f"mark {look(report, system)}", 3.5)
    for step in {(step.first, step.last) for step in report.learning}:
        label = f"{step[0]}-{step[1]}" if step[0] < step[1] else str(step[0])
        chart.text(x((step[0] + step[1] - 1) / 2), 198, label, "tick", anchor="middle")
    chart.text(_WIDTH / 2, 215, "test trial (labelled real, percent)", "tick", anchor="middle")
    return Drawn("Learning", chart.svg(), "A falling line would say that people learn to recognize the colorings.")


def response_chart(report: StudyReport) -> Drawn:
    """How long people took to answer."""
    medians = ", ".join(f"{each.system} {each.quartiles[1] / 1000:.2f} s" for each in report.response_times)
    chart = _histogram(report, report.response_histogram, "Response times", "seconds to the answer", 1000)
    return Drawn("Response times", chart, f"Medians: {medians}. The last bar holds all slower answers.")


def display_chart(report: StudyReport) -> Drawn | None:
    """How exact the display times were; None for an untimed design."""
    times = report.display_times
    if times is None:
        return None
    svg = _histogram(report, times.histogram, "Display times", "milliseconds off the wanted time", 1)
    return Drawn(
        "Display times",
        svg,
        f"{times.displays} displays of {times.wanted_ms} ms: {100 * times.within_tolerance:.1f} % within "
        f"{times.tolerance_ms:g} ms; off by {times.percentiles[2]:+.1f} ms in the middle, 90 % of them by "
        f"{times.percentiles[1]:+.1f} to {times.percentiles[3]:+.1f} ms. The outer bars hold all that lies beyond.",
    )


def _histogram(report: StudyReport, histogram: Histogram, title: str, unit: str, scale: float) -> str:
    chart = Chart(_WIDTH, 180, title, _stamp(report))
    edges, most = histogram.edges, max(1, *histogram.counts)
    x, y = Scale(edges[0], edges[-1], 30, _WIDTH - 20), Scale(0, most, 140, 24)
    for start, end, number in zip(edges[:-1], edges[1:], histogram.counts, strict=True):
        chart.bar(x(start) + 1, y(number), x(end) - x(start) - 2, y(0) - y(number), "bar")
    for edge in edges[:: max(1, len(edges) // 8)]:
        chart.text(x(edge), 156, f"{edge / scale:g}", "tick", anchor="middle")
    chart.line(30, 140, _WIDTH - 20, 140, "axis")
    chart.text(_WIDTH / 2, 174, unit, "tick", anchor="middle")
    return chart.svg()


def _interval_row(
    chart: Chart, x: Scale, y: float, name: str, rate: float, low: float | None, high: float | None, kind: str
) -> None:
    chart.text(
        _LEFT - 10, y + 4, name if len(name) <= 24 else f"{name[:23]}\N{HORIZONTAL ELLIPSIS}", "name", anchor="end"
    )
    if low is not None and high is not None:
        chart.line(x(max(0.0, low)), y, x(min(x.high, high)), y, f"reach {kind}")
    chart.dot(x(rate), y, f"mark {kind}")
    chart.text(_WIDTH - _RIGHT + 12, y + 4, f"{rate:.1f}", "figure")


def _perfect(report: StudyReport) -> tuple[float, str]:
    """What a perfect coloring would reach: half of the pairs, or as often as photographs are called real."""
    real = report.kept.photographs_called_real
    return (50.0, "perfect") if real is None else (100 * real, "photographs")


def _scaled(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _stamp(report: StudyReport) -> str:
    return SIMULATED if report.simulated else ""
