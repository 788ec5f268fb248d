"""Files that hold many photographs: Parquet in the Hugging Face image convention, and WebDataset tars."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, TypeVar

PARQUET_SUFFIXES = (".parquet",)
COMPRESSED_TAR_SUFFIXES = (".tar.gz", ".tgz")
TAR_SUFFIXES = (".tar", *COMPRESSED_TAR_SUFFIXES)
SHARD_SUFFIXES = PARQUET_SUFFIXES + TAR_SUFFIXES

Taken = TypeVar("Taken")


def sample_of(name: str) -> str:
    """The sample that a file of a tar belongs to: its name up to the first dot.

    Source: WebDataset, "The WebDataset format".

    Example:
        >>> sample_of("val/0001.seg.png")
        'val/0001'
    """
    path = PurePosixPath(name)
    return str(path.with_name(path.name.partition(".")[0]))


def one_a_sample(
    tar: tarfile.TarFile, is_picture: Callable[[str], bool], take: Callable[[tarfile.TarInfo], Taken]
) -> Iterator[tuple[str, Taken]]:
    """The photograph of each sample of a WebDataset tar, in its order.

    A sample is what follows each other and is of one `sample_of`. Of several pictures in one, that with the shortest
    ending is the photograph: 0001.jpg before 0001.mask.png. Hidden files are left out.

    Args:
        tar: open, as a stream too.
        is_picture: by a name in the tar.
        take: what is wanted of a file; called while a stream stands at it.
    Yields: the photograph's name and what was taken of it.
    Raises: tarfile.TarError, OSError or EOFError for a tar that is damaged or cut short.
    """
    files = (member for member in tar if member.isfile() and not PurePosixPath(member.name).name.startswith("."))
    for _, sample in groupby(files, key=lambda member: sample_of(member.name)):
        best: tuple[int, str, Taken] | None = None
        for member in sample:
            dots = PurePosixPath(member.name).name.count(".")
            if is_picture(member.name) and (best is None or dots < best[0]):
                best = dots, member.name, take(member)
        if best is not None:
            yield best[1], best[2]


def image_column(schema: Any) -> str:
    """The column of pictures in a Parquet file: `image`, or the only one of struct{bytes, path}.

    Args:
        schema: a pyarrow.Schema.
    Raises: ValueError without one: the rest of a line that begins with the file's name.
    Source: Hugging Face `datasets`, feature `Image`.

    Example:
        >>> import pyarrow
        >>> image_column(pyarrow.schema([("label", pyarrow.int64()), ("image", pyarrow.binary())]))
        'image'
    """
    import pyarrow

    if "image" in schema.names:
        return "image"
    structs = [field.name for field in schema if pyarrow.types.is_struct(field.type)]
    pictures = [name for name in structs if schema.field(name).type.get_field_index("bytes") >= 0]
    if len(pictures) == 1:
        return str(pictures[0])
    names = ", ".join(schema.names)
    raise ValueError(f"has no column `image` (it has {names}); see Hugging Face's image convention")


def bytes_and_path(value: Any) -> tuple[bytes, str]:
    """A value of such a column, as Python has it: its bytes and its path, empty where there is none.

    Example:
        >>> bytes_and_path({"bytes": None, "path": "1.jpg"}), bytes_and_path(b"JPEG")
        ((b'', '1.jpg'), (b'JPEG', ''))
    """
    image = value if isinstance(value, dict) else {"bytes": value}
    return image.get("bytes") or b"", image.get("path") or ""
