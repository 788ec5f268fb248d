"""Files that hold many photographs: Parquet in the Hugging Face image convention, and WebDataset tars."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from photochrom.data.locations import PHOTOGRAPH_SUFFIXES, DataError, StoredFile
from photochrom.storage.causes import cause
from photochrom.storage.shards import TAR_SUFFIXES, bytes_and_path, image_column, one_a_sample

ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class EncodedPhotograph:
    """One photograph as its file's bytes.

    Attributes:
        data: the bytes of a JPEG, PNG, WebP or other file that libvips reads.
        name: path inside its source, to name it in messages.
        source: the shard, or the folder, that it comes from, as it may be printed.
        problem: why there are no bytes; empty where there are.
    """

    data: bytes
    name: str
    source: str = ""
    problem: str = ""


def read_shard(file: StoredFile) -> Iterator[EncodedPhotograph]:
    """The photographs of a Parquet file or a tar, in its order.

    Raises: DataError: it cannot be opened, is damaged, or has no pictures in it by its form.
    """
    with file.open() as stream:
        yield from (read_tar if file.name.lower().endswith(TAR_SUFFIXES) else read_parquet)(stream, shard_name(file))


def shard_name(file: StoredFile) -> str:
    """The shard as it may be printed: the source where it is one file, else the name inside it."""
    return file.source if file.source.endswith(file.name) else file.name


def read_parquet(stream: IO[bytes], shown: str) -> Iterator[EncodedPhotograph]:
    """The photographs of a Parquet file with a column `image` of struct{bytes, path}, or of bytes.

    A row without bytes (whose path points elsewhere) comes with a problem instead.

    Raises: DataError: damaged, or no such column.
    Source: Hugging Face `datasets`, feature `Image`.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.ParquetFile(stream)
        column = _image_column(table.schema_arrow, shown)
        row = 0
        for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=[column]):
            for value in batch.column(0).to_pylist():
                data, path = bytes_and_path(value)
                yield EncodedPhotograph(data, path or f"row {row}", shown, "" if data else "the row holds no bytes")
                row += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(shown, error) from None


def read_tar(stream: IO[bytes], shown: str) -> Iterator[EncodedPhotograph]:
    """The photographs of a WebDataset tar, one a sample; it is streamed, so it may be compressed.

    Of several pictures in one, that with the shortest ending is the photograph: 0001.jpg before 0001.mask.png.

    Raises: DataError: damaged or cut short.
    Source: WebDataset, "The WebDataset format"; `one_a_sample` has the rule.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as tar:

            def content_of(member: tarfile.TarInfo) -> bytes:
                content = tar.extractfile(member)
                return content.read() if content is not None else b""

            for name, data in one_a_sample(tar, _is_photograph, content_of):
                yield EncodedPhotograph(data, name, shown)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise damaged(shown, error) from None


def damaged(shown: str, error: BaseException) -> DataError:
    """The error for a shard that could not be read to its end."""
    return DataError(f"{shown} is damaged or cut short ({cause(error)}); get an intact copy, or leave it out")


def _image_column(schema: Any, shown: str) -> str:
    try:
        return image_column(schema)
    except ValueError as error:
        raise DataError(f"{shown} {error}") from None


def _is_photograph(name: str) -> bool:
    return name.lower().endswith(PHOTOGRAPH_SUFFIXES)
