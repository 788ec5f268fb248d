"""The charts whose rows are lines: the cumulative color error, and measures against the temperature."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from photochrom.evaluation.measures import Measure
from photochrom.evaluation.notation import measure_of, number
from photochrom.evaluation.palette import Look, looks
from photochrom.evaluation.plots import NARROW, WIDE, Figure, references_near, y_axis
from photochrom.evaluation.report import Report, Sweep
from photochrom.evaluation.standing import reference
from photochrom.evaluation.svg import Drawing, Scale, padded, shortened, spread

THRESHOLDS = 150  # ab units, the last threshold of the curves
LINE = 16.0  # from label to label
_END_LABEL = 14  # letters of a name beside its line
_KEY_LABEL = 15  # letters of a name in a key beside the curves

Shares = Sequence[Sequence[float]]  # [rows][thresholds]


def curve_charts(report: Report) -> list[Figure]:
    """The cumulative error of all rows, raw and rebalanced, and how far each is above gray."""
    if not report.curves:
        return []
    raw = [curve.raw for curve in report.curves]
    rebalanced = [curve.rebalanced for curve in report.curves]
    alike = "Every color of the plane counts alike, so rare, vivid colors weigh as much as common gray ones."
    charts = [
        _curve_chart(report, "Raw", raw, "Every pixel counts alike."),
        _curve_chart(report, "Rebalanced", rebalanced, alike),
    ]
    for title, shares in (("Raw, minus gray", raw), ("Rebalanced, minus gray", rebalanced)):
        chart = _above_gray_chart(report, title, shares)
        charts += [chart] if chart else []
    return charts


def sweep_charts(report: Report) -> list[Figure]:
    """Each measure against the temperature, the best one ringed, with truth and gray as lines to compare with."""
    names = dict.fromkeys(name for sweep in report.sweeps for name in sweep.measures)
    return [_sweep_chart(report, measure_of(name)) for name in names]


def _curve_chart(report: Report, title: str, shares: Shares, caption: str) -> Figure:
    left, right, top, bottom = 44.0, WIDE - 12, 12.0, 268.0
    x, y = Scale(0, THRESHOLDS, left, right), Scale(0, 1, bottom, top)
    order = sorted(range(len(shares)), key=lambda index: -sum(shares[index]))  # the highest curve first
    names = [report.curves[index].row for index in order]
    words = "; ".join(
        f"{name} {number(100 * shares[index][20], 0)} % within 20, {number(100 * shares[index][50], 0)} % within 50"
        for name, index in zip(names, order, strict=True)
    )
    drawing = Drawing(WIDE, bottom + 40, f"Cumulative color error, {title.lower()}. Pixels: {words}")
    for value in (0, 0.25, 0.5, 0.75, 1):
        drawing.line((left, y(value)), (right, y(value)), "grid")
        drawing.text((left - 6, y(value) + 4), f"{100 * value:.0f} %", "axis", "end")
    _threshold_axis(drawing, x, bottom)
    for curve, share in zip(report.curves, shares, strict=True):
        look = looks(report)[curve.row]
        drawing.path([(x(t), y(value)) for t, value in enumerate(share)], f"curve {look.color}", look.dash)
    # The corner below the curves is free; their names stand there in the curves' own order.
    first = y(0) - 10 - LINE * (len(order) - 1)
    _key(drawing, [(name, looks(report)[name]) for name in names], x(66), first, 20)
    for turn, index in enumerate(order):
        area = number(100 * float(np.mean(shares[index])), 1)
        drawing.text((x(THRESHOLDS), first + LINE * turn), area, "value", "end")
    return Figure(drawing.svg(), title, caption)


def _above_gray_chart(report: Report, title: str, shares: Shares) -> Figure | None:
    """Each curve less gray's, in percentage points: what the curves themselves hide by lying so close."""
    gray = reference(report, "gray")
    names = [curve.row for curve in report.curves]
    if gray is None or gray.name not in names:
        return None
    base = np.asarray(shares[names.index(gray.name)])
    kept = [i for i, name in enumerate(names) if report.row(name).kind not in ("truth", "gray")]
    if not kept:
        return None
    above = {names[index]: 100 * (np.asarray(shares[index]) - base) for index in kept}
    left, right, top, bottom = 44.0, WIDE - 146, 12.0, 208.0
    x = Scale(0, THRESHOLDS, left, right)
    y = Scale(
        *padded([0.0, *(float(end) for curve in above.values() for end in (curve.min(), curve.max()))]), bottom, top
    )
    words = "; ".join(f"{name} from {curve.min():+.1f} to {curve.max():+.1f}" for name, curve in above.items())
    drawing = Drawing(WIDE, bottom + 40, f"{title}, percentage points of pixels: {words}")
    y_axis(drawing, y, left, right)
    _threshold_axis(drawing, x, bottom)
    drawing.line((left, y(0)), (right, y(0)), "zero")
    for name, curve in above.items():
        look = looks(report)[name]
        drawing.path([(x(t), y(float(value))) for t, value in enumerate(curve)], f"curve {look.color}", look.dash)
    # All curves end near zero, so names at their ends would lie: a key beside them, the highest curve first.
    order = sorted(above, key=lambda name: -float(above[name].sum()))
    short = {name: without_temperature(name) for name in names}
    plain = len(set(short.values())) == len(short)  # no system stands here at two temperatures
    key = [(short[name] if plain else name, looks(report)[name]) for name in order]
    _key(drawing, key, right + 14, top + 12, _KEY_LABEL)
    return Figure(
        drawing.svg(), title, "Percentage points more pixels within the error than plain gray, which is zero."
    )


