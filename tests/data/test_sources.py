"""Photographs out of Parquet shards and folders."""

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from photochrom.data.sources import DataError, hold_out, read_source


def write_shard(path, names):
    image = pa.array([{"bytes": name.encode(), "path": name} for name in names])
    parquet.write_table(pa.table({"image": image}), path)


def test_a_folder_of_shards_is_read_in_the_order_of_their_names(tmp_path):
    write_shard(tmp_path / "b.parquet", ["3"])
    write_shard(tmp_path / "a.parquet", ["1", "2"])
    assert [(photo.name, photo.data) for photo in read_source(tmp_path)] == [("1", b"1"), ("2", b"2"), ("3", b"3")]


def test_a_folder_tree_gives_its_photographs_and_nothing_else(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one.JPG").write_bytes(b"one")
    (tmp_path / "two.png").write_bytes(b"two")
    (tmp_path / "notes.txt").write_text("no photograph")
    assert [photo.name for photo in read_source(tmp_path)] == ["deep/er/one.JPG", "two.png"]


def test_a_shard_without_images_is_refused_by_its_columns(tmp_path):
    parquet.write_table(pa.table({"text": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"column `image`.*text"):
        list(read_source(tmp_path / "a.parquet"))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_missing_or_empty_source_is_refused(tmp_path, make):
    make(tmp_path / "source")
    with pytest.raises(DataError, match="source"):
        list(read_source(tmp_path / "source"))


def test_the_last_of_several_shards_is_held_out(tmp_path):
    for name in ("c", "a", "b"):
        write_shard(tmp_path / f"{name}.parquet", [name])
    training, validation = hold_out([tmp_path])
    assert [path.name for path in training] == ["a.parquet", "b.parquet"]
    assert [path.name for path in validation] == ["c.parquet"]


def test_nothing_is_held_out_of_a_folder_of_photographs(tmp_path):
    (tmp_path / "one.png").write_bytes(b"one")
    assert hold_out([tmp_path]) == ([tmp_path], [])
