"""The charts of a report that compare rows: figures with intervals, paired differences, quality against cost.

A chart is inline SVG, drawn for a column as wide as a telephone; the page sets several side by side where there is
room. A row that lacks a measure is left out of its chart. `curve_plots` and `ab_plane` hold the other charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photochrom.evaluation.measures import Measure
from photochrom.evaluation.notation import interval, measure_of, number, signed
from photochrom.evaluation.palette import Look, looks
from photochrom.evaluation.report import Difference, Estimate, Report, Row
from photochrom.evaluation.standing import colorizers, reference
from photochrom.evaluation.svg import Drawing, Scale, log_ticks, padded, shortened, ticks

NARROW = 360.0  # units of a drawing, shown at about one CSS pixel each: three fit beside each other on a desktop
WIDE = 440.0  # two fit
CLOSE = 1.0  # a reference is drawn where it lies at most this share of the scale beyond its ends
_NAME = 19  # letters of a name before its line
_LONG_NAME = 24  # letters of a name above its line
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Figure:
    """One chart."""

    svg: str
    title: str
    caption: str  # how to read it


def interval_charts(report: Report, names: Sequence[str]) -> list[Figure]:
    """A mark and its interval for each row, one chart a measure that two rows have at least.

    Truth is left out where it would squeeze the rest into a corner.
    """
    return [chart for name in names if (chart := _interval_chart(report, measure_of(name)))]


def difference_charts(report: Report, names: Sequence[str]) -> list[Figure]:
    """The paired differences with their intervals around zero, one chart a measure."""
    return [chart for name in names if (chart := _difference_chart(report, measure_of(name)))]


def cost_charts(report: Report, name: str = "auc_rebalanced") -> list[Figure]:
    """Quality against milliseconds and against the size of the weights, where two systems can be compared at least."""
    measure = measure_of(name)
    by_time = {row.name: row.cost.milliseconds.value for row in colorizers(report) if row.cost.milliseconds}
    by_size = {row.name: row.cost.parameters_mb for row in colorizers(report) if row.cost.parameters_mb}
    devices = ", ".join(dict.fromkeys(row.cost.device for row in report.rows if row.cost.device))
    charts = [
        _scatter(report, measure, by_time, "milliseconds a photograph", f"Measured on {devices}." if devices else ""),
        _scatter(report, measure, by_size, "MB of parameters", "Four bytes a parameter."),
    ]
    return [chart for chart in charts if chart]


def swatch(look: Look) -> str:
    """The mark of a system, to stand beside its name."""
    drawing = Drawing(22, 12, "")
    drawing.path([(0, 6), (22, 6)], f"curve {look.color}", look.dash)
    drawing.mark((11, 6), look)
    return drawing.svg()


def references_near(
    report: Report, measure: Measure, values: Sequence[float]
) -> tuple[list[tuple[Row, float]], list[tuple[Row, float]]]:
    """Truth and gray with their values, split into those that fit on a scale of the given values and those far off."""
    low, high = min(values), max(values)
    room = max(high - low, 1e-9) * CLOSE
    near: list[tuple[Row, float]] = []
    far: list[tuple[Row, float]] = []
    for row in (reference(report, "truth"), reference(report, "gray")):
        if row and measure.name in row.measures:
            value = row.measures[measure.name].value
            (near if low - room <= value <= high + room else far).append((row, value))
    return near, far


def y_axis(drawing: Drawing, scale: Scale, left: float, right: float) -> None:
    """Lines across with their figures at the left."""
    values = ticks(scale.low, scale.high, 5)
    for value, words in zip(values, _tick_words(values), strict=True):
        drawing.line((left, scale(value)), (right, scale(value)), "grid")
        drawing.text((left - 6, scale(value) + 4), words, "axis", "end")


def _interval_chart(report: Report, measure: Measure) -> Figure | None:
    having = [row for row in report.rows if measure.name in row.measures]
    rows = [row for row in having if not _squeezes(row, having, measure)]
    if len(rows) < 2:
        return None
    estimates = [row.measures[measure.name] for row in rows]
    left, right, top, step = 150.0, NARROW - 56, 8.0, 26.0
    bottom = top + step * len(rows)
    words = [f"{row.name} {number(e.value, measure.digits)}" for row, e in zip(rows, estimates, strict=True)]
    drawing = Drawing(NARROW, bottom + 38, f"{measure.title}: {'; '.join(words)}")
    scale = Scale(*padded(_ends(estimates)), left, right)
    values = ticks(scale.low, scale.high, 4)
    _x_grid(drawing, scale, values, top, bottom)
    _x_axis(drawing, scale, values, bottom, _axis_title(measure))
    for turn, (row, estimate) in enumerate(zip(rows, estimates, strict=True)):
        y = top + step * (turn + 0.5)
        drawing.text((left - 10, y + 4), shortened(row.name, _NAME), "name", "end")
        _mark_and_interval(drawing, scale, y, estimate, looks(report)[row.name], row.name)
        drawing.text((NARROW, y + 4), _tick_sign(number(estimate.value, measure.digits)), "value", "end")
    far = [row for row in having if row not in rows]
    caption = "".join(
        f"Off the scale: {row.name} {number(row.measures[measure.name].value, measure.digits)}." for row in far
    )
    return Figure(drawing.svg(), measure.title, caption)


def _difference_chart(report: Report, measure: Measure) -> Figure | None:
    found = [difference for difference in report.differences if difference.measure == measure.name]
    if not found:
        return None
    groups = {second: [d for d in found if d.second == second] for second in dict.fromkeys(d.second for d in found)}
    left, right, head, step = 8.0, NARROW - 8, 30.0, 40.0
    bottom = 24 + head * len(groups) + step * len(found)
    words = [f"{d.first} minus {d.second} {signed(d.estimate.value, measure.digits)}" for d in found]
    drawing = Drawing(NARROW, bottom + 40, f"Paired differences in {measure.title}: {'; '.join(words)}")
    scale = Scale(*padded([0.0, *_ends([difference.estimate for difference in found])]), left, right)
    values = ticks(scale.low, scale.high, 5)
    _sides(drawing, scale, measure)
    y = 24.0
    for second, differences in groups.items():
        drawing.text((0, y + 20), f"against {shortened(second, 38)}", "group")
        y += head
        for difference in differences:
            # The grid stops where words stand, so that nothing is written on a line.
            _x_grid(drawing, scale, values, y + 19, y + 39)
            drawing.line((scale(0), y + 19), (scale(0), y + 39), "zero")
            _one_difference(drawing, scale, y, difference, measure, looks(report)[difference.first])
            y += step
    _x_axis(drawing, scale, values, bottom, f"difference in {measure.title}{f', {measure.unit}' * bool(measure.unit)}")
    return Figure(drawing.svg(), measure.title, "")


def _sides(drawing: Drawing, scale: Scale, measure: Measure) -> None:
    """Which side of zero is the better one."""
    if measure.better not in ("higher", "lower"):
        return
    for anchor, side in (("end", -1), ("start", 1)):
        good = (measure.better == "higher") == (side > 0)
        words = f"{'better' if good else 'worse'} \N{RIGHTWARDS ARROW}"
        if side < 0:
            words = f"\N{LEFTWARDS ARROW} {'better' if good else 'worse'}"
        if (side < 0 and scale(0) > 70) or (side > 0 and NARROW - scale(0) > 70):
            drawing.text((scale(0) + side * 8, 14), words, "axis", anchor)


def _one_difference(
    drawing: Drawing, scale: Scale, y: float, difference: Difference, measure: Measure, look: Look
) -> None:
    estimate = difference.estimate
    words = f"{signed(estimate.value, measure.digits)} {interval(estimate, measure.digits, sign=True)}"
    drawing.text((0, y + 13), shortened(difference.first, _LONG_NAME), "name")
    drawing.text((NARROW, y + 13), _tick_sign(words.rstrip()), "value", "end")
    _mark_and_interval(drawing, scale, y + 29, estimate, look, f"{difference.first} minus {difference.second}")


def _scatter(report: Report, measure: Measure, costs: dict[str, float], axis: str, caption: str) -> Figure | None:
    rows = [row for row in colorizers(report) if row.name in costs and measure.name in row.measures]
    if len(rows) < 2:
        return None
    left, right, top, bottom = 46.0, WIDE - 12, 14.0, 228.0
    estimates = [row.measures[measure.name] for row in rows]
    near, _ = references_near(report, measure, _ends(estimates))
    x = Scale(min(costs.values()) / 1.8, max(costs.values()) * 1.8, left, right, log=True)
    y = Scale(*padded([*_ends(estimates), *(value for _, value in near)], 0.14), bottom, top)
    words = [
        f"{row.name} {number(costs[row.name], 1)}, {number(estimate.value, measure.digits)}"
        for row, estimate in zip(rows, estimates, strict=True)
    ]
    drawing = Drawing(WIDE, bottom + 40, f"{measure.title} against {axis}: {'; '.join(words)}")
    y_axis(drawing, y, left, right)
    for value in log_ticks(x.low, x.high):
        drawing.text((x(value), bottom + 16), f"{value:,g}", "axis", "middle")
    drawing.text(((left + right) / 2, bottom + 33), f"{axis} (logarithmic)", "axis", "middle")
    for row, value in near:
        look = looks(report)[row.name]
        drawing.path([(left, y(value)), (right, y(value))], f"curve thin {look.color}", look.dash or "1 3")
        drawing.text((right, y(value) - 6), f"{row.name} costs nothing", f"label {look.color}", "end")
    for row, estimate in zip(rows, estimates, strict=True):
        place, look = x(costs[row.name]), looks(report)[row.name]
        if estimate.low is not None and estimate.high is not None:
            drawing.line((place, y(estimate.low)), (place, y(estimate.high)), f"whisker {look.color}")
        drawing.mark((place, y(estimate.value)), look, row.name)
        late = place > (left + right) / 2
        beside = (place + (-9 if late else 9), y(estimate.value) - 7)
        drawing.text(beside, shortened(row.name, _LONG_NAME), f"label {look.color}", "end" if late else "start")
    return Figure(drawing.svg(), f"{measure.title} against {axis}", caption)


def _squeezes(row: Row, rows: Sequence[Row], measure: Measure) -> bool:
    """Whether the truth's row lies so far from the others that they would be squeezed into a corner."""
    others = [other.measures[measure.name] for other in rows if other != row]
    if row.kind != "truth" or len(others) < 2:
        return False
    ends = _ends(others)
    room = (max(ends) - min(ends)) * CLOSE
    return not min(ends) - room <= row.measures[measure.name].value <= max(ends) + room


