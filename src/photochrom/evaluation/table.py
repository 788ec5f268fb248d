"""The tables of a report: the paper's own layout with the published rows below, further measures, costs.

`main_table`, `further_table` and `cost_table` say what stands where; Markdown, the terminal and the page only write it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from photochrom.evaluation.measures import MEASURES, Measure
from photochrom.evaluation.notation import MAIN, MISSING, in_markdown, interval, measure_of, number
from photochrom.evaluation.published import PUBLISHED, Published
from photochrom.evaluation.report import Cost, Report, Row
from photochrom.evaluation.standing import colorizers, standing
from photochrom.evaluation.verdict import headline

Rank = Literal["", "best", "tied"]

DIRECTIONS = {
    "higher": "higher is better",
    "lower": "lower is better",
    "truth": "nearer to truth is better",
    "none": "",
}
_GRAY_MARK = "!"  # behind the title of a measure that rewards gray
_SIGNS: dict[Rank, str] = {"best": "*", "tied": "~", "": " "}
_TERMINAL_WIDTH = 80  # letters
_HELD = "\N{NO-BREAK SPACE}"
_TERMINAL_NAME = 26  # letters
_TERMINAL_HEADS = {"runtime": "ms", "AuC rebalanced": "AuC rebal."}  # shorter than the columns' titles


@dataclass(frozen=True)
class Column:
    """One column: its heading and which way is better."""

    title: str
    unit: str
    direction: str  # in words; "" where there is none
    rewards_gray: bool = False


@dataclass(frozen=True)
class Cell:
    """One figure as it is written."""

    value: str
    interval: str = ""
    rank: Rank = ""


@dataclass(frozen=True)
class Line:
    """One row of a table."""

    name: str
    cells: list[Cell]
    published: bool = False  # printed in the paper, not measured here


@dataclass(frozen=True)
class Table:
    """Columns after the first, which names the system, and the lines below them."""

    columns: list[Column]
    lines: list[Line]


def main_table(report: Report, *, published: bool = True) -> Table:
    """The paper's table: cost, then the four measures; what was not measured is a dash."""
    costs = [_COSTS[name] for name in ("params", "feats", "ms")]
    measures = [measure_of(name) for name in MAIN]
    columns = [_cost_column(cost) for cost in costs] + [_measure_column(measure) for measure in measures]
    lines = [
        Line(
            row.name,
            [_cost_cell(report, cost, row) for cost in costs] + [_measure_cell(report, m, row) for m in measures],
        )
        for row in report.rows
    ]
    if published:
        lines += [_published_line(row) for row in PUBLISHED]
    return Table(columns, lines)


def further_table(report: Report) -> Table:
    """Every other measure that was taken, in the order of `MEASURES`; unknown ones last."""
    taken = dict.fromkeys(name for row in report.rows for name in row.measures)
    names = [name for name in MEASURES if name in taken] + [name for name in taken if name not in MEASURES]
    measures = [measure_of(name) for name in names if name not in MAIN]
    lines = [Line(row.name, [_measure_cell(report, m, row) for m in measures]) for row in report.rows]
    return Table([_measure_column(measure) for measure in measures], lines)


def cost_table(report: Report) -> Table:
    """What is known of each colorizer's cost; systems of which nothing is known are left out."""
    costs = [cost for cost in _COSTS.values() if any(cost.read(row.cost)[0] is not None for row in report.rows)]
    lines = [
        Line(row.name, [_cost_cell(report, cost, row) for cost in costs])
        for row in report.rows
        if any(cost.read(row.cost)[0] is not None for cost in costs)
    ]
    return Table([_cost_column(cost) for cost in costs], lines)


def markdown_table(report: Report, *, published: bool = True) -> str:
    """The tables in Markdown: the paper's layout, further measures, costs, and how to read them.

    Args:
        published: add the rows of the paper's table, marked as published.
    """
    main = main_table(report, published=published)
    parts = [_markdown(main)]
    further, costs = further_table(report), cost_table(report)
    parts += [_markdown_turned(further)] if further.columns else []
    parts += [_markdown(costs)] if costs.lines else []
    parts.append(_legend(main, published=published))
    return "\n\n".join(parts) + "\n"


def terminal_table(report: Report) -> str:
    """A short table for a terminal of 80 columns, without intervals, and the verdict below it."""
    main = main_table(report, published=False)
    # The sizes are in the full table, and a column of dashes only takes room.
    shown = [
        index
        for index, column in enumerate(main.columns)
        if column.unit != "MB" and any(line.cells[index].value != MISSING for line in main.lines)
    ]
    titles = [main.columns[index].title for index in shown]
    grid = [["", *(f"{_TERMINAL_HEADS.get(title, title)}  " for title in titles)]]
    for line in main.lines:
        cells = [line.cells[index] for index in shown]
        grid.append([_cut(line.name, _TERMINAL_NAME), *(f"{cell.value} {_SIGNS[cell.rank]}" for cell in cells)])
    widths = [max(len(row[place]) for row in grid) for place in range(len(grid[0]))]
    lines = [_aligned(row, widths) for row in grid]
    lines.insert(1, "-" * max(map(len, lines)))
    if any(cell.rank for line in main.lines for cell in line.cells):
        lines.append("* best of the systems   ~ not told apart from it")
    return "\n".join([*lines, "", *_wrapped(headline(report))]) + "\n"


