"""The page of a report: one HTML file that needs nothing beside it, no script and no network.

Style sheet and charts stand inline and the pictures are data URIs; a content security policy in the page forbids
everything else. Whatever comes from the data, such as the name of a file, is escaped.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from photochrom.evaluation.ab_plane import ab_plane_chart
from photochrom.evaluation.curve_plots import curve_charts, sweep_charts
from photochrom.evaluation.measures import Measure
from photochrom.evaluation.notation import MISSING, flat, in_markdown, interval, measure_of, signed
from photochrom.evaluation.palette import looks
from photochrom.evaluation.plots import Figure, cost_charts, difference_charts, interval_charts, swatch
from photochrom.evaluation.published import PAPER
from photochrom.evaluation.report import Report, write_text
from photochrom.evaluation.standing import colorizers, reference
from photochrom.evaluation.table import DIRECTIONS, cost_table, further_table, main_table, markdown_table
from photochrom.evaluation.verdict import findings, headline, reading, reasons

HERE = Path(__file__).parent
CHARTED = ("auc_rebalanced", "top1", "auc_raw", "labelled_real")  # the main measures, most telling first
DRAWN = ("auc_rebalanced", "top1", "auc_raw", "frechet", "ciede2000")  # differences with a chart, most telling first
LISTED = ("skipped", "gray")  # parts of a report's data that the page lists apart
_PICTURE = re.compile(r"data:image/(png|jpeg|webp|avif);base64,[A-Za-z0-9+/=]+")


def write_page(report: Report, folder: Path) -> Path:
    """Write `report.html`, `report.md` and `report.json` into a folder, which is made where it is missing.

    Returns: the path of the page.
    Raises: ValueError for a picture of the gallery that is no data URI: the page may ask for nothing outside.
    """
    page = html_page(report)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "report.html", page)
    write_text(folder / "report.md", markdown_page(report))
    report.save(folder / "report.json")
    return folder / "report.html"


def html_page(report: Report) -> str:
    """The page as text. Raises: ValueError as `write_page`."""
    _check_pictures(report)
    competing = [row.name for row in colorizers(report)]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            report=report,
            paper=PAPER,
            style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            swatches={name: Markup(swatch(look)) for name, look in looks(report).items()},
            headline=headline(report),
            findings=findings(report),
            reasons=reasons(report),
            main=main_table(report),
            further=further_table(report),
            costs=cost_table(report),
            interval_figures=interval_charts(report, CHARTED),
            difference_figures=difference_charts(report, DRAWN),
            curve_figures=curve_charts(report),
            sweep_figures=sweep_charts(report),
            cost_figures=cost_charts(report),
            confusions=[found for found in report.confusions if found.row in competing],
            reference_confusions=[found for found in report.confusions if found.row not in competing],
            plane_figures=plane_charts(report),
            measures=measures_taken(report),
            directions=DIRECTIONS,
            measure_of=measure_of,
            signed=signed,
            interval=interval,
            reading=reading,
            data=flat({key: value for key, value in report.data.items() if key not in LISTED}),
            skipped=report.data.get("skipped", []),
            gray=report.data.get("gray", []),
            has_sets=any(name in row.measures for row in report.rows for name in ("frechet", "kernel")),
            settings=flat(report.settings),
            versions=flat(report.versions),
        )
    )


def markdown_page(report: Report) -> str:
    """The verdict, the tables and the settings in Markdown."""
    lines = [f"# Colorization report: {in_markdown(report.data['name'])}", "", in_markdown(headline(report)), ""]
    lines += [f"- {in_markdown(finding.title)}: {in_markdown(finding.sentence)}" for finding in findings(report)]
    for title, sentences in (("Why", reasons(report)), ("Warnings", report.warnings)):
        if sentences:
            lines += ["", f"## {title}", "", *(f"- {in_markdown(sentence)}" for sentence in sentences)]
    lines += ["", "## The table"]
    lines += ["", markdown_table(report)]
    for title, part in (("Data", report.data), ("Settings", report.settings), ("Versions", report.versions)):
        pairs = flat({key: value for key, value in part.items() if key not in LISTED})
        lines += [f"## {title}", "", *(f"- {in_markdown(key)}: {in_markdown(value)}" for key, value in pairs), ""]
    skipped = report.data.get("skipped", [])
    if skipped:
        lines += ["## Skipped photographs", ""]
        lines += [f"- {in_markdown(photograph['name'])}: {in_markdown(photograph['reason'])}" for photograph in skipped]
    return "\n".join(lines).rstrip() + "\n"


def plane_charts(report: Report) -> list[Figure]:
    """The ab plane of each colorizer, held against plain gray's where that was evaluated."""
    gray = reference(report, "gray")
    without = next((found for found in report.confusions if gray and found.row == gray.name), None)
    competing = [row.name for row in colorizers(report)]
    return [ab_plane_chart(found, without) for found in report.confusions if found.row in competing]


def measures_taken(report: Report) -> list[Measure]:
    """The measures that any row has, in the order in which the tables show them."""
    columns = [*main_table(report).columns, *further_table(report).columns]
    taken = {name: measure_of(name) for row in report.rows for name in row.measures}
    return [measure for column in columns for measure in taken.values() if measure.title == column.title]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _typeset
    environment.filters["svg"] = Markup  # drawn by this package, whose writer escapes what it is given
    return environment


def _typeset(value: str) -> str:
    """Figures with real minus signs and intervals that stay on one line; a longer dash for what is missing."""
    if value == MISSING:
        return "\N{EN DASH}"
    whole = re.sub(r"\[[^\[\]]*\]", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), value)
    return re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", whole)


def _check_pictures(report: Report) -> None:
    for gallery in report.galleries:
        for example in (*gallery.best, *gallery.worst):
            for name, picture in example.pictures.items():
                if not _PICTURE.fullmatch(picture):
                    raise ValueError(
                        f"the picture {name!r} of {example.photograph!r} must be a base64 data URI (PNG, JPEG, WebP "
                        f"or AVIF), got {picture[:30]!r}; the page carries its pictures itself"
                    )
