import dataclasses
import re

import pytest

from photochrom.evaluation.measures import MEASURES
from photochrom.evaluation.report import Cost, Difference, Estimate, Report, Row
from photochrom.evaluation.table import cost_table, further_table, main_table, markdown_table, terminal_table
from photochrom.evaluation.verdict import headline

# Zhang, Isola and Efros 2016, table 1, typed in again: params MB, feats MB, ms, AuC raw, AuC rebalanced, top-1, real.
PAPER = """
Ground truth          | -   | -   | -     | 100  | 100  | 68.3 | 50
Gray                  | -   | -   | -     | 89.1 | 58.0 | 52.7 | -
Random                | -   | -   | -     | 84.2 | 57.3 | 41.0 | 13.0 4.4
Dahl                  | -   | -   | -     | 90.4 | 58.9 | 48.7 | 18.3 2.8
Larsson et al.        | 588 | 495 | 122.1 | 91.7 | 65.9 | 59.4 | 27.2 2.7
Zhang et al. (L2)     | 129 | 127 | 17.8  | 91.2 | 64.4 | 54.9 | 21.2 2.5
Zhang et al. (L2, ft) | 129 | 127 | 17.8  | 91.5 | 66.2 | 56.5 | 23.9 2.8
Zhang et al. (class)  | 129 | 142 | 22.1  | 91.6 | 65.1 | 56.6 | 25.2 2.7
Zhang et al. (full)   | 129 | 142 | 22.1  | 89.5 | 67.3 | 56.0 | 32.3 2.2
"""


def cells_of(markdown):
    """The cells of each line of each Markdown table."""
    tables = [part for part in markdown.split("\n\n") if part.startswith("|")]
    return [[re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()] for table in tables]


def test_the_columns_are_the_papers_in_its_order(synthetic_report):
    titles = [column.title for column in main_table(synthetic_report).columns]
    assert titles == ["params", "feats", "runtime", "AuC raw", "AuC rebalanced", "top-1", "labelled real"]


def test_the_published_rows_are_the_papers_and_marked(synthetic_report):
    lines = [line for line in main_table(synthetic_report).lines if line.published]
    expected = [[part.strip() for part in line.split("|")] for line in PAPER.strip().splitlines()]
    assert len(lines) == len(expected) == 9
    for line, (name, *figures) in zip(lines, expected, strict=True):
        assert line.name == name
        for cell, figure in zip(line.cells, figures, strict=True):
            value, _, error = figure.partition(" ")
            assert cell.value == (value if value == "-" else f"{float(value):.1f}")
            assert cell.interval == (f"\N{PLUS-MINUS SIGN} {error}" if error else "")


def test_published_rows_compete_for_nothing(synthetic_report):
    assert not any(cell.rank for line in main_table(synthetic_report).lines if line.published for cell in line.cells)


def test_published_rows_can_be_left_out(synthetic_report):
    names = [line.name for line in main_table(synthetic_report, published=False).lines]
    assert names == [row.name for row in synthetic_report.rows]
    assert "published" not in markdown_table(synthetic_report, published=False)


def test_every_measure_that_was_taken_stands_in_one_of_the_tables(synthetic_report):
    columns = [*main_table(synthetic_report).columns, *further_table(synthetic_report).columns]
    titles = [column.title for column in columns]
    for name in {name for row in synthetic_report.rows for name in row.measures}:
        assert titles.count(MEASURES[name].title) == 1


def test_columns_of_measures_that_reward_gray_say_so(synthetic_report):
    columns = [*main_table(synthetic_report).columns, *further_table(synthetic_report).columns]
    marked = {column.title for column in columns if column.rewards_gray}
    assert marked == {"AuC raw", "PSNR", "SSIM", "CIEDE2000"}


def test_every_line_of_a_markdown_table_has_as_many_cells_as_its_head(synthetic_report):
    tables = cells_of(markdown_table(synthetic_report))
    assert len(tables) == 3
    for table in tables:
        assert {len(line) for line in table} == {len(table[0])}


