import base64
import dataclasses
import itertools
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from photochrom.evaluation.page import HERE, html_page, markdown_page, measures_taken, plane_charts, write_page
from photochrom.evaluation.published import PAPER, PUBLISHED
from photochrom.evaluation.report import Estimate, Example, Gallery, Report, Row

VOID = {"meta", "link", "img", "br", "hr", "input"}
SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "images" / "report_screenshots.py"
HOSTILE = "\"><script>alert('1')</script><img src=x onerror=alert(2)> {{ 7 * 7 }} & |*`"


class Page(HTMLParser):
    """The elements of a page in order: [(tag, attributes, text within)]; refuses tags that are not closed in turn."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        opened, _ = self.open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"

    def handle_data(self, data):
        for _, index in self.open:
            self.elements[index][2] += data

    def all(self, *tags):
        return [(attrs, " ".join(text.split())) for tag, attrs, text in self.elements if tag in tags]

    @property
    def text(self):
        return next(text for tag, _, text in self.elements if tag == "body")


@pytest.fixture(scope="module")
def source(synthetic_report):
    return html_page(synthetic_report)


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def bare_report(**changes):
    rows = [Row("gray", "gray", "gray", {"auc_raw": Estimate(80)}), Row("a", "", "folder", {"auc_raw": Estimate(81)})]
    return dataclasses.replace(Report({"name": "few", "photographs": 2}, {}, {}, rows), **changes)


def test_the_page_asks_for_nothing_outside(source, page):
    for _, attributes, _ in page.elements:
        for name in ("src", "srcset", "poster", "data", "action", "background", "xlink:href"):
            assert attributes.get(name, "data:").startswith("data:")
        assert "//" not in attributes.get("style", "")
    (style,) = page.all("style")
    assert not re.search(r"url\(|@import|https?:", style[1])
    links = {attributes.get("href", "") for attributes, _ in page.all("a")}
    assert {link for link in links if not link.startswith("#")} == {PAPER}  # followed only by who clicks
    assert not {tag for tag, *_ in page.elements} & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert "http" not in source.replace(PAPER, "").replace('http-equiv="Content-Security-Policy"', "").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_the_page_forbids_itself_to_ask(page):
    policy = next(a["content"] for a, _ in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.split("; ") == ["default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"]


def test_hostile_names_stay_text_everywhere(synthetic_report):
    """Names of rows, photographs, classes, families and settings, and warnings, all try to break out."""
    text = synthetic_report.to_json()
    for number, name in enumerate(
        [row.name for row in synthetic_report.rows if row.kind in ("weights", "run", "folder")]
        + ["near gray", "lorikeet", "goldfinch", synthetic_report.data["name"], synthetic_report.warnings[0]]
    ):
        text = text.replace(json.dumps(name), json.dumps(f"{HOSTILE} {number}"))
    hostile = Report.from_json(text)
    hostile = dataclasses.replace(
        hostile,
        settings={HOSTILE: {"prior": HOSTILE}},
        versions={HOSTILE: HOSTILE},
        data=hostile.data | {"skipped": [{"name": HOSTILE, "reason": HOSTILE}], "gray": [HOSTILE]},
        galleries=[
            dataclasses.replace(
                gallery,
                best=[dataclasses.replace(example, photograph=HOSTILE, label=HOSTILE) for example in gallery.best],
            )
            for gallery in hostile.galleries
        ],
    )
    page = Page(html_page(hostile))
    assert not page.all("script")
    assert all(attributes["src"].startswith("data:image/") for attributes, _ in page.all("img"))
    assert not [a for _, a, _ in page.elements if any(name.startswith("on") for name in a)]
    assert page.text.count("{{ 7 * 7 }}") > 50
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown_page(hostile))
    assert "<script" not in rendered
    assert "<img" not in rendered


def test_every_part_of_a_report_is_on_the_page(page, synthetic_report):
    text = " ".join(page.text.split())
    for row in synthetic_report.rows:
        assert row.name in text
        assert row.sha256 in text
    for published in PUBLISHED:
        assert published.name in text
    for part in (
        "photochrom",
        "57f160f",
        "efficientnet-lite2",
        "3f1c" * 16,
        "seed",
        "resamples",
        "cheeseburger & fries",
    ):
        assert part in text
    for skipped in synthetic_report.data["skipped"]:
        assert f"{skipped['name']}: {skipped['reason']}" in text
    for warning in synthetic_report.warnings:
        assert warning in text
    for measure in measures_taken(synthetic_report):
        assert measure.believe in text


def test_the_24_best_and_worst_photographs_show_truth_gray_and_the_systems(page, synthetic_report):
    expected = [
        f"{example.photograph}, {name}"
        for gallery in synthetic_report.galleries
        for example in (*gallery.worst, *gallery.best)
        for name in example.pictures
    ]
    assert len(synthetic_report.galleries[0].worst) == 24
    assert [attributes["alt"] for attributes, _ in page.all("img")] == expected


def test_the_published_rows_are_said_to_be_published(page):
    groups = [text for attributes, text in page.all("th") if attributes.get("scope") == "colgroup"]
    assert len(groups) == 1
    assert groups[0].startswith("As published in the paper")


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(tag[1]) for tag, *_ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_heading_says_something(page):
    assert all(text for _, text in page.all("h1", "h2", "h3", "h4"))


def test_tables_have_a_caption_and_their_heads_a_scope(page):
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(text for _, text in page.all("caption"))
    assert {attributes.get("scope") for attributes, _ in page.all("th")} == {"col", "row", "colgroup"}


def test_charts_are_described_and_swatches_are_not_read(page):
    for attributes, _ in page.all("svg"):
        assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-label"])


def test_regions_that_scroll_can_be_reached_by_keyboard_and_have_a_name(page):
    regions = [attributes for attributes, _ in page.all("div") if attributes.get("class") == "scroll"]
    assert regions
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)


def test_every_anchor_leads_somewhere_and_no_id_comes_twice(page):
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {attributes["href"][1:] for attributes, _ in page.all("a") if attributes["href"].startswith("#")}
    named = {attributes["aria-labelledby"] for _, attributes, _ in page.elements if "aria-labelledby" in attributes}
    assert targets | named <= set(ids)


def test_a_bare_report_makes_a_page_without_empty_sections():
    page = Page(html_page(bare_report()))
    titles = [text for _, text in page.all("h2")]
    assert titles == ["Verdict", "The table", "Which measure to believe for what", "Data, settings and versions"]
    assert {attributes["href"] for attributes, _ in page.all("a")} == {"#table", "#measures", "#settings", PAPER}


def test_a_report_without_any_row_still_says_so():
    assert "No colorizer was evaluated" in html_page(bare_report(rows=[]))


@pytest.mark.parametrize("picture", ["https://example.org/x.png", "data:text/html;base64,PGI+", 'x" onerror="alert(1)'])
def test_a_picture_that_is_no_picture_of_its_own_is_refused(picture, tmp_path):
    gallery = Gallery("a", [], [Example("p.jpg", "", 1.0, {"truth": picture})])
    with pytest.raises(ValueError, match=r"'truth' of 'p\.jpg' must be a base64 data URI"):
        write_page(bare_report(galleries=[gallery]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_minus_signs_are_real_and_hyphens_in_names_stay():
    report = bare_report(warnings=["mean-color and lite-2 fell by -3.5 points [-4.0, -3.0]"])
    text = Page(html_page(report)).text
    assert "mean-color and lite-2 fell by \N{MINUS SIGN}3.5 points [\N{MINUS SIGN}4.0,\N{NO-BREAK SPACE}" in text


def test_the_planes_are_held_against_gray_where_it_has_one(synthetic_report):
    gray = dataclasses.replace(synthetic_report.confusions[0], row="gray", bin_error=[0.0] * 313)
    with_gray = dataclasses.replace(synthetic_report, confusions=[*synthetic_report.confusions, gray])
    competing = [found.row for found in synthetic_report.confusions]
    assert [chart.title for chart in plane_charts(with_gray)] == competing
    assert all(chart.caption.startswith("Nearer than plain gray on 0 of") for chart in plane_charts(with_gray))
    assert all(chart.caption == "" for chart in plane_charts(synthetic_report))


def test_three_files_are_written_and_the_json_is_the_report(synthetic_report, tmp_path):
    written = write_page(synthetic_report, tmp_path / "new" / "folder")
    assert written.read_text(encoding="utf-8") == html_page(synthetic_report)
    assert sorted(path.name for path in written.parent.iterdir()) == ["report.html", "report.json", "report.md"]
    assert Report.load(written.with_suffix(".json")) == synthetic_report


def test_the_markdown_has_the_table_the_verdict_and_the_settings(synthetic_report):
    markdown = markdown_page(synthetic_report)
    rendered = MarkdownIt("commonmark").enable("table").render(markdown)
    assert rendered.count("<table>") == 3
    titles = re.findall(r"<h2>(.*?)</h2>", rendered)
    assert titles == ["Why", "Warnings", "The table", "Data", "Settings", "Versions", "Skipped photographs"]
    assert "classifier.name: efficientnet-lite2" in markdown


def colors_of(block):
    """The variables that are colors, as three numbers in 0..255."""
    found = {}
    for name, digits in re.findall(r"--(\w+): #([0-9a-f]+)", block):
        whole = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
        found[name] = tuple(bytes.fromhex(whole))
    return found


def schemes():
    """The colors of each scheme; dark and paper change some of those of light."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    light, dark, paper = (colors_of(block) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL))
    return {"light": light, "dark": light | dark, "paper": light | paper}


