import os
import tracemalloc
from pathlib import Path

import pytest

from photochrom.batch.finding import find_photographs, is_listing, name_of_address


@pytest.fixture
def tree(tmp_path):
    """tree("a.jpg", "b/c.png") makes empty files: only names are looked at here."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


def places(*sources, **choices):
    return [work.relative for work in find_photographs(sources, **choices) if work.kind != "refused"]


def test_a_folder_is_listed_with_all_under_it_in_the_order_of_names(tree):
    folder = tree("b.jpg", "a.png", "z/1.tif", "z/y/2.webp", "m/3.JPG")
    assert places(folder) == ["a.png", "b.jpg", "m/3.JPG", "z/1.tif", "z/y/2.webp"]
    assert next(work.source for work in find_photographs([folder])) == str(folder / "a.png")


def test_what_is_no_photograph_by_its_extension_and_what_is_hidden_stays_out(tree):
    folder = tree("a.jpg", "notes.txt", "jpg", "._a.jpg", ".hidden/b.jpg", "old.nef", "film.mp4", "x.jpg.bak")
    assert places(folder) == ["a.jpg"]


def test_results_of_earlier_runs_stay_out_and_photographs_that_are_called_so_do_not(tree):
    folder = tree(
        "a.jpg", "a.color.jpg", "a.color-2.jpg", "a.before-after.jpg", "a.layer.png", "a.uncertainty.png", "b.color.jpg"
    )
    assert places(folder) == ["a.jpg", "b.color.jpg"]
    assert places(folder / "a.color.jpg") == ["a.color.jpg"]  # named by itself, it is meant


def test_a_folder_of_results_within_is_left_out(tree):
    folder = tree("a.jpg", "new/a.color.jpg", "new/deep/b.jpg", "old/c.jpg")
    assert places(folder, exclude=[folder / "new"]) == ["a.jpg", "old/c.jpg"]


def test_several_folders_keep_their_names_where_their_results_come_together(tree):
    folder = tree("1920/scans/a.jpg", "1930/scans/a.jpg")
    sources = (folder / "1920" / "scans", folder / "1930" / "scans")
    assert places(*sources) == ["a.jpg", "a.jpg"]
    assert places(*sources, together=True) == ["1920/scans/a.jpg", "1930/scans/a.jpg"]
    assert places(sources[0], together=True) == ["a.jpg"]


def test_a_folder_within_another_is_not_colored_twice(tree):
    folder = tree("a.jpg", "deep/b.jpg")
    assert places(folder, folder / "deep", together=True) == ["a.jpg", "deep/b.jpg"]
    assert places(folder, folder) == ["a.jpg", "deep/b.jpg"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jpg", ["a.jpg"]),
        ("*", ["a.jpg", "b.tif", "x/c.jpg", "x/y/d.tif", "x/y/e.jpg"]),
        ("**/*.jpg", ["a.jpg", "x/c.jpg", "x/y/e.jpg"]),
        ("*/*.jpg", ["x/c.jpg"]),
        ("x/*.jpg", ["c.jpg"]),
        ("**/y/*", ["x/y/d.tif", "x/y/e.jpg"]),
        ("[ab].*", ["a.jpg", "b.tif"]),
        ("?.tif", ["b.tif"]),
        ("x/**", ["c.jpg", "y/d.tif", "y/e.jpg"]),
        ("**/**/e.jpg", ["x/y/e.jpg"]),
    ],
)
def test_a_pattern_finds_what_python_finds(tree, pattern, found):
    folder = tree("a.jpg", "b.tif", "x/c.jpg", "x/y/d.tif", "x/y/e.jpg", "x/notes.txt")
    works = list(find_photographs([str(folder / pattern)]))
    assert sorted(work.relative for work in works) == found
    matched = list(folder.glob(pattern))
    beneath = {path for match in matched for path in ([match] if match.is_file() else match.rglob("*"))}
    assert {Path(work.source) for work in works} == {path for path in beneath if path.suffix in (".jpg", ".tif")}


def test_a_file_whose_name_has_brackets_is_a_file(tree):
    folder = tree("scan[1].jpg", "scan1.jpg")
    assert places(folder / "scan[1].jpg") == ["scan[1].jpg"]
    assert not is_listing(folder / "scan[1].jpg")


def test_what_holds_no_photograph_is_told_and_the_rest_goes_on(tree):
    folder = tree("empty/notes.txt", "full/a.jpg")
    works = list(find_photographs([folder / "empty", str(folder / "*.gif"), folder / "full"]))
    assert [work.kind for work in works] == ["refused", "refused", "file"]
    assert all("no photographs" in work.refusal for work in works[:2])


def test_links_to_folders_are_not_followed_and_loops_end(tree):
    folder = tree("a.jpg", "deep/b.jpg")
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "around.jpg").symlink_to(folder / "around.jpg")
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    (folder / "folder.jpg").symlink_to(folder / "deep")
    # A link that leads nowhere is listed, so that it is told rather than missed.
    assert places(folder) == ["a.jpg", "around.jpg", "link.jpg", "deep/b.jpg"]
    assert places(str(folder / "**" / "b.jpg")) == ["deep/b.jpg"]


def test_a_listing_that_fails_is_told_and_the_rest_goes_on(tree, monkeypatch):
    folder = tree("a.jpg", "closed/b.jpg", "open/c.jpg")
    scandir = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    works = list(find_photographs([folder]))
    assert [(work.kind, work.refusal[:19]) for work in works if work.kind == "refused"] == [
        ("refused", "cannot be listed (P")
    ]
    assert [work.relative for work in works if work.kind == "file"] == ["a.jpg", "open/c.jpg"]


def test_names_outside_utf8_and_of_255_bytes_are_listed(tmp_path):
    names = [b"caf\xe9.jpg", "é".encode() * 125 + b"x.jpg", "日本 ☃ e\u0301.png".encode(), b"new\nline.jpg"]
    try:
        for name in names:
            (tmp_path / os.fsdecode(name)).touch()
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    assert sorted(os.fsencode(place) for place in places(tmp_path)) == sorted(names)


def test_a_tree_deeper_than_python_calls_is_listed(tmp_path):
    folder, here = tmp_path / "deep", Path.cwd()
    folder.mkdir()
    os.chdir(folder)
    try:
        for _ in range(400):  # step by step: the whole path is longer than the system takes at once
            Path("d").mkdir()
            os.chdir("d")
        Path("a.jpg").touch()
    finally:
        os.chdir(here)
    assert places(folder) == ["d/" * 400 + "a.jpg"]


def test_twenty_thousand_entries_are_listed_in_little_memory(tmp_path):
    for number in range(20_000):
        os.close(os.open(tmp_path / f"{number:05}.jpg", os.O_CREAT | os.O_WRONLY))
    tracemalloc.start()
    works = list(find_photographs([tmp_path]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(works) == 20_000
    assert [works[0].relative, works[-1].relative] == ["00000.jpg", "19999.jpg"]
    assert peak < 60e6, f"{peak / 20_000:.0f} bytes an entry"


def test_addresses_and_standard_input_are_told_apart_from_files(tmp_path):
    address = "https://example.org/scans/Old%20Town.jpg?key=secret"
    works = list(
        find_photographs([address, "-", "HTTP://EXAMPLE.ORG/", "ftp://example.org/a.jpg", str(tmp_path / "x")])
    )
    assert [work.kind for work in works] == ["url", "stdin", "url", "refused", "file"]
    assert works[0].relative == "Old Town.jpg"
    assert works[0].shown == "https://example.org/scans/Old%20Town.jpg"  # without the key


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/../../etc/passwd", "passwd"),
        ("https://example.org/%2e%2e%2f%2e%2e%2fold.jpg", "old.jpg"),
        ("https://example.org/a%5c..%5cold.jpg", "old.jpg"),
        ("https://example.org/..", "photograph"),
        ("https://example.org", "photograph"),
        ("https://example.org/a%00b%1b%5b.jpg", "a_b_[.jpg"),
        ("https://example.org/.hidden.jpg", "hidden.jpg"),
        ("https://example.org/C:evil.jpg", "C_evil.jpg"),
    ],
)
def test_the_name_out_of_an_address_leads_nowhere_else(address, name):
    assert name_of_address(address) == name
