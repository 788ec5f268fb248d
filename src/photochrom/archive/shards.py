"""Photographs in Parquet files and WebDataset tars: what is in them, and where, so that one can be read by itself."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

from photochrom.archive.errors import ArchiveError
from photochrom.archive.store import Store
from photochrom.batch.result_names import split
from photochrom.storage.causes import cause
from photochrom.storage.shards import (
    COMPRESSED_TAR_SUFFIXES,
    PARQUET_SUFFIXES,
    TAR_SUFFIXES,
    bytes_and_path,
    image_column,
    one_a_sample,
)

Kind = Literal["parquet", "tar", "compressed"]
_KINDS: dict[Kind, tuple[str, ...]] = {  # the first that fits
    "parquet": PARQUET_SUFFIXES,
    "compressed": COMPRESSED_TAR_SUFFIXES,
    "tar": TAR_SUFFIXES,
}
_ROWS = 1024


class Shard(NamedTuple):
    """A file that holds many photographs."""

    key: str
    etag: str
    kind: Kind


class Member(NamedTuple):
    """One photograph in a shard."""

    name: str
    size: int  # bytes, 0 where that is not told
    offset: int  # in bytes, or the row


def shard_of(name: str) -> Kind | None:
    """What kind of shard a file is by its name.

    Example:
        >>> shard_of("train-00.parquet"), shard_of("0001.jpg")
        ('parquet', None)
    """
    return next((kind for kind, endings in _KINDS.items() if name.lower().endswith(endings)), None)


def members_of(source: Store, shard: Shard) -> Iterator[Member]:
    """The photographs of a shard, in its order.

    Raises: ArchiveError for one that is damaged, has no pictures by its form, or is compressed as a whole.
    """
    if shard.kind == "compressed":
        raise ArchiveError(f"{shard.key}: nothing in a compressed tar can be read by itself; unpack it to a plain .tar")
    try:
        with source.open(shard.key) as stream:
            yield from (_tar_members if shard.kind == "tar" else _parquet_members)(stream, shard.key)
    except ArchiveError:
        raise
    except Exception as error:  # of the file system, of tar, of Arrow
        raise ArchiveError(f"{shard.key} is damaged or cut short ({cause(error)}); get an intact copy") from None


class ParquetRows:
    """The bytes of rows of Parquet files; the last row group is kept, because rows are asked for in their order."""

    def __init__(self, source: Store) -> None:
        self._source = source
        self._key = ""
        self._file: Any = None
        self._column = ""
        self._starts: list[int] = []  # the first row of each group, and the end
        self._group = -1
        self._values: Any = None

    def read(self, key: str, row: int) -> bytes:
        """Raises: ValueError for a row without bytes; what the file system or Arrow raise."""
        if key != self._key:
            self._open(key)
        group = next(index for index, start in enumerate(self._starts[1:]) if row < start)
        if group != self._group:
            self._values = self._file.read_row_group(group, columns=[self._column]).column(0)
            self._group = group
        content, _ = bytes_and_path(self._values[row - self._starts[group]].as_py())
        if not content:
            raise ValueError("the row holds no bytes")
        return content

    def _open(self, key: str) -> None:
        import pyarrow.parquet as parquet

        self._key, self._group, self._values = "", -1, None
        self._file = parquet.ParquetFile(self._source.open(key))
        self._column = _image_column(self._file.schema_arrow, key)
        self._starts = [0]
        for group in range(self._file.num_row_groups):
            self._starts.append(self._starts[-1] + self._file.metadata.row_group(group).num_rows)
        self._key = key


def _tar_members(stream: Any, _: str) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        for name, (size, offset) in one_a_sample(tar, _is_picture, lambda each: (each.size, each.offset_data)):
            yield Member(name.removeprefix("./"), size, offset)


def _is_picture(name: str) -> bool:
    return bool(split(name)[1]) and ".." not in PurePosixPath(name).parts


def _parquet_members(stream: Any, shown: str) -> Iterator[Member]:
    """Every row; the number before its name makes that its own.

    Source: Hugging Face `datasets`, feature `Image`: struct{bytes, path}.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(stream)
    column = _image_column(file.schema_arrow, shown)
    kind = file.schema_arrow.field(column).type
    named = pyarrow.types.is_struct(kind) and kind.get_field_index("path") >= 0
    if not named:
        yield from (Member(f"{row:08d}", 0, row) for row in range(file.metadata.num_rows))
        return
    row = 0
    for batch in file.iter_batches(batch_size=_ROWS, columns=[f"{column}.path"]):
        for value in batch.column(0).to_pylist():
            name = PurePosixPath((value or {}).get("path") or "").name
            yield Member(f"{row:08d}-{name}" if name else f"{row:08d}", 0, row)
            row += 1


def _image_column(schema: Any, shown: str) -> str:
    try:
        return image_column(schema)
    except ValueError as error:
        raise ArchiveError(f"{shown} {error}") from None
