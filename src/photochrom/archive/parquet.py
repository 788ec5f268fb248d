"""Small Parquet files in memory, from rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from photochrom.archive.errors import ArchiveError
from photochrom.storage.causes import cause


def to_parquet(rows: Iterable[Mapping[str, Any]], schema: Any) -> bytes:
    """Rows as the bytes of a Parquet file: the same rows give the same bytes.

    Args:
        rows: with a value for each field.
        schema: a pyarrow.Schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    stream = pa.BufferOutputStream()
    parquet.write_table(table, stream, compression="zstd")
    return bytes(stream.getvalue())


def arrow_text(value: str) -> str:
    r"""As Arrow can hold it: bytes of a name that are no UTF-8 are written as escapes.

    Example:
        >>> arrow_text("caf\udce9.jpg"), arrow_text("märz.jpg")
        ('caf\\xe9.jpg', 'märz.jpg')
    """
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def from_parquet(content: bytes, shown: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file. Raises: ArchiveError for a damaged one."""
    rows: list[dict[str, Any]] = table_of(content, shown).to_pylist()
    return rows


def table_of(content: bytes, shown: str) -> Any:
    """The same as a pyarrow.Table."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        return parquet.read_table(pa.BufferReader(content))
    except pa.ArrowException as error:
        raise ArchiveError(f"{shown} is damaged ({cause(error)}); remove it, and give the same command again") from None