def test_figures_have_the_digits_of_their_measure_and_their_interval(synthetic_report):
    row = synthetic_report.row("gray")
    estimate = row.measures["auc_rebalanced"]
    line = next(line for line in cells_of(markdown_table(synthetic_report))[0] if line[0].strip() == "gray")
    assert line[5].strip() == f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def test_a_pipe_in_a_name_does_not_break_the_table():
    row = Row("a|b `c` <script>", "", "folder", {"auc_raw": Estimate(80.0)})
    (table, *_) = cells_of(markdown_table(Report({"name": "x"}, {}, {}, [row])))
    assert {len(line) for line in table} == {8}
    assert "<script>" not in table[2][0]


@pytest.mark.parametrize(("half", "second"), [(0.5, ""), (3.0, "tied")])
def test_the_best_is_marked_and_what_cannot_be_told_apart_from_it(half, second):
    rows = [Row(name, "", "run", {"top1": Estimate(value)}) for name, value in (("a", 70), ("b", 72))]
    rows.append(Row("truth", "truth", "truth", {"top1": Estimate(90)}))
    differences = [Difference("top1", "a", "b", Estimate(-2, -2 - half, -2 + half))]
    report = Report({"name": "x"}, {}, {}, rows, differences)
    table = main_table(report, published=False)
    assert [line.cells[5].rank for line in table.lines] == [second, "best", ""]
    written = [line[6].strip() for line in cells_of(markdown_table(report, published=False))[0][2:]]
    assert written == ["*70.00*" if second else "70.00", "**72.00**", "90.00"]


def test_a_system_alone_is_not_called_the_best():
    report = Report({"name": "x"}, {}, {}, [Row("a", "", "run", {"top1": Estimate(70)})])
    assert main_table(report, published=False).lines[0].cells[5].rank == ""


def test_the_smallest_cost_is_marked_where_there_is_another():
    rows = [Row(name, "", "run", {}, cost=Cost(gflop=value)) for name, value in (("a", 4.0), ("b", 80.0))]
    (column,), lines = cost_table(Report({}, {}, {}, rows)).columns, cost_table(Report({}, {}, {}, rows)).lines
    assert (column.title, column.unit) == ("compute", "GFLOP")
    assert [(line.cells[0].value, line.cells[0].rank) for line in lines] == [("4.00", "best"), ("80.00", "")]
    alone = cost_table(Report({}, {}, {}, rows[:1]))
    assert alone.lines[0].cells[0].rank == ""


def test_systems_without_a_known_cost_are_not_in_the_table_of_costs(synthetic_report):
    known = [row.name for row in synthetic_report.rows if row.cost != Cost()]
    assert [line.name for line in cost_table(synthetic_report).lines] == known


def test_the_table_for_the_terminal_fits_80_columns(synthetic_report):
    table, _, verdict = terminal_table(synthetic_report).partition("\n\n")
    assert max(map(len, [*table.splitlines(), *verdict.splitlines()])) <= 80
    assert " ".join(verdict.split()) == headline(synthetic_report)


def test_no_interval_is_broken_in_the_terminal(synthetic_report):
    for shift in range(40):  # wherever the line ends
        rows = [dataclasses.replace(row, name=row.name + "x" * shift) for row in synthetic_report.rows[:5]]
        differences = [
            dataclasses.replace(found, first=found.first + "x" * shift, second=found.second + "x" * shift)
            for found in synthetic_report.differences
        ]
        report = dataclasses.replace(synthetic_report, rows=rows, differences=differences)
        assert all(line.count("[") == line.count("]") for line in terminal_table(report).splitlines())


def test_the_columns_of_the_terminal_are_flush():
    rows = [Row(name, "", "run", {"auc_raw": Estimate(value)}) for name, value in (("a", 9.5), ("long name", 100.0))]
    lines = terminal_table(Report({}, {}, {}, rows)).splitlines()
    assert lines[2].rstrip("* ~").endswith("9.50")
    assert lines[2].index("9.50") + 4 == lines[3].index("100.00") + 6


def test_a_column_that_nobody_has_is_left_out_of_the_terminal_but_not_of_the_paper_layout(synthetic_report):
    rows = [dataclasses.replace(row, measures={"auc_raw": row.measures["auc_raw"]}) for row in synthetic_report.rows]
    report = dataclasses.replace(synthetic_report, rows=rows)
    assert "top-1" not in terminal_table(report).splitlines()[0]
    assert "top-1" in cells_of(markdown_table(report))[0][0][6]
