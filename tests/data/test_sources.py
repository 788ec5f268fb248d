"""Photographs out of Parquet shards, tars and folders, in an order that does not change."""

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from photochrom.data.locations import list_files
from photochrom.data.sources import DataError, hold_out, read_source


def write_shard(path, names):
    image = pa.array([{"bytes": name.encode(), "path": name} for name in names])
    parquet.write_table(pa.table({"image": image}), path)


def read(source):
    return [(photo.name, photo.data) for photo in read_source(source)]


def test_a_folder_of_shards_is_read_in_the_order_of_their_names(tmp_path):
    write_shard(tmp_path / "b.parquet", ["3"])
    write_shard(tmp_path / "a.parquet", ["1", "2"])
    assert read(tmp_path) == [("1", b"1"), ("2", b"2"), ("3", b"3")]
    assert [photo.source for photo in read_source(tmp_path)] == ["a.parquet", "a.parquet", "b.parquet"]


def test_a_folder_tree_gives_its_photographs_and_nothing_else(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one.JPG").write_bytes(b"one")
    (tmp_path / "two.png").write_bytes(b"two")
    (tmp_path / "notes.txt").write_text("no photograph")
    assert [photo.name for photo in read_source(tmp_path)] == ["deep/er/one.JPG", "two.png"]


def test_a_folder_may_mix_photographs_and_shards_of_both_kinds(tmp_path, tar_of):
    write_shard(tmp_path / "b.parquet", ["inside"])
    tar_of(tmp_path / "c.tar", [("x/0.png", b"in tar")])
    (tmp_path / "a.png").write_bytes(b"a")
    (tmp_path / "d.png").write_bytes(b"d")
    assert read(tmp_path) == [("a.png", b"a"), ("inside", b"inside"), ("x/0.png", b"in tar"), ("d.png", b"d")]


def test_a_tar_gives_one_photograph_a_sample(tmp_path, tar_of):
    members = [
        ("set/0001.json", b"{}"),
        ("set/0001.mask.png", b"mask"),
        ("set/0001.jpg", b"one"),
        ("set/._0001.jpg", b"left by another system"),
        ("set/0002.cls", b"7"),
        ("set/0003.input.PNG", b"three"),
        ("other/0003.jpg", b"another three"),
    ]
    wanted = [("set/0001.jpg", b"one"), ("set/0003.input.PNG", b"three"), ("other/0003.jpg", b"another three")]
    assert read(tar_of(tmp_path / "a.tar", members)) == wanted
    assert read(tar_of(tmp_path / "b.tar.gz", members)) == wanted


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("image", pa.array([b"1", b"2"])),
        ("img", pa.array([{"bytes": b"1", "path": None}, {"bytes": b"2", "path": None}])),
    ],
)
def test_a_column_of_bytes_and_a_column_of_another_name_are_understood(tmp_path, column, values):
    parquet.write_table(pa.table({"label": [0, 1], column: values}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [("row 0", b"1"), ("row 1", b"2")]


def test_a_row_without_bytes_comes_with_a_reason(tmp_path):
    image = pa.array([{"bytes": None, "path": "elsewhere.jpg"}, None, {"bytes": b"3", "path": "3"}])
    parquet.write_table(pa.table({"image": image}), tmp_path / "a.parquet")
    assert [photo.problem for photo in read_source(tmp_path)] == ["the row holds no bytes"] * 2 + [""]


def test_a_shard_without_images_is_refused_by_its_columns(tmp_path):
    parquet.write_table(pa.table({"text": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"column `image`.*text"):
        list(read_source(tmp_path / "a.parquet"))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_missing_or_empty_source_is_refused(tmp_path, make):
    make(tmp_path / "source")
    with pytest.raises(DataError, match="source"):
        list(read_source(tmp_path / "source"))


def test_a_shard_that_is_cut_short_is_named(tmp_path, tar_of, picture):
    tar = tar_of(tmp_path / "a.tar", [(f"{index}.png", picture(index)) for index in range(3)])
    tar.write_bytes(tar.read_bytes()[:6000])
    with pytest.raises(DataError, match=r"a\.tar is damaged or cut short"):
        list(read_source(tar))
    write_shard(tmp_path / "b.parquet", ["1"])
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"b\.parquet is damaged or cut short"):
        list(read_source(tmp_path / "b.parquet"))


def test_the_last_of_several_shards_is_held_out(tmp_path):
    for name in ("c", "a", "b"):
        write_shard(tmp_path / f"{name}.parquet", [name])
    training, validation = hold_out(list_files(tmp_path))
    assert [file.name for file in training] == ["a.parquet", "b.parquet"]
    assert [file.name for file in validation] == ["c.parquet"]


def test_nothing_is_held_out_of_a_folder_of_photographs(tmp_path):
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(b"a picture")
    files = list_files(tmp_path)
    assert hold_out(files) == (files, [])
