"""Where training photographs come from: Parquet shards, WebDataset tars and folders of files, by path or by URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from photochrom.data.locations import DataError, StoredFile, list_files, read_all
from photochrom.data.shards import EncodedPhotograph, read_shard

__all__ = ["DataError", "EncodedPhotograph", "hold_out", "read_files", "read_source"]


def read_source(source: str | Path) -> Iterator[EncodedPhotograph]:
    """Every photograph of a source, in the sorted order of its files: the same source gives the same sequence.

    Args:
        source: a Parquet file with a column `image` (Hugging Face's convention), a WebDataset tar, a photograph, a
            folder tree of any of them, a pattern, or the URL of one: https://, s3://, file://, memory://.

    Raises:
        DataError: it does not exist, holds no photographs, or a shard is damaged.

    Example:
        >>> [photo.name for photo in read_source("photos/")]  # doctest: +SKIP
        ['1931/harbor.jpg', '1931/market.jpg']
    """
    return read_files(list_files(source))


def read_files(files: Sequence[StoredFile]) -> Iterator[EncodedPhotograph]:
    """The photographs in these files, in their order. A photograph that cannot be fetched says so in `problem`."""
    for is_shard, group in groupby(files, key=lambda file: file.is_shard):
        if is_shard:
            for shard in group:
                yield from read_shard(shard)
        else:
            for file, data, problem in read_all(group):
                yield EncodedPhotograph(data, file.name, file.source, problem)


def hold_out(files: Sequence[StoredFile]) -> tuple[list[StoredFile], list[StoredFile]]:
    """Split files by the convention of sharded data sets: the last of several shards is for validation.

    Args:
        files: of one source or of several.
    Returns: what to train on and what to validate on: nothing where there are fewer than two shards, or single
    photographs among them.

    Example:
        >>> files = [StoredFile("data", name, name, None) for name in ("a.parquet", "b.parquet")]
        >>> [[file.name for file in part] for part in hold_out(files)]
        [['a.parquet'], ['b.parquet']]
    """
    if len(files) < 2 or not all(file.is_shard for file in files):
        return list(files), []
    return list(files[:-1]), list(files[-1:])
