"""`photochrom colorize` over folders, patterns, standard input and addresses."""

import io
import json
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def album(tmp_path, astronaut):
    """Four gray photographs in three folders, three of one name."""
    folder = tmp_path / "album"
    for number, name in enumerate(("a.jpg", "1920/a.jpg", "1920/b.png", "1930/a.jpg")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(astronaut, 9 * number, axis=1)).convert("L").save(path)
    return folder


RESULTS = ["1920/a.color.jpg", "1920/b.color.png", "1930/a.color.jpg", "a.color.jpg"]


def test_a_folder_is_colored_as_it_is_and_counted(color, album, tmp_path, files_in):
    before = files_in(album)
    ended = color(album, "-o", tmp_path / "new")
    assert (ended.code, ended.err) == (0, "photochrom: 4 colored\n")
    assert ended.out.splitlines()[0] == f"{album / 'a.jpg'} -> {tmp_path / 'new' / 'a.color.jpg'}"
    assert sorted(files_in(tmp_path / "new")) == [*RESULTS, "photochrom-manifest.jsonl"]
    assert files_in(album) == before


def test_a_pattern_in_quotes_is_found(color, album, tmp_path, files_in):
    assert color(f"{album}/19*/a.*", "-o", tmp_path / "new").code == 0
    assert sorted(files_in(tmp_path / "new"))[:2] == ["1920/a.color.jpg", "1930/a.color.jpg"]


def test_resume_says_what_was_done(color, album, tmp_path, files_in):
    color(album, "-o", tmp_path / "new")
    (tmp_path / "new" / "a.color.jpg").unlink()
    ended = color(album, "-o", tmp_path / "new", "--resume")
    assert (ended.code, ended.err) == (0, "photochrom: 1 colored, 3 done already\n")
    assert ended.out.count("->") == 1
    ended = color(album, "-o", tmp_path / "new", "--resume", "--json")
    assert [photo["state"] for photo in json.loads(ended.out)["photos"]] == ["done"] * 4


def test_a_dry_run_writes_nothing(color, album, tmp_path, files_in):
    before = files_in(tmp_path)
    ended = color(album, "-o", tmp_path / "new", "--dry-run")
    assert (ended.code, ended.err) == (0, "photochrom: 4 to color\n")
    assert ended.out.count("->") == 4
    assert files_in(tmp_path) == before


def test_failures_are_counted_and_stand_in_the_ledger(color, album, tmp_path):
    (album / "1920" / "bad.jpg").write_bytes(b"Dear diary")
    ended = color(album, "-o", tmp_path / "new", "--jobs", 2)
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "photochrom: 4 colored, 1 failed"
    failures = (tmp_path / "new" / "photochrom-failures.jsonl").read_text().splitlines()
    assert [json.loads(line)["relative"] for line in failures] == ["1920/bad.jpg"]


def test_a_report_is_written(color, album, tmp_path):
    assert color(album, "-o", tmp_path / "new", "--report", tmp_path / "report.html").code == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("<img") == 8


def test_a_report_may_lie_in_the_folder_that_the_run_makes(color, album, tmp_path):
    words = (album, "-o", tmp_path / "new", "--resume", "--report", tmp_path / "new" / "report.html")
    assert color(*words).code == 0
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8").count("<img") == 8
    assert color(*words).code == 0


def test_the_folder_of_the_photographs_is_no_folder_for_results(color, album, tmp_path, files_in):
    (tmp_path / "link").symlink_to(album)
    before = files_in(album)
    for place in (album, tmp_path / "link", album / ".." / "album"):
        ended = color(album, "-o", place)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "is the folder of the photographs" in ended.err
    assert files_in(album) == before


def test_names_that_a_terminal_would_obey_are_printed_as_escapes(color, album, tmp_path):
    (album / "a.jpg").rename(album / "a\n\x1b[31mb.jpg")
    ended = color(album, "-o", tmp_path / "new")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 4
    assert "\x1b" not in ended.out
    assert r"a\n\x1b[31mb.jpg" in ended.out


