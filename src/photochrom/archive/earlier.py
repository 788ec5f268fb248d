"""The ledger of a run that has ended, where its failed photographs are tried again.

A whole ledger has one row for each photograph in the order of the manifest, and one row group for each of its pieces:
so a chunk's rows are found by the chunk's number.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from photochrom.archive.manifest import CHUNK, CHUNKS_A_PIECE
from photochrom.archive.store import Store


class EarlierLedger:
    """What was told of each chunk before.

    Args:
        store: the target.
        key: of the ledger in it.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._group = -1
        self._table: Any = None  # of the piece that was read last

    def done(self) -> Iterator[int]:
        """The numbers of the chunks of which no photograph failed."""
        for group in range(self._file.num_row_groups):
            states = self._file.read_row_group(group, columns=["state"]).column(0).to_pylist()
            for place in range(0, len(states), CHUNK):
                if "failed" not in states[place : place + CHUNK]:
                    yield group * CHUNKS_A_PIECE + place // CHUNK

    def table(self, chunk: int) -> Any:
        """The rows of a chunk, as a pyarrow.Table."""
        group, place = divmod(chunk, CHUNKS_A_PIECE)
        if group != self._group:
            self._table = self._file.read_row_group(group)
            self._group = group
        return self._table.slice(place * CHUNK, CHUNK)

    @cached_property
    def _file(self) -> Any:
        import pyarrow.parquet as parquet

        return parquet.ParquetFile(self._store.open(self._key))
