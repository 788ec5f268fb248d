import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photochrom.batch.errors import BatchError
from photochrom.batch.outputs import Outputs
from photochrom.batch.report import ReportPage
from photochrom.inference import Options


class Page(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page_of(run, tmp_path):
    """page_of(sources, place, ...) colors with a report, and reads it."""

    def read(*words, **choices):
        run(*words, report=tmp_path / "report.html", **choices)
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return read


def picture(source):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition("base64,")[2]))).convert("RGB")).astype(
        int
    )


def test_each_photograph_is_shown_before_and_after(page_of, album, tmp_path, scene):
    page = page_of(album, tmp_path / "new")
    pictures = page.all("img")
    assert len(pictures) == 12
    assert [each["alt"] for each in pictures[2:4]] == ["b.png, before", "b.png, after"]
    before, after = picture(pictures[2]["src"]), picture(pictures[3]["src"])
    assert before.shape == after.shape == (96, 128, 3)
    assert np.abs(before[..., 0] - np.roll(scene, 5, axis=1)).mean() < 6  # the error of a JPEG of quality 80
    assert np.ptp(before, axis=2).max() == 0
    assert np.ptp(after, axis=2).max() > 20


def test_the_page_asks_for_nothing_outside(page_of, album, tmp_path):
    page = page_of(album, tmp_path / "new")
    assert all(each["src"].startswith("data:image/jpeg;base64,") for each in page.all("img"))
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    style = (tmp_path / "report.html").read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import", style)


def test_names_cannot_break_out_of_the_page(page_of, write_photo, tmp_path):
    names = ["<script>alert(1)<", '"onload="x', "a&amp;b", "new\nline", "caf\udce9", "\u202egpj", "50%#?"]
    for number, name in enumerate(names):
        write_photo(tmp_path / "album" / f"{name}.png", number)
    (tmp_path / "album" / "<b>bad<.jpg").write_bytes(b"no photograph")
    page = page_of(tmp_path / "album", tmp_path / "new")
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    assert "<script>alert(1)<.png" in page.text
    assert "a&amp;b.png" in page.text
    for escaped in (r"new\nline.png", r"caf\udce9.png", r"\u202egpj.png"):
        assert escaped in page.text
    assert "<b>bad<.jpg" in page.text
    assert "onload" not in {name for _, attributes in page.tags for name in attributes}


def test_every_link_leads_to_its_result(page_of, write_photo, tmp_path):
    from urllib.parse import unquote_to_bytes

    names = ['"quoted".png', "50%#?.png", "javascript:alert(1).png", "deep/a b.png"]
    for name in names:
        write_photo(tmp_path / "album" / name)
    page = page_of(tmp_path / "album", tmp_path / "new", outputs={"layer": True})
    links = [each["href"] for each in page.all("a")]
    assert len(links) == 8
    for link in links:
        assert re.fullmatch(r"\./[\w./%~-]+", link)
        assert (tmp_path / Path(unquote_to_bytes(link).decode())).is_file()


def test_failures_are_listed_with_their_reasons(page_of, album, tmp_path):
    (album / "bad.jpg").write_bytes(b"Dear diary")
    page = page_of(album, tmp_path / "new")
    assert "1 could not be colored" in page.text
    assert "this is no photograph" in page.text


def test_what_an_earlier_run_has_done_is_in_the_page_too(page_of, run, album, tmp_path):
    run(album, tmp_path / "new", recorded=True)
    assert len(page_of(album, tmp_path / "new", resume=True).all("img")) == 12


def test_a_picture_of_both_sides_is_shown_once(page_of, album, tmp_path):
    page = page_of(album / "a.jpg", tmp_path / "new", outputs={"side_by_side": True})
    assert [each["alt"] for each in page.all("img")] == ["a.jpg, before and after"]


def test_an_interrupted_run_has_a_page_of_what_was_done(tmp_path):
    page = ReportPage(tmp_path / "report.html", Options(), Outputs())
    with pytest.raises(KeyboardInterrupt), page:
        raise KeyboardInterrupt
    assert "0 photographs in color" in (tmp_path / "report.html").read_text()


def test_a_page_without_a_place_is_refused_before_anything_is_done(tmp_path):
    with pytest.raises(BatchError, match="report cannot be written"):
        ReportPage(tmp_path / "none" / "report.html", Options(), Outputs())