def test_photographs_in_color_are_told_in_one_line(color, astronaut, tmp_path):
    for number in range(5):
        (tmp_path / "album").mkdir(exist_ok=True)
        Image.fromarray(np.roll(astronaut, number, axis=1)).save(tmp_path / "album" / f"{number}.png")
    ended = color(tmp_path / "album", "-o", tmp_path / "new")
    assert ended.code == 0
    assert "2.png and 2 more were in color already and are colored anew" in ended.err.splitlines()[0]
    assert "--keep-color" in ended.err.splitlines()[0]
    ended = color(tmp_path / "album", "-o", tmp_path / "kept", "--keep-color")
    assert ended.err == "photochrom: 5 copied\n"
    assert (tmp_path / "kept" / "3.color.png").read_bytes() == (tmp_path / "album" / "3.png").read_bytes()


def test_a_second_run_into_the_same_folder_waits_its_turn(color, album, tmp_path, files_in):
    from photochrom.batch.record import Record

    record = Record(tmp_path / "new")
    ended = color(album, "-o", tmp_path / "new")
    record.close()
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "another run is writing" in ended.err


# Standard input and output


def piped(photo, *words, **options):
    command = [sys.executable, "-m", "photochrom", "colorize", *map(str, words)]
    return subprocess.run(command, input=photo.read_bytes(), capture_output=True, timeout=120, **options)


def test_standard_input_goes_to_standard_output_in_its_format(gray_photo, tiny_model, color, files_in):
    before = files_in(gray_photo.parent)
    ended = piped(gray_photo, "-", "--model", tiny_model, cwd=gray_photo.parent)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert files_in(gray_photo.parent) == before
    assert Image.open(io.BytesIO(ended.stdout)).format == "JPEG"
    color(gray_photo)
    assert ended.stdout == gray_photo.with_name("old.color.jpg").read_bytes()


def test_standard_input_goes_to_a_file_and_a_file_to_standard_output(gray_photo, tiny_model, tmp_path):
    ended = piped(gray_photo, "-", "-o", tmp_path / "new.png", "--model", tiny_model)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert Image.open(tmp_path / "new.png").size == (128, 128)
    ended = piped(gray_photo, gray_photo, "-o", "-", "--model", tiny_model)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert Image.open(io.BytesIO(ended.stdout)).size == (128, 128)


def test_what_comes_in_and_is_no_photograph_is_told(tmp_path, tiny_model):
    for content, says in ((b"", "nothing came"), (b"Dear diary, today", "no photograph")):
        (tmp_path / "input").write_bytes(content)
        ended = piped(tmp_path / "input", "-", "--model", tiny_model)
        assert (ended.returncode, ended.stdout) == (1, b"")
        assert says in ended.stderr.decode()
        assert ended.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["-", "-"],
        ["-", "a.jpg", "-o", "-"],
        ["-", "--json"],
        ["-", "--resume"],
        ["-", "--layer"],
        ["-", "--report", "r.html"],
    ],
)
def test_standard_output_takes_one_picture_and_nothing_else(color, words):
    ended = color(*words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


# Addresses


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(album, monkeypatch):
    """Where the album is served on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    (album / "page.html").write_text("<!doctype html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=album))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_fetched_and_its_result_lies_in_the_folder(color, address, tmp_path, album, files_in):
    ended = color(f"{address}/1920/b.png?key=secret", "-o", tmp_path / "new")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{address}/1920/b.png -> {tmp_path / 'new' / 'b.color.png'}\n"
    color(album / "1920" / "b.png", "-o", tmp_path / "local")
    assert files_in(tmp_path / "new") == files_in(tmp_path / "local")


def test_without_a_place_the_result_lies_in_the_working_folder(color, address, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert color(f"{address}/a.jpg").code == 0
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["a.color.jpg"]


def test_an_address_that_gives_no_photograph_is_told_and_the_rest_goes_on(color, address, tmp_path):
    ended = color(f"{address}/page.html?key=secret", f"{address}/gone.jpg", f"{address}/a.jpg", "-o", tmp_path / "new")
    assert ended.code == 1
    assert "text/html, no photograph" in ended.err
    assert "answered 404" in ended.err
    assert "secret" not in ended.err + ended.out
    assert ended.out.count("->") == 1
