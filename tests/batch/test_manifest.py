import json

import pytest

from photochrom.batch.errors import BatchError
from photochrom.batch.manifest import Entry, Result, read_manifest, write_manifest


def entry(relative):
    return Entry(relative, "a" * 64, "b" * 64, (Result(f"{relative}.color.jpg", 5, "c" * 64),))


def test_what_is_written_is_read_whatever_the_names(tmp_path):
    names = ["z.jpg", "日本/é.jpg", "new\nline.jpg", "caf\udce9.jpg", '"quoted".jpg']
    path = tmp_path / "manifest.jsonl"
    write_manifest(path, [entry(name) for name in names])
    assert read_manifest(path) == {name: entry(name) for name in names}
    lines = path.read_bytes().splitlines()
    assert len(lines) == 1 + len(names)
    assert [json.loads(line)["relative"] for line in lines[1:]] == sorted(names)


def test_the_order_of_the_entries_does_not_show(tmp_path):
    for name, order in (("one", 1), ("two", -1)):
        write_manifest(tmp_path / name, [entry("a"), entry("b"), entry("c")][::order])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_no_file_is_no_entries(tmp_path):
    assert read_manifest(tmp_path / "none") == {}


@pytest.mark.parametrize(
    "text",
    ['{"photochrom": "manifest", "format": 2}\n', "{}\n", "hello\n", '{"photochrom": "manifest", "format": 1}\n[]\n'],
)
def test_a_manifest_that_makes_no_sense_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "manifest.jsonl"
    path.write_text(text)
    with pytest.raises(BatchError, match=r"line [12] is none of a manifest") as caught:
        read_manifest(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
