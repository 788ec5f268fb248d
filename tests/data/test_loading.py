"""Loading: what is held out, what is recorded, what is said of damage."""

import hashlib
import json

import numpy as np
import pytest

from photochrom.data.decoding import decode
from photochrom.data.loading import load
from photochrom.data.sources import DataError, read_source


def test_every_fiftieth_photograph_of_a_folder_is_held_out_and_the_bytes_are_recorded(album):
    loaded = load([album], short_side=48)
    decoded = [decode(photograph, 48) for photograph in read_source(album)]
    assert len(decoded) == 60
    for found, wanted in zip(loaded.held_out, [decoded[0], decoded[50]], strict=True):
        np.testing.assert_array_equal(found, wanted)
    for found, wanted in zip(loaded.training, decoded[1:50] + decoded[51:], strict=True):
        np.testing.assert_array_equal(found, wanted)
    names = sorted(path.relative_to(album).as_posix() for path in album.rglob("*.webp"))
    digest = hashlib.sha256(b"".join((album / name).read_bytes() for name in names)).hexdigest()
    assert set(loaded.record) == {"sources", "validation", "photographs", "sha256", "version", "commit"}
    assert loaded.record["sources"] == [album.name]
    assert (loaded.record["photographs"], loaded.record["sha256"]) == (58, digest)
    assert loaded.weights is None


@pytest.fixture
def shards(tmp_path, tar_of, picture):
    """Three tars of ten pictures each."""
    for shard in range(3):
        tar_of(tmp_path / f"{shard}.tar", [(f"{n}.png", picture(10 * shard + n)) for n in range(10)])
    return tmp_path


def test_the_last_of_several_shards_is_held_out(shards):
    loaded = load([shards], short_side=48, validation_count=4)
    assert (len(loaded.training), len(loaded.held_out)) == (20, 4)
    assert (loaded.record["sources"], loaded.record["validation"]) == (["0.tar", "1.tar"], ["2.tar"])


def test_given_validation_photographs_replace_the_hold_out(shards):
    loaded = load([shards / "0.tar", shards / "1.tar"], validation=[shards / "2.tar"], short_side=48)
    assert (len(loaded.training), len(loaded.held_out)) == (20, 10)
    assert loaded.record["validation"] == ["2.tar"]


def test_of_weighted_sources_each_is_held_out_from_on_its_own(shards, album):
    loaded = load([f"{shards}:3", f"{album}:1"], short_side=48, validation_count=8)
    assert loaded.weights is not None
    assert loaded.weights.counts == (20, 58)
    assert loaded.record["shares"] == [0.75, 0.25]
    assert loaded.record["validation"] == ["2.tar"]
    assert len(loaded.held_out) == 6 + 2
    assert all(photograph.shape == (48, 64, 3) for photograph in loaded.training[:20])


def test_unreadable_photographs_are_counted_named_and_skipped(tmp_path, picture):
    for number in range(100):
        (tmp_path / f"{number:03d}.png").write_bytes(picture(number))
    (tmp_path / "050.png").write_bytes(picture(50)[:200])
    ledger = tmp_path / "run" / "unreadable.jsonl"
    loaded = load([tmp_path], short_side=32, ledger=ledger)
    assert len(loaded.training) + len(loaded.held_out) == 99
    [line] = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert line["name"] == "050.png"
    assert line["source"] == str(tmp_path)
    assert "damaged" in line["reason"]


def test_above_the_allowed_share_the_ledger_is_written_and_the_run_stops(tmp_path, picture):
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(b"" if number else picture(0))
    with pytest.raises(DataError, match=r"3 of 4 photographs cannot be read: 1\.jpg \(the file is empty\)"):
        load([tmp_path], short_side=32, unreadable_share=0.5, ledger=tmp_path / "unreadable.jsonl")
    assert len((tmp_path / "unreadable.jsonl").read_text().splitlines()) == 3


def test_a_source_of_which_nothing_is_left_is_named(tmp_path, picture):
    (tmp_path / "a.png").write_bytes(picture(0))
    (tmp_path / "b.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"b\.png has no photograph left"):
        load([f"{tmp_path / 'a.png'}:1", f"{tmp_path / 'b.png'}:1"], short_side=32, unreadable_share=1)
