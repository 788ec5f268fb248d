"""The ledger: one row for each photograph, of what became of it.

Each chunk of work leaves one small Parquet file, written when all its results are in their places: that file says that
the chunk is done. Written twice, by a retry, it is the same file. In the end they become one ledger in the target, in
the order of the manifest. A run that has ended is opened again to try what failed: what its ledger told of all others
stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from photochrom.archive.earlier import EarlierLedger
from photochrom.archive.errors import ArchiveError
from photochrom.archive.manifest import CHUNKS_A_PIECE, PIECE, Counted
from photochrom.archive.parquet import arrow_text, from_parquet, table_of, to_parquet
from photochrom.archive.store import Store, shown

STATES = ("colored", "copied", "failed", "skipped")


class Row(NamedTuple):
    """What became of one photograph.

    Attributes:
        key: its place from the source's root.
        state: "colored", "copied" (it was in color, and keeps it), "failed", or "skipped" (its result has no name).
        target: the result's place from the target's root, None where there is none.
        size: bytes of the result.
        sha256: of the result.
        source_sha256: of the photograph's file.
        width, height: pixels of the result.
        seconds: from reading it to its result in place.
        error: what went wrong and what to do, in one line.
        extras: places of further results.
    """

    key: str
    state: str
    target: str | None = None
    size: int | None = None
    sha256: str | None = None
    source_sha256: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    error: str | None = None
    extras: tuple[str, ...] = ()


class Ledger:
    """The ledger of one run.

    Args:
        store: the target.
        folder: in it, where chunks leave theirs.
        name: of the whole ledger, at the target's root.
    """

    def __init__(self, store: Store, folder: str, name: str) -> None:
        self.name = name
        self._store = store
        self._folder = f"{folder}/ledger"
        self._earlier_key = f"{folder}/earlier.parquet"

    @property
    def is_complete(self) -> bool:
        """Whether the whole ledger is there: the run has ended."""
        return self._store.exists(self.name)

    def done(self) -> Iterator[int]:
        """The numbers of the chunks that are done."""
        if self._earlier is not None:
            yield from self._earlier.done()
        for piece in self._store.entries(self._folder):
            for entry in self._store.entries(f"{self._folder}/{piece.name}"):
                yield int(entry.name.partition(".")[0])

    def put(self, chunk: int, rows: Sequence[Row]) -> None:
        """Say that a chunk is done."""
        self._store.put(self._path(chunk), to_parquet((_as_row(row) for row in rows), _schema()))

    def of_chunk(self, chunk: int) -> list[dict[str, Any]] | None:
        """The rows of a chunk, None while it is not done."""
        path = self._path(chunk)
        if not self._store.exists(path):
            return None
        (content,) = self._store.read_all([path])
        return from_parquet(content, path)

    def kept(self, chunk: int) -> list[Row | None]:
        """Of each photograph of a chunk, what was told before of one that did not fail; nothing in other runs."""
        if self._earlier is None:
            return []
        rows = self._earlier.table(chunk).to_pylist()
        return [None if row["state"] == "failed" else Row(**{**row, "extras": tuple(row["extras"])}) for row in rows]

    def reopen(self) -> None:
        """Open a run that has ended, so that the chunks in which a photograph failed are done again."""
        self._store.remove(self._folder)  # what a run that was killed at its very end may have left
        self._store.copy(self.name, self._earlier_key)
        self._store.remove(self.name)  # from here on, the run has not ended
        self._earlier = EarlierLedger(self._store, self._earlier_key)

    def complete(self, counted: Counted) -> Counter[str]:
        """Make one file of all, with as many chunks in memory as one piece of the manifest has.

        Returns: how many photographs have each state.
        Raises: ArchiveError unless every photograph has one row.
        """
        import pyarrow as pa
        import pyarrow.parquet as parquet

        states: Counter[str] = Counter()
        with TemporaryDirectory(prefix="photochrom-") as folder:
            file = Path(folder) / "ledger.parquet"
            with parquet.ParquetWriter(file, _schema(), compression="zstd") as writer:
                for start in range(0, counted.chunks, CHUNKS_A_PIECE):
                    chunks = range(start, min(start + CHUNKS_A_PIECE, counted.chunks))
                    table = pa.concat_tables(self._tables(chunks))
                    states.update(table.column("state").to_pylist())
                    writer.write_table(table, row_group_size=PIECE)
            if states.total() != counted.photographs:
                raise ArchiveError(
                    f"{shown(self._store)}: {counted.photographs:,} photographs have {states.total():,} rows; "
                    f"give the same command again"
                )
            self._store.put_file(self.name, file)
        return states

    def counts(self) -> Counter[str]:
        """How many photographs have each state, by the whole ledger."""
        import pyarrow.parquet as parquet

        states: Counter[str] = Counter()
        with self._store.open(self.name) as stream:
            for batch in parquet.ParquetFile(stream).iter_batches(columns=["state"]):
                states.update(batch.column(0).to_pylist())
        return states

    @cached_property
    def _earlier(self) -> EarlierLedger | None:
        return EarlierLedger(self._store, self._earlier_key) if self._store.exists(self._earlier_key) else None

    def _tables(self, chunks: range) -> list[Any]:
        """The rows of the chunks of one piece; of those that were not done again, as they were told before."""
        earlier = self._earlier
        paths = {chunk: self._path(chunk) for chunk in chunks}
        if earlier is not None:
            there = {entry.name for entry in self._store.entries(str(PurePosixPath(paths[chunks[0]]).parent))}
            paths = {chunk: path for chunk, path in paths.items() if PurePosixPath(path).name in there}
        contents = self._store.read_all(paths.values())
        tables = dict(zip(paths, map(table_of, contents, paths.values()), strict=True))
        return [earlier.table(chunk) if earlier and chunk not in tables else tables[chunk] for chunk in chunks]

    def _path(self, chunk: int) -> str:
        return f"{self._folder}/{chunk // CHUNKS_A_PIECE:06d}/{chunk:08d}.parquet"


def _as_row(row: Row) -> dict[str, Any]:
    return {name: arrow_text(value) if isinstance(value, str) else value for name, value in row._asdict().items()} | {
        "extras": [arrow_text(name) for name in row.extras]
    }


def _schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("key", pa.string()),
            ("state", pa.string()),
            ("target", pa.string()),
            ("size", pa.int64()),
            ("sha256", pa.string()),
            ("source_sha256", pa.string()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("seconds", pa.float32()),
            ("error", pa.string()),
            ("extras", pa.list_(pa.string())),
        ]
    )
