"""The photographs of a source, folder by folder in the order of names, never all in memory.

What is listed is what `photochrom colorize` would find in the same folder: no hidden files, no results of earlier runs.
Files that share the first part of their names come together, because only they can want the same result's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from photochrom.archive.shards import Shard, members_of, shard_of
from photochrom.archive.store import Entry, Store
from photochrom.batch.outputs import Outputs, targets_for
from photochrom.batch.planning import plan
from photochrom.batch.result_names import results_among, split
from photochrom.batch.work import Work


class Listed(NamedTuple):
    """One photograph of a source.

    Attributes:
        key: its place from the source's root; of a photograph in a shard, with the shard's before it.
        size: bytes, 0 where the listing does not tell.
        etag: of the file that it lies in: changes when the content does.
        shard: key of the Parquet file or tar that it lies in; empty for a file of its own.
        offset: where in a tar it begins, in bytes, or its row in a Parquet file; 0 otherwise.
        distinct: another photograph's result has the plain name.
        refusal: why it is skipped, in one line; empty for all others.
    """

    key: str
    size: int
    etag: str
    shard: str = ""
    offset: int = 0
    distinct: bool = False
    refusal: str = ""


def list_photographs(
    source: Store, outputs: Outputs, *, only: str = "", exclude: str = "", part: tuple[int, int] = (0, 1)
) -> Iterator[Listed]:
    """Every photograph of a source.

    Args:
        source: a folder or a prefix.
        outputs: what is written of each, by which names are settled.
        only: one file in it, in place of all.
        exclude: a folder in it that is left out, such as the target.
        part: which of so many parts, by a hash of the names: the same on every machine, whatever else is there.
    Raises: ArchiveError for a folder or a shard that cannot be listed.
    """
    for group in _groups(source, only, exclude):
        if _is_in(part, group[0]):
            yield from _settled(group, outputs)


def _groups(source: Store, only: str, exclude: str) -> Iterator[list[Listed]]:
    """Photographs whose results could have one name, together."""
    folders = [""]
    while folders:
        folder = folders.pop()
        deeper: list[str] = []
        files = _files_of(source, folder, deeper)
        for _, group in groupby(files, key=lambda entry: entry.name.partition(".")[0]):
            siblings = [entry for entry in group if not only or entry.name == only]
            photographs = [entry for entry in siblings if split(entry.name)[1]]
            wanted = {entry.name for entry in photographs} - results_among(entry.name for entry in photographs)
            found = [Listed(folder + each.name, each.size, each.etag) for each in photographs if each.name in wanted]
            if found:
                yield found
            for entry in siblings:
                if (kind := shard_of(entry.name)) is not None:
                    yield from _in_shard(source, Shard(folder + entry.name, entry.etag, kind))
        if not only:
            folders.extend(f"{folder}{name}/" for name in reversed(deeper) if folder + name != exclude)


def _files_of(source: Store, folder: str, deeper: list[str]) -> Iterator[Entry]:
    """The files of one folder; the folders in it are noted."""
    for entry in source.entries(folder.rstrip("/")):
        if entry.name.startswith("."):
            continue
        if entry.is_folder:
            deeper.append(entry.name)
        else:
            yield entry


def _in_shard(source: Store, shard: Shard) -> Iterator[list[Listed]]:
    """One group: the names of a tar's members may come in any order."""
    members = [
        Listed(f"{shard.key}/{member.name}", member.size, shard.etag, shard.key, member.offset)
        for member in members_of(source, shard)
    ]
    if members:
        yield members


def _is_in(part: tuple[int, int], first: Listed) -> bool:
    """Whether a group belongs to this part; the photographs of one shard always go together."""
    index, count = part
    folder, _, name = (first.shard or first.key).rpartition("/")
    digest = hashlib.sha256(f"{folder}/{name.partition('.')[0]}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % count == index


def _settled(group: Sequence[Listed], outputs: Outputs) -> Iterator[Listed]:
    """The same rules as a folder's run has for two results of one name."""
    if len(group) == 1:
        yield group[0]
        return
    mirrored = replace(outputs, place=Path())
    tasks = plan([Work(each.key, each.key, None, "url") for each in group], mirrored)
    for each, task in zip(group, tasks, strict=True):
        plain = targets_for(task.work, mirrored).picture
        refusal = "its result would have the name of another's; give it a name of its own" if task.refusal else ""
        yield each._replace(distinct=task.targets.picture != plain, refusal=refusal)
