"""Files by path, pattern and URL."""

import fsspec
import pytest

from photochrom.data.locations import DataError, list_files, read_all


def names(source):
    return [file.name for file in list_files(source)]


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b/two.JPG",
        "b/.hidden.jpg",
        "b/notes.txt",
        "__MACOSX/one.jpg",
        "a one.png",
        "shard-002.tar",
        "é.webp",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(name.encode())
    return tmp_path


def test_a_tree_gives_shards_and_photographs_by_name_and_nothing_hidden(folder):
    assert names(folder) == ["a one.png", "b/two.JPG", "shard-002.tar", "é.webp"]


def test_a_single_file_and_a_pattern_are_sources(folder):
    assert names(folder / "a one.png") == ["a one.png"]
    assert names(f"{folder}/*.[pw]*") == ["a one.png", "é.webp"]
    assert names(f"{folder}/**/*.JPG") == ["b/two.JPG"]


def test_a_name_with_the_signs_of_a_pattern_is_taken_as_it_stands(tmp_path):
    (tmp_path / "photos [2019]").mkdir()
    (tmp_path / "photos [2019]" / "a.png").write_bytes(b"a")
    assert names(tmp_path / "photos [2019]") == ["a.png"]


def test_a_range_in_braces_names_shards_and_a_missing_one_is_told(tmp_path):
    for number in (8, 9, 10):
        (tmp_path / f"s-{number:03d}.tar").write_bytes(b"x")
    assert names(f"{tmp_path}/s-{{008..010}}.tar") == ["s-008.tar", "s-009.tar", "s-010.tar"]
    with pytest.raises(DataError, match=r"s-011\.tar is missing \(1 of 4"):
        list_files(f"{tmp_path}/s-{{008..011}}.tar")


def test_memory_and_file_urls_are_sources(folder):
    memory = fsspec.filesystem("memory")
    memory.pipe("/album-of-test/x/1.jpg", b"one")
    try:
        assert names("memory://album-of-test") == ["x/1.jpg"]
        assert [content for _, content, _ in read_all(list_files("memory://album-of-test"))] == [b"one"]
    finally:
        memory.rm("/album-of-test", recursive=True)
    assert names(f"file://{folder}/b") == ["two.JPG"]


def test_a_file_that_went_away_comes_with_its_reason(folder):
    files = list_files(folder)
    (folder / "a one.png").unlink()
    assert [(file.name, reason) for file, _, reason in read_all(files)][:2] == [
        ("a one.png", "not found"),
        ("b/two.JPG", ""),
    ]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gone", "does not exist"),
        ("", "empty name"),
        ("nosuch://place", "nosuch"),
        ("memory://nothing-here", "does not exist"),
    ],
)
def test_what_cannot_be_a_source_is_refused_in_one_line(source, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=says) as raised:
        list_files(source)
    assert "\n" not in str(raised.value)
