"""Photographs in Parquet files and WebDataset tars: what is in them, and where, so that one can be read by itself."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

from photochrom.archive.errors import ArchiveError, cause
from photochrom.archive.store import Store
from photochrom.batch.result_names import split

Kind = Literal["parquet", "tar", "compressed"]
_ENDINGS: dict[str, Kind] = {".parquet": "parquet", ".tar": "tar", ".tar.gz": "compressed", ".tgz": "compressed"}
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
    return next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), None)


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
        value = self._values[row - self._starts[group]].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise ValueError("the row holds no bytes")
        return bytes(content)

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
    """One picture of each sample: that with the shortest ending, 0001.jpg before 0001.mask.png.

    Source: WebDataset, "The WebDataset format": files that agree up to the first dot of their names are a sample.
    """
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        pictures = (each for each in tar if each.isfile() and _is_picture(each.name))
        for _sample, group in groupby(pictures, key=lambda each: each.name[: -len(_ending(each.name)) or None]):
            best = min(group, key=lambda each: _ending(each.name).count("."))
            yield Member(best.name.removeprefix("./"), best.size, best.offset_data)


def _is_picture(name: str) -> bool:
    last = PurePosixPath(name).name
    return bool(split(last)[1]) and not last.startswith(".") and ".." not in PurePosixPath(name).parts


def _ending(name: str) -> str:
    """From the first dot of the last part on."""
    _, dot, ending = PurePosixPath(name).name.partition(".")
    return dot + ending


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
    """`image`, or the only column of struct{bytes}."""
    import pyarrow

    structs = [field.name for field in schema if pyarrow.types.is_struct(field.type)]
    pictures = [name for name in structs if schema.field(name).type.get_field_index("bytes") >= 0]
    if "image" in schema.names:
        return "image"
    if len(pictures) == 1:
        return str(pictures[0])
    raise ArchiveError(
        f"{shown} has no column `image` (it has {', '.join(schema.names)}); rename the one with pictures"
    )
