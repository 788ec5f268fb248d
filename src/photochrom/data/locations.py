"""Files by path or URL, listed in a fixed order and read: local folders, http(s), s3 and what else fsspec opens.

What is printed, logged or kept of a location has passed through `public`: a password or a signature in a URL stays
where it was typed. For the same reason the text of a remote error is never repeated, only its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import fsspec

from photochrom.storage.addresses import package_for, public, scheme_of
from photochrom.storage.causes import cause
from photochrom.storage.shards import SHARD_SUFFIXES

PHOTOGRAPH_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".avif")

FETCHED_AT_ONCE = 32  # small remote files: the wait for each overlaps with the others'

_NUMBERS = re.compile(r"\{(\d+)\.\.(\d+)\}")  # WebDataset's way to name many shards: {000..063}
_MAGIC = re.compile(r"[*?\[]")


class DataError(Exception):
    """A source of photographs that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class StoredFile:
    """One file of a source.

    Attributes:
        source: where it was found, as it may be printed.
        name: its path inside the source.
        path: what its file system calls it; may hold a signature, so it is never printed.
        filesystem: an fsspec file system.
    """

    source: str
    name: str
    path: str = field(repr=False)
    filesystem: Any = field(repr=False, compare=False)

    @property
    def is_shard(self) -> bool:
        """Whether it holds many photographs."""
        return self.name.lower().endswith(SHARD_SUFFIXES)

    def open(self) -> IO[bytes]:
        """The file as a stream. Raises: DataError."""
        try:
            stream: IO[bytes] = self.filesystem.open(self.path, "rb")
        except Exception as error:  # each file system has its own
            reason = f"cannot be opened ({cause(error)}); check that it is there and may be read"
            raise DataError(f"{self.source}: {self.name} {reason}") from None
        return stream


def list_files(source: str | Path) -> list[StoredFile]:
    """Every shard and photograph of a source, sorted by name.

    Args:
        source: a file, a folder tree, a pattern (`photos/*.jpg`, `shard-{000..063}.tar`), as a path or as a URL that
            fsspec knows. Files whose name begins with a dot are left out.

    Raises: DataError where nothing is there, nothing in it is a photograph, or its package is missing.

    Example:
        >>> [file.name for file in list_files("examples/cat.jpg")]  # doctest: +SKIP
        ['cat.jpg']
    """
    text, shown = str(source), public(source)
    if not text.strip():
        raise DataError("a source of photographs has an empty name; give a file, a folder or a URL")
    filesystem, path = _filesystem(text)
    try:
        found = _find(filesystem, path)
    except DataError:
        raise
    except Exception as error:  # each file system has its own
        raise DataError(f"{shown} cannot be listed ({cause(error)}); check the address and the access to it") from None
    if found is None:
        raise DataError(f"{shown} does not exist; give a Parquet file, a tar shard or a folder of photographs")
    root, paths = found
    files = [StoredFile(shown, _inside(path, root), path, filesystem) for path in paths]
    kept = sorted((file for file in files if _is_wanted(file.name)), key=lambda file: (file.name, file.path))
    if not kept:
        kinds = ", ".join((*SHARD_SUFFIXES, *PHOTOGRAPH_SUFFIXES))
        raise DataError(f"{shown} holds neither shards nor photographs ({kinds})")
    return kept


def read_all(files: Iterable[StoredFile]) -> Iterator[tuple[StoredFile, bytes, str]]:
    """Each file with its bytes, or with none and the reason; small remote files are fetched some at a time."""
    batch: list[StoredFile] = []
    for file in files:
        if batch and (len(batch) == FETCHED_AT_ONCE or file.filesystem is not batch[0].filesystem):
            yield from _read_batch(batch)
            batch = []
        batch.append(file)
    if batch:
        yield from _read_batch(batch)


def _filesystem(text: str) -> tuple[Any, str]:
    """The file system and the path in it."""
    if "://" not in text:
        return fsspec.filesystem("file"), str(Path(text).expanduser().absolute())
    scheme = scheme_of(text)
    try:
        filesystem, path = fsspec.core.url_to_fs(text)
    except ImportError:
        package = package_for(scheme)
        raise DataError(
            f"{public(text)} needs the package {package}, which is not installed; type: pip install {package}"
        ) from None
    except ValueError:
        raise DataError(f"{public(text)}: fsspec knows no address of the kind {scheme}://; try https://") from None
    return filesystem, path


def _find(filesystem: Any, path: str) -> tuple[str, list[str]] | None:
    """The folder that names are relative to, and the files; None where nothing is there."""
    parent = path.rpartition("/")[0]
    ranges = _braces(path)
    if ranges != [path]:
        missing = [path for path in ranges if not filesystem.exists(path)]
        if missing:
            raise DataError(f"{_leaf(missing[0])} is missing ({len(missing)} of {len(ranges)} named shards are)")
        return parent, ranges
    # By its name, a file needs no question to a server that may not answer questions about folders.
    if _is_wanted(_leaf(path)) and filesystem.isfile(path):
        return parent, [path]
    if filesystem.isdir(path):
        return path.rstrip("/"), [found for found in filesystem.find(path) if not found.endswith("/")]
    if filesystem.isfile(path):
        return parent, [path]
    if magic := _MAGIC.search(path):
        fixed = path[: magic.start()].rpartition("/")[0]
        found = filesystem.glob(path)
        return (fixed, [each for each in found if filesystem.isfile(each)]) if found else None
    return None


def _braces(path: str) -> list[str]:
    """The paths that a range such as {000..002} stands for."""
    match = _NUMBERS.search(path)
    if match is None:
        return [path]
    first, last = match.groups()
    return [
        path[: match.start()] + f"{number:0{len(first)}d}" + rest
        for number in range(int(first), int(last) + 1)
        for rest in _braces(path[match.end() :])
    ]


def _leaf(path: str) -> str:
    return urlsplit(path).path.rpartition("/")[2] if "://" in path else path.rpartition("/")[2]


def _inside(path: str, root: str) -> str:
    """The file's name relative to its source, as it may be printed."""
    if "://" in path:  # http: the file system's path is the URL itself
        path, root = unquote(urlsplit(path).path), unquote(urlsplit(root).path)
    return path[len(root) :].lstrip("/") if path.startswith(root) else PurePosixPath(path).name


def _is_wanted(name: str) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
    return not hidden and name.lower().endswith((*SHARD_SUFFIXES, *PHOTOGRAPH_SUFFIXES))


def _read_batch(batch: list[StoredFile]) -> Iterator[tuple[StoredFile, bytes, str]]:
    filesystem = batch[0].filesystem
    if not getattr(filesystem, "async_impl", False) or len(batch) == 1:
        for file in batch:
            try:
                content, reason = filesystem.cat_file(file.path), ""
            except Exception as error:  # each file system has its own
                content, reason = b"", cause(error)
            yield file, content, reason
        return
    fetched = filesystem.cat([file.path for file in batch], on_error="return")
    for file in batch:
        content = fetched.get(file.path, FileNotFoundError())
        yield (file, b"", cause(content)) if isinstance(content, BaseException) else (file, content, "")
