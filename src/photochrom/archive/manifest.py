"""The manifest: every photograph of a run, in Parquet pieces, numbered; work is given out by numbers.

A chunk is 64 photographs that follow each other. It is the unit of work: an actor takes its number, reads its rows, and
leaves one file of the ledger. So neither keys nor photographs pass through Ray, and ten million are 156,250 numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from photochrom.archive.errors import ArchiveError
from photochrom.archive.listing import Listed
from photochrom.archive.parquet import from_parquet, to_parquet
from photochrom.archive.store import Store, shown

CHUNK = 64  # photographs
CHUNKS_A_PIECE = 128
PIECE = CHUNK * CHUNKS_A_PIECE  # photographs in one file of the manifest: some 500 kB


class Counted(NamedTuple):
    """What a manifest holds."""

    photographs: int
    listed_bytes: int

    @property
    def chunks(self) -> int:
        """How many numbers of work there are."""
        return -(-self.photographs // CHUNK)


class Manifest:
    """The manifest of one run, in a folder of its target.

    Args:
        store: the target.
        folder: in it.
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = f"{folder}/manifest"
        self._number = -1
        self._rows: list[Listed] = []  # of the piece that was read last

    def counted(self) -> Counted | None:
        """What it holds; None while it is not written to its end."""
        if not self._store.exists(f"{self._folder}/complete.json"):
            return None
        (content,) = self._store.read_all([f"{self._folder}/complete.json"])
        return Counted(**json.loads(content))

    def write(self, photographs: Iterable[Listed]) -> Counted:
        """Write all pieces, one in memory at a time, and then that it is complete."""
        stream = iter(photographs)
        count = size = number = 0
        while piece := list(islice(stream, PIECE)):
            self._store.put(self._piece(number), to_parquet(map(_as_row, piece), _schema()))
            count += len(piece)
            size += sum(each.size for each in piece)
            number += 1
        counted = Counted(count, size)
        self._store.put(f"{self._folder}/complete.json", json.dumps(counted._asdict()).encode("ascii"))
        return counted

    def chunk(self, number: int) -> list[Listed]:
        """The photographs of a chunk. Raises: ArchiveError."""
        piece, place = divmod(number, CHUNKS_A_PIECE)
        if piece != self._number:
            (content,) = self._store.read_all([self._piece(piece)])
            self._rows = [_from_row(row) for row in from_parquet(content, self._piece(piece))]
            self._number = piece
        found = self._rows[place * CHUNK : (place + 1) * CHUNK]
        if not found:
            raise ArchiveError(f"{shown(self._store)}: the manifest has no chunk {number}; name a new target")
        return found

    def _piece(self, number: int) -> str:
        return f"{self._folder}/{number:08d}.parquet"


def _as_row(listed: Listed) -> dict[str, Any]:
    # Bytes: a name may be no valid UTF-8.
    names = {name: getattr(listed, name).encode("utf-8", "surrogateescape") for name in ("key", "shard")}
    return {**listed._asdict(), **names}


def _from_row(row: dict[str, Any]) -> Listed:
    names = {name: row[name].decode("utf-8", "surrogateescape") for name in ("key", "shard")}
    return Listed(**{**row, **names})


def _schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("key", pa.binary()),
            ("size", pa.int64()),
            ("etag", pa.string()),
            ("shard", pa.binary()),
            ("offset", pa.int64()),
            ("distinct", pa.bool_()),
            ("refusal", pa.string()),
        ]
    )


def pending(count: Counted, done: Iterable[int]) -> Iterator[int]:
    """The numbers of the chunks that are still to be done.

    Example:
        >>> list(pending(Counted(photographs=200, listed_bytes=0), done=[1]))
        [0, 2, 3]
    """
    finished = bytearray(count.chunks)  # a byte for each: ten million photographs are 156 kB
    for number in done:
        finished[number] = 1
    return (number for number, is_done in enumerate(finished) if not is_done)
