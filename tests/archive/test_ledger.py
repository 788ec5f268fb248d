import os

import pyarrow.parquet as parquet
import pytest

from photochrom.archive import ArchiveError
from photochrom.archive.ledger import Ledger, Row
from photochrom.archive.manifest import CHUNK, CHUNKS_A_PIECE, Counted
from photochrom.archive.store import open_store


@pytest.fixture
def ledger(tmp_path):
    return Ledger(open_store(str(tmp_path)), "run", "ledger.parquet")


def rows_of(chunk, count=CHUNK):
    return [Row(f"{chunk:03}-{number:02}.jpg", "failed" if number == 0 else "colored") for number in range(count)]


def test_the_whole_ledger_has_every_row_once_in_the_order_of_the_manifest(ledger, tmp_path):
    counted = Counted((CHUNKS_A_PIECE + 1) * CHUNK + 5, 0)
    for chunk in reversed(range(counted.chunks)):
        ledger.put(chunk, rows_of(chunk, CHUNK if chunk < counted.chunks - 1 else 5))
    ledger.put(3, rows_of(3))  # by a retry
    assert sorted(ledger.done()) == list(range(counted.chunks))
    states = ledger.complete(counted)
    assert states == {"failed": counted.chunks, "colored": counted.photographs - counted.chunks}
    keys = parquet.read_table(tmp_path / "ledger.parquet").column("key").to_pylist()
    assert keys == sorted(keys)
    assert len(set(keys)) == counted.photographs
    assert ledger.is_complete
    assert ledger.counts() == states


def test_a_ledger_with_a_row_too_few_is_not_called_whole(ledger):
    ledger.put(0, rows_of(0, 9))
    with pytest.raises(ArchiveError, match="10 photographs have 9 rows"):
        ledger.complete(Counted(10, 0))
    assert not ledger.is_complete


def test_a_chunk_is_done_when_its_file_is_there(ledger):
    assert ledger.of_chunk(7) is None
    assert list(ledger.done()) == []
    ledger.put(7, [Row("old.jpg", "colored", "old.color.jpg", 9, "ab", "cd", 4, 3, 0.5, extras=("old.layer.png",))])
    (row,) = ledger.of_chunk(7)
    assert (row["target"], row["size"], row["extras"]) == ("old.color.jpg", 9, ["old.layer.png"])
    assert list(ledger.done()) == [7]


def test_a_name_in_another_encoding_is_told_with_escapes(ledger):
    ledger.put(0, [Row(os.fsdecode(b"caf\xe9.jpg"), "failed", error="märz")])
    (row,) = ledger.of_chunk(0)
    assert (row["key"], row["error"]) == ("caf\\xe9.jpg", "märz")


def test_of_a_run_that_is_opened_again_only_chunks_with_failures_are_done_again(ledger, tmp_path):
    counted = Counted((CHUNKS_A_PIECE + 3) * CHUNK - 9, 0)
    failing = {0, 7, CHUNKS_A_PIECE + 1}
    last = counted.chunks - 1
    for chunk in range(counted.chunks):
        rows = [row._replace(extras=("a.layer.png",)) for row in rows_of(chunk, CHUNK if chunk < last else CHUNK - 9)]
        ledger.put(chunk, [row if chunk in failing else row._replace(state="colored") for row in rows])
    assert ledger.complete(counted) == {"failed": 3, "colored": counted.photographs - 3}
    before = parquet.read_table(tmp_path / "ledger.parquet").to_pylist()
    assert ledger.kept(0) == []

    ledger.reopen()
    for opened in (ledger, Ledger(open_store(str(tmp_path)), "run", "ledger.parquet")):
        assert not opened.is_complete
        assert set(range(counted.chunks)) - set(opened.done()) == failing
        kept = opened.kept(7)
        assert (kept[0], len(kept)) == (None, CHUNK)
        assert kept[1] == Row("007-01.jpg", "colored", extras=("a.layer.png",))
        assert opened.of_chunk(7) is None
    for chunk in failing:
        rows = [row or Row(f"{chunk:03}-00.jpg", "colored", size=9) for row in opened.kept(chunk)]
        opened.put(chunk, rows)
    assert sorted(opened.done()) == list(range(counted.chunks))
    assert opened.complete(counted) == {"colored": counted.photographs}
    after = parquet.read_table(tmp_path / "ledger.parquet").to_pylist()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [row["key"] for row in changed] == [f"{chunk:03}-00.jpg" for chunk in sorted(failing)]


def test_a_damaged_piece_is_named_with_what_to_do(ledger, tmp_path):
    ledger.put(0, rows_of(0))
    next((tmp_path / "run").rglob("*.parquet")).write_bytes(b"PAR1")
    with pytest.raises(ArchiveError, match=r"00000000\.parquet is damaged .* remove it"):
        ledger.of_chunk(0)
