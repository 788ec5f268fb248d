"""The page of a study's report: one HTML file with everything in it, beside the tables and the JSON.

Style, charts and pictures stand inline; a content security policy in the page forbids everything else. Whatever comes
from outside, such as the name of a photograph, is escaped.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyvips
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from photochrom.study.errors import StudyError
from photochrom.study.manifest import TRUTH, Study
from photochrom.study.published import PAPER, PUBLISHED
from photochrom.study.report import PhotographShare, StudyReport
from photochrom.study.report_charts import (
    SIMULATED,
    display_chart,
    interval_chart,
    learning_chart,
    look,
    response_chart,
)
from photochrom.study.report_text import interval, p_value, percent, sentence_of, verdict
from photochrom.study.trial_record import ParticipantRecord, TrialRecord
from photochrom.study.trial_table import write_tables

HERE = Path(__file__).parent
SHOWN = 5  # most and least convincing pictures of each system


@dataclass(frozen=True)
class Example:
    """A photograph and a coloring of it, as the page shows them."""

    photograph: str
    labelled: int
    trials: int
    truth: str  # data URI
    coloring: str  # data URI


@dataclass(frozen=True)
class Gallery:
    """The pictures of one system that convinced most and least often."""

    system: str
    most: list[Example]
    least: list[Example]


def write_report(
    report: StudyReport,
    study: Study,
    records: Sequence[TrialRecord],
    participants: Sequence[ParticipantRecord],
    folder: Path,
) -> Path:
    """Write `report.html`, `report.json` and the tables of anonymous trials into a folder, made where it is missing.

    Returns: the path of the page.
    Raises: StudyError for a folder that cannot be written.
    """
    page = html_page(report, study)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_tables(folder, records, participants)
        content = json.dumps(report.to_json(), indent=1, ensure_ascii=False)
        (folder / "report.json").write_text(content + "\n", encoding="utf-8")
        (folder / "report.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise StudyError(f"{folder} cannot be written ({error.strerror}); choose another place") from None
    return folder / "report.html"


def html_page(report: StudyReport, study: Study) -> str:
    """The page as text."""
    everybody = {share.system: share for share in report.everybody.shares}
    charts = [interval_chart(report), learning_chart(report), response_chart(report), display_chart(report)]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            everybody=everybody,
            differences_everybody={(each.first, each.second): each for each in report.everybody.differences},
            published=PUBLISHED,
            paper=PAPER,
            style=Markup((HERE / "report.css").read_text(encoding="utf-8")),
            main_chart=charts[0],
            charts=[chart for chart in charts[1:] if chart is not None],
            galleries=galleries(report, study),
            looks={system: look(report, system) for system in report.study["systems"]},
            simulated=SIMULATED,
            percent=percent,
            interval=interval,
            p_value=p_value,
            sentence_of=sentence_of,
            verdict=verdict,
        )
    )


def galleries(report: StudyReport, study: Study) -> list[Gallery]:
    """The most and the least convincing pictures of each system.

    They are ordered by (k + 1) / (n + 2), Laplace's estimate after k of n trials: one lucky trial of one is no record.
    """
    found = []
    for system in study.systems:
        mine = [share for share in report.photographs if share.system == system]
        ranked = sorted(mine, key=lambda share: (-(share.labelled + 1) / (share.trials + 2), share.photograph))
        shown = min(SHOWN, len(ranked) // 2)
        most, least = ranked[:shown], ranked[::-1][:shown]
        found.append(
            Gallery(system, [_example(each, study) for each in most], [_example(each, study) for each in least])
        )
    return found


def _example(share: PhotographShare, study: Study) -> Example:
    files = study.photograph(share.photograph).files
    return Example(
        share.photograph, share.labelled, share.trials, _embedded(files[TRUTH]), _embedded(files[share.system])
    )


@lru_cache(maxsize=64)
def _embedded(file: Path) -> str:
    """A picture as a data URI: WebP, a tenth of the PNG's bytes, which nobody judges here."""
    content = pyvips.Image.new_from_file(str(file)).webpsave_buffer(Q=90, keep="none")
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = Markup  # drawn by this package, whose writer escapes what it is given
    return environment
