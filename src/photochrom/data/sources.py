"""Where training photographs come from: Parquet shards in the Hugging Face image convention, and folders of files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PHOTOGRAPH_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".avif")


class DataError(Exception):
    """A source of photographs that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class EncodedPhotograph:
    """One photograph as its file's bytes.

    Attributes:
        data: the bytes of a JPEG, PNG, WebP or other file that libvips reads.
        name: path inside its source, to name it in messages.
    """

    data: bytes
    name: str


def read_source(source: Path) -> Iterator[EncodedPhotograph]:
    """Every photograph of a Parquet file, a folder of Parquet files, a folder tree of photographs, or one photograph.

    Args:
        source: the file or folder. Names are read in sorted order, so that the same source gives the same sequence.

    Raises:
        DataError: it does not exist, or holds no photographs.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist; give a Parquet file or a folder of photographs")
    if source.is_file():
        yield from read_parquet(source) if source.suffix == ".parquet" else read_files([source], source.parent)
        return
    shards = sorted(source.glob("*.parquet"))
    if shards:
        for shard in shards:
            yield from read_parquet(shard)
        return
    files = sorted(path for path in source.rglob("*") if path.suffix.lower() in PHOTOGRAPH_SUFFIXES)
    if not files:
        raise DataError(f"{source} holds neither .parquet files nor photographs ({', '.join(PHOTOGRAPH_SUFFIXES)})")
    yield from read_files(files, source)


def hold_out(sources: list[Path]) -> tuple[list[Path], list[Path]]:
    """Split sources by the convention of sharded data sets: the last of several Parquet shards is for validation.

    Args:
        sources: Parquet files, folders of them, or folders of photographs.
    Returns: what to train on and what to validate on; nothing to validate on where there are fewer than two shards.

    Example:
        >>> hold_out([Path("a.parquet"), Path("b.parquet")])
        ([PosixPath('a.parquet')], [PosixPath('b.parquet')])
    """
    listed = [shard for source in sources for shard in sorted(source.glob("*.parquet")) or [source]]
    if len(listed) < 2 or any(source.suffix != ".parquet" for source in listed):
        return sources, []
    return listed[:-1], listed[-1:]


def read_parquet(file: Path) -> Iterator[EncodedPhotograph]:
    """The photographs of a Parquet file with a column `image` of struct{bytes, path}."""
    import pyarrow.parquet as parquet

    table = parquet.ParquetFile(file)
    if "image" not in table.schema_arrow.names:
        names = ", ".join(table.schema_arrow.names)
        raise DataError(f"{file} has no column `image` (it has {names}); see Hugging Face's image convention")
    for group in table.iter_batches(batch_size=256, columns=["image"]):
        for row in group.column(0).to_pylist():
            yield EncodedPhotograph(row["bytes"], row["path"] or "")


def read_files(files: list[Path], root: Path) -> Iterator[EncodedPhotograph]:
    """The given files, named relative to `root`."""
    for file in files:
        yield EncodedPhotograph(file.read_bytes(), str(file.relative_to(root)))