def contrast(one, other):
    """Source: WCAG 2.2, definitions of relative luminance and contrast ratio."""

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(color, ground, share):
    return tuple(share * over + (1 - share) * under for over, under in zip(color, ground, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
@pytest.mark.parametrize("name", ["ink", "soft", "link", "good", "mind", "s1", "s2", "s3", "s4", "s5", "s6"])
def test_words_stand_out_from_their_ground(scheme, name):
    colors = schemes()[scheme]
    assert contrast(colors[name], colors["paper"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_words_stand_out_on_shaded_cells_too(scheme):
    colors = schemes()[scheme]
    assert contrast(colors["ink"], colors["panel"]) >= 4.5
    assert contrast(colors["ink"], mixed(colors["good"], colors["paper"], 0.18)) >= 4.5  # the best
    assert contrast(colors["ink"], mixed(colors["heat"], colors["paper"], 0.55)) >= 4.5  # the fullest confusion


def test_the_shades_are_those_of_the_style_sheet():
    style = (HERE / "page.css").read_text(encoding="utf-8")
    assert "var(--good) 18%" in style
    assert "var(--heat) calc(var(--share) * 55%)" in style


def test_pictures_of_the_page_are_whole(page):
    for attributes, _ in page.all("img"):
        assert base64.b64decode(attributes["src"].partition(",")[2], validate=True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium on the path")
def test_nothing_sticks_out_of_a_telephone(synthetic_report, tmp_path):
    """The script that takes the pictures refuses a page that is wider than its window."""
    page = write_page(synthetic_report, tmp_path)
    subprocess.run([sys.executable, SCREENSHOTS, page, tmp_path, "--height", "400"], check=True, timeout=120)
    names = {path.stem for path in tmp_path.glob("report-*.webp")}
    assert {"report-desktop-light", "report-phone-dark", "report-gallery"} <= names
