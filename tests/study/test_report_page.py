import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from photochrom.evaluation.human import HumanResultsError, read_human
from photochrom.study.analysis import analyze
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.published import PUBLISHED
from photochrom.study.report_page import SHOWN, galleries, html_page, write_report
from photochrom.study.report_text import terminal_summary
from photochrom.study.simulated_people import SimulatedPeople, simulate_records
from photochrom.study.trial_table import read_tables

PEOPLE = SimulatedPeople({"one": 0.35, "two": 0.25}, photograph_spread=0.8)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(Design(pairs=10, practice=2, vigilance=0.3), photographs=16)


@pytest.fixture(scope="module")
def simulated(study):
    return simulate_records(PEOPLE, study, 24, seed=0)


@pytest.fixture(scope="module")
def real(simulated):
    """The same answers as if people had given them: what the marks must tell apart."""
    return tuple([replace(each, simulated=False) for each in part] for part in simulated)


@pytest.fixture(scope="module")
def page(study, simulated):
    return html_page(analyze(study, *simulated, resamples=200), study)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_asks_for_nothing_outside_itself(page):
    for tag, attrs in Tags(page).found:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        assert "src" not in attrs or attrs["src"].startswith("data:image/webp;base64,")
        assert not any(name.startswith("on") for name in attrs)
        assert "style" not in attrs
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_a_simulated_page_says_so_at_every_figure(page):
    tags = Tags(page)
    assert page.count("<svg") == sum("(simulated)" in attrs.get("aria-label", "") for _, attrs in tags.found) == 4
    assert tags.texts.count("SIMULATED") == 4  # inside each chart
    for caption in re.findall(r"<caption>(.*?)</caption>", page, re.S):
        assert "simulated" in caption or "manifest" in caption
    for cell in re.findall(r"<td><b>(.*?)</td>", page, re.S):
        assert "simulated" in cell or re.match(r"[\d.]+</b>$", cell)  # a published one
    for item in re.findall(r'<ol class="gallery">.*?</ol>', page, re.S):
        assert item.count("<li>") == item.count('class="stamped"')
    assert "<title>Simulated:" in page


def test_a_page_of_people_never_says_it(study, real):
    text = html_page(analyze(study, *real, resamples=100), study)
    body = text[text.index("<body>") :]
    assert "imulated" not in body
    assert "SIMULATED" not in body


def test_published_rows_are_marked_as_published(page):
    for row in PUBLISHED:
        assert re.search(
            rf'{re.escape(row.name)} <span class="quiet">\(published\)</span></th><td><b>{row.rate}</b>', page
        )


def test_the_most_and_least_convincing_pictures_are_embedded(study, simulated, page):
    report = analyze(study, *simulated, resamples=100)
    for gallery in galleries(report, study):
        rates = {each.photograph: each for each in report.photographs if each.system == gallery.system}
        expected = sorted(rates.values(), key=lambda e: (e.labelled + 1) / (e.trials + 2))
        best = (expected[-1].labelled + 1) / (expected[-1].trials + 2)
        worst = (expected[0].labelled + 1) / (expected[0].trials + 2)
        assert len(gallery.most) == len(gallery.least) == SHOWN
        assert (gallery.most[0].labelled + 1) / (gallery.most[0].trials + 2) == best
        assert (gallery.least[0].labelled + 1) / (gallery.least[0].trials + 2) == worst
        assert not {e.photograph for e in gallery.most} & {e.photograph for e in gallery.least}
        for example in (*gallery.most, *gallery.least):
            assert example.truth in page
            assert example.coloring in page


def test_hostile_names_are_escaped(study, simulated):
    records, participants = simulated
    name = '<img src=x onerror=alert(1)>"&'
    old = study.photographs[0].name
    hostile = replace(study, photographs=(replace(study.photographs[0], name=name), *study.photographs[1:]))
    renamed = [replace(r, photograph=name) if r.photograph == old else r for r in records]
    text = html_page(analyze(hostile, renamed, participants, resamples=100), hostile)
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_the_json_is_the_human_column_of_an_evaluation(study, real, tmp_path):
    report = analyze(study, *real, resamples=200)
    write_report(report, study, *real, tmp_path)
    column = read_human(tmp_path / "report.json")
    assert set(column) == {"one", "two", "random"}
    assert column["one"].value == pytest.approx(100 * report.share("one").rate, abs=1e-3)
    assert column["one"].low == pytest.approx(100 * report.share("one").low, abs=1e-3)


def test_the_human_column_refuses_a_simulated_study(study, simulated, tmp_path):
    write_report(analyze(study, *simulated, resamples=100), study, *simulated, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text())["simulated"] is True
    with pytest.raises(HumanResultsError, match="holds simulated participants"):
        read_human(tmp_path / "report.json")


@pytest.mark.parametrize("kept", ["parquet", "csv"])
def test_the_tables_beside_the_page_give_the_same_report_again(study, simulated, tmp_path, kept):
    write_report(analyze(study, *simulated, resamples=100), study, *simulated, tmp_path)
    for file in tmp_path.glob("*.parquet" if kept == "csv" else "*.csv"):
        file.unlink()
    records, participants = read_tables(tmp_path)
    assert participants == simulated[1]
    assert [replace(r, response_ms=0, shown_ms=(None, None)) for r in records] == [
        replace(r, response_ms=0, shown_ms=(None, None)) for r in simulated[0]
    ]
    assert analyze(study, records, participants, resamples=100).kept == analyze(study, *simulated, resamples=100).kept


def test_checks_that_were_not_reached_survive_the_tables(study, real, tmp_path):
    records, participants = real
    participants = [replace(participants[0], screen_passed=None, color_vision=None), *participants[1:]]
    for name in ("parquet", "csv"):
        write_report(analyze(study, records, participants, resamples=100), study, records, participants, tmp_path)
        if name == "csv":
            for file in tmp_path.glob("*.parquet"):
                file.unlink()
        assert read_tables(tmp_path)[1] == participants


def test_tables_of_another_form_are_refused(tmp_path):
    with pytest.raises(StudyError, match="has neither trials"):
        read_tables(tmp_path)
    (tmp_path / "trials.csv").write_text("a,b\n1,2\n")
    (tmp_path / "participants.csv").write_text("a,b\n1,2\n")
    with pytest.raises(StudyError, match="is no table of trials"):
        read_tables(tmp_path)


def test_every_line_of_the_terminal_summary_says_simulated(study, simulated, real):
    lines = terminal_summary(analyze(study, *simulated, resamples=100)).splitlines()
    assert all(line.startswith("simulated ") for line in lines)
    assert "simulated" not in terminal_summary(analyze(study, *real, resamples=100))


def test_a_place_that_cannot_be_written_is_refused(study, simulated, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="cannot be written"):
        write_report(analyze(study, *simulated, resamples=100), study, *simulated, tmp_path / "file")
