import os

import pytest

from photochrom.archive import ArchiveError
from photochrom.archive.listing import Listed
from photochrom.archive.manifest import CHUNK, PIECE, Counted, Manifest, pending
from photochrom.archive.store import open_store


@pytest.fixture
def manifest(tmp_path):
    return Manifest(open_store(str(tmp_path)), "run")


def photographs(count):
    return [Listed(f"{number:07}.jpg", number, f"e{number}", distinct=number % 2 == 0) for number in range(count)]


def test_chunks_together_are_what_was_listed(manifest, tmp_path):
    wanted = photographs(PIECE + CHUNK + 1)
    counted = manifest.write(iter(wanted))
    assert counted == Counted(len(wanted), sum(range(len(wanted))))
    assert counted.chunks == PIECE // CHUNK + 2
    again = Manifest(open_store(str(tmp_path)), "run")
    assert again.counted() == counted
    chunks = [again.chunk(number) for number in range(counted.chunks)]
    assert [each for chunk in chunks for each in chunk] == wanted
    assert {len(chunk) for chunk in chunks[:-1]} == {CHUNK}


def test_names_in_any_encoding_come_back_as_they_were(manifest):
    names = [os.fsdecode(b"caf\xe9.jpg"), "京都/märz.jpg", "a\nb.jpg"]
    manifest.write(Listed(name, 1, "") for name in names)
    assert [each.key for each in manifest.chunk(0)] == names


def test_a_manifest_that_was_not_written_to_its_end_does_not_count(manifest):
    def broken():
        yield from photographs(PIECE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        manifest.write(broken())
    assert manifest.counted() is None


def test_one_piece_is_in_memory_at_a_time(manifest):
    alive = []

    def watched():
        for each in photographs(3 * PIECE):
            alive.append(manifest._store.exists("run/manifest/00000000.parquet"))
            yield each

    manifest.write(watched())
    assert alive.index(True) == PIECE  # the first was written before one photograph of the second was asked for


def test_a_chunk_beyond_the_end_is_refused(manifest):
    manifest.write(photographs(1))
    with pytest.raises(ArchiveError, match="no chunk 1"):
        manifest.chunk(1)


def test_nothing_to_color_is_a_manifest_too(manifest):
    assert manifest.write([]).chunks == 0
    assert list(pending(Counted(0, 0), [])) == []