def _key(drawing: Drawing, rows: Sequence[tuple[str, Look]], left: float, top: float, longest: int) -> None:
    """A line as it is drawn, and the name of its row, one below the other."""
    for turn, (name, look) in enumerate(rows):
        place = top + LINE * turn
        drawing.path([(left, place - 4), (left + 24, place - 4)], f"curve {look.color}", look.dash)
        drawing.text((left + 31, place), shortened(name, longest), f"label {look.color}")


def _threshold_axis(drawing: Drawing, x: Scale, bottom: float) -> None:
    for value in (0, 50, 100, 150):
        drawing.text((x(value), bottom + 16), number(value, 0), "axis", "middle")
    drawing.text(((x.start + x.end) / 2, bottom + 33), "error at most, ab units", "axis", "middle")


def _sweep_chart(report: Report, measure: Measure) -> Figure:
    left, right, top, bottom = 46.0, NARROW - 98, 14.0, 208.0
    sweeps = [sweep for sweep in report.sweeps if measure.name in sweep.measures]
    values = [value for sweep in sweeps for value in sweep.measures[measure.name]]
    drawn, far = references_near(report, measure, values)
    x = Scale(0, 1, left, right)
    y = Scale(*padded([*values, *(value for _, value in drawn)]), bottom, top)
    best = [
        f"{without_temperature(sweep.row)} {number(_at_best(sweep, measure.name), measure.digits)} "
        f"at T = {sweep.best[measure.name]:g}"
        for sweep in sweeps
        if measure.name in sweep.best
    ]
    drawing = Drawing(NARROW, bottom + 40, f"{measure.title} against the temperature. Best: {'; '.join(best)}")
    y_axis(drawing, y, left, right)
    for value in (0, 0.5, 1):
        drawing.text((x(value), bottom + 16), f"{value:g}", "axis", "middle")
    drawing.text(((left + right) / 2, bottom + 33), "T, from mode (0) to mean (1)", "axis", "middle")
    labels: list[tuple[float, str, Look]] = []
    for row, value in drawn:
        look = looks(report)[row.name]
        drawing.path([(left, y(value)), (right, y(value))], f"curve thin {look.color}", look.dash or "1 3")
        labels.append((y(value), row.name, look))
    for sweep in sweeps:
        look = looks(report)[sweep.row]
        places = zip(sweep.temperatures, sweep.measures[measure.name], strict=True)
        drawing.path([(x(t), y(value)) for t, value in places], f"curve {look.color}", look.dash)
        labels.append((y(sweep.measures[measure.name][-1]), sweep.row, look))
        if measure.name in sweep.best:
            t = sweep.best[measure.name]
            drawing.dot((x(t), y(_at_best(sweep, measure.name))), 6.5, f"ring {look.color}")
            drawing.mark((x(t), y(_at_best(sweep, measure.name))), look, f"{sweep.row}, T = {t:g}")
    _labels_at_end(drawing, labels, right + 9, top, bottom)
    caption = ("Best: " + "; ".join(best) + ".") if best else ""
    caption += "".join(f" Off the scale: {row.name} {number(value, measure.digits)}." for row, value in far)
    return Figure(drawing.svg(), measure.title, caption.strip())


def _at_best(sweep: Sweep, name: str) -> float:
    return float(np.interp(sweep.best[name], sweep.temperatures, sweep.measures[name]))


def _labels_at_end(
    drawing: Drawing, labels: Sequence[tuple[float, str, Look]], x: float, top: float, bottom: float
) -> None:
    """Names beside the right ends of their lines, moved apart where they would meet."""
    places = spread([place for place, _, _ in labels], LINE, top + 4, bottom)
    for place, (_, name, look) in zip(places, labels, strict=True):
        drawing.text((x, place + 4), shortened(without_temperature(name), _END_LABEL), f"label {look.color}")


def without_temperature(name: str) -> str:
    """The name of a row as its line is called where the temperature is the axis.

    Example:
        >>> without_temperature("lite (T=0.38)")
        'lite'
    """
    return re.sub(r" \(T=[^()]*\)$", "", name)