def _ends(estimates: Sequence[Estimate]) -> list[float]:
    return [end for e in estimates for end in (e.value, e.low, e.high) if end is not None]


def _axis_title(measure: Measure) -> str:
    direction = {"higher": "higher is better", "lower": "lower is better", "truth": "nearer to truth is better"}
    unit = f"{measure.unit}, " if measure.unit else ""
    return unit + direction.get(measure.better, "") if measure.better in direction else measure.unit


def _x_grid(drawing: Drawing, scale: Scale, values: Sequence[float], top: float, bottom: float) -> None:
    for value in values:
        drawing.line((scale(value), top), (scale(value), bottom), "grid")


def _x_axis(drawing: Drawing, scale: Scale, values: Sequence[float], bottom: float, title: str) -> None:
    for value, words in zip(values, _tick_words(values), strict=True):
        drawing.text((scale(value), bottom + 15), words, "axis", "middle")
    drawing.text(((scale.start + scale.end) / 2, bottom + 33), title, "axis", "middle")


def _tick_words(values: Sequence[float]) -> list[str]:
    """The ticks with as many digits as tell them apart."""
    digits = max((len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values), default=0)
    return [_tick_sign(number(value, digits)) for value in values]


def _tick_sign(words: str) -> str:
    return words.replace("-", _MINUS)


def _mark_and_interval(drawing: Drawing, scale: Scale, y: float, estimate: Estimate, look: Look, name: str) -> None:
    if estimate.low is not None and estimate.high is not None:
        drawing.line((scale(estimate.low), y), (scale(estimate.high), y), f"whisker {look.color}")
    drawing.mark((scale(estimate.value), y), look, name)
