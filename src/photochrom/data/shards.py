"""Files that hold many photographs: Parquet in the Hugging Face image convention, and WebDataset tars."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from photochrom.data.locations import PHOTOGRAPH_SUFFIXES, TAR_SUFFIXES, DataError, StoredFile, cause

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
        column = image_column(table.schema_arrow, shown)
        row = 0
        for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=[column]):
            for value in batch.column(0).to_pylist():
                image = value if isinstance(value, dict) else {"bytes": value}
                name = image.get("path") or f"row {row}"
                problem = "" if image.get("bytes") else "the row holds no bytes"
                yield EncodedPhotograph(image.get("bytes") or b"", name, shown, problem)
                row += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(shown, error) from None


def image_column(schema: Any, shown: str) -> str:
    """The column of pictures: `image`, or the only one of struct{bytes, path}. Raises: DataError without one."""
    import pyarrow

    if "image" in schema.names:
        return "image"
    structs = [field.name for field in schema if pyarrow.types.is_struct(field.type)]
    pictures = [name for name in structs if schema.field(name).type.get_field_index("bytes") >= 0]
    if len(pictures) == 1:
        return str(pictures[0])
    names = ", ".join(schema.names)
    raise DataError(f"{shown} has no column `image` (it has {names}); see Hugging Face's image convention")


def read_tar(stream: IO[bytes], shown: str) -> Iterator[EncodedPhotograph]:
    """The photographs of a WebDataset tar, one a sample; it is streamed, so it may be compressed.

    Files that follow each other and agree up to the first dot of their name are a sample: 0001.jpg, 0001.json. Of
    several pictures in one, that with the shortest ending is the photograph: 0001.jpg before 0001.mask.png.

    Raises: DataError: damaged or cut short.
    Source: WebDataset, "The WebDataset format".
    """
    sample, best = "", None
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if not member.isfile() or path.name.startswith("."):
                    continue
                stem, _, ending = path.name.partition(".")
                if (key := str(path.with_name(stem))) != sample:
                    if best is not None:
                        yield best[1]
                    sample, best = key, None
                shortest = best is None or ending.count(".") < best[0]
                if f".{ending}".lower().endswith(PHOTOGRAPH_SUFFIXES) and shortest:
                    content = tar.extractfile(member)
                    data = content.read() if content is not None else b""
                    best = ending.count("."), EncodedPhotograph(data, member.name, shown)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise damaged(shown, error) from None
    if best is not None:
        yield best[1]


def damaged(shown: str, error: BaseException) -> DataError:
    """The error for a shard that could not be read to its end."""
    return DataError(f"{shown} is damaged or cut short ({cause(error)}); get an intact copy, or leave it out")