@dataclass(frozen=True)
class _CostColumn:
    title: str
    unit: str
    digits: int
    read: Callable[[Cost], tuple[float | None, str]]  # the figure and its interval as written


def _milliseconds(cost: Cost) -> tuple[float | None, str]:
    return (cost.milliseconds.value, interval(cost.milliseconds, 1)) if cost.milliseconds else (None, "")


_COSTS = {
    "params": _CostColumn("params", "MB", 1, lambda cost: (cost.parameters_mb, "")),
    "feats": _CostColumn("feats", "MB", 1, lambda cost: (cost.activations_mb, "")),
    "ms": _CostColumn("runtime", "ms", 1, _milliseconds),
    "parameters": _CostColumn("parameters", "", 0, lambda cost: (cost.parameters, "")),
    "file": _CostColumn("file", "MB", 1, lambda cost: (cost.file_mb, "")),
    "gflop": _CostColumn("compute", "GFLOP", 2, lambda cost: (cost.gflop, "")),
    "peak": _CostColumn("peak memory", "MB", 0, lambda cost: (cost.peak_mb, "")),
}


def _measure_column(measure: Measure) -> Column:
    return Column(measure.title, measure.unit, DIRECTIONS[measure.better], measure.rewards_gray)


def _cost_column(cost: _CostColumn) -> Column:
    return Column(cost.title, cost.unit, DIRECTIONS["lower"])


def _measure_cell(report: Report, measure: Measure, row: Row) -> Cell:
    estimate = row.measures.get(measure.name)
    if estimate is None:
        return Cell(MISSING)
    return Cell(
        number(estimate.value, measure.digits), interval(estimate, measure.digits), _rank(report, measure, row.name)
    )


def _rank(report: Report, measure: Measure, name: str) -> Rank:
    place = standing(report, measure.name)
    if place is None or place.alone:
        return ""
    return "best" if name == place.best else "tied" if name in place.tied else ""


def _cost_cell(report: Report, cost: _CostColumn, row: Row) -> Cell:
    value, spread = cost.read(row.cost)
    known = [other for system in colorizers(report) if (other := cost.read(system.cost)[0]) is not None]
    best = value is not None and len(known) > 1 and value == min(known)
    return Cell(number(value, cost.digits), spread, "best" if best else "")


def _published_line(row: Published) -> Line:
    costs = [Cell(number(value, 1)) for value in (row.params_mb, row.feats_mb, row.ms)]
    measures = [Cell(number(value, 1)) for value in (row.auc_raw, row.auc_rebalanced, row.top1)]
    error = f"\N{PLUS-MINUS SIGN} {row.labelled_real_error:.1f}" if row.labelled_real_error else ""
    return Line(row.name, [*costs, *measures, Cell(number(row.labelled_real, 1), error)], published=True)


def _markdown(table: Table) -> str:
    heads = ["method", *(_heading(column) for column in table.columns)]
    body = []
    for line in table.lines:
        name = f"{in_markdown(line.name)} (published)" if line.published else in_markdown(line.name)
        body.append([name, *(_markdown_cell(cell) for cell in line.cells)])
    return _grid(heads, body)


def _markdown_turned(table: Table) -> str:
    """A table of many columns, written with a line for each of them."""
    heads = ["measure", *(in_markdown(line.name) for line in table.lines)]
    body = [
        [_heading(column), *(_markdown_cell(line.cells[place]) for line in table.lines)]
        for place, column in enumerate(table.columns)
    ]
    return _grid(heads, body)


def _grid(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _heading(column: Column) -> str:
    return f"{in_markdown(column.title)} {column.unit}".rstrip() + (f" {_GRAY_MARK}" if column.rewards_gray else "")


def _markdown_cell(cell: Cell) -> str:
    value = {"best": f"**{cell.value}**", "tied": f"*{cell.value}*", "": cell.value}[cell.rank]
    return f"{value} {cell.interval}".rstrip()


def _legend(main: Table, *, published: bool) -> str:
    sentences = [
        "Brackets: 95 % interval by the bootstrap over photographs; of the runtime, the middle half of the repeats.",
        "Bold: the best of the systems; italic: not told apart from it by the paired interval.",
    ]
    if any(column.rewards_gray for column in main.columns):
        sentences.append(f"{_GRAY_MARK}: the measure rewards gray, so a good value does not mean good color.")
    if published:
        sentences.append(
            "Published: as printed in the paper, over other photographs, with another classifier and on another "
            "machine; of labelled real, the standard error."
        )
    return "\n".join(sentences)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def _wrapped(sentences: str) -> list[str]:
    """Lines as wide as the terminal at most; an interval is not broken."""
    held = re.sub(r"\[[^\[\]]*\]", lambda found: found[0].replace(" ", _HELD), sentences)
    lines = textwrap.wrap(held, _TERMINAL_WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD, " ") for line in lines]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return " ".join([row[0].ljust(widths[0]), *figures]).rstrip()
