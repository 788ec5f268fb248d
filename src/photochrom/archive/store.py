"""A folder or a bucket's prefix, by fsspec: read, put whole, list in pages.

What is put is there whole or not at all: in a folder by a rename, in an object store because an upload counts only when
it is complete. No error repeats the text of another program's, which may quote an address with its key.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from photochrom.archive.errors import ArchiveError, BadPlace
from photochrom.batch.errors import is_no_room
from photochrom.storage.addresses import package_for, public, scheme_of
from photochrom.storage.causes import cause

CONTROL = ".photochrom-archive"  # in a target: what a run needs to go on
_PAGE = 1000  # keys in one answer of S3, which gives no more
_WAITS = (0.5, 2.0, 8.0)  # seconds before another try: clients of object stores have tried some times by then
_BAD_NAME = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EINVAL, errno.EEXIST, errno.EILSEQ)

Value = TypeVar("Value")


class Entry(NamedTuple):
    """One thing in a folder of a store."""

    name: str  # its last part
    is_folder: bool
    size: int = 0  # bytes
    etag: str = ""  # changes when the content does


@dataclass(frozen=True)
class Store:
    """A place by its URL; keys are the ways from it, with "/" between their parts. It may be pickled.

    Attributes:
        url: as it was given, which holds no key: `open_store` refuses those.
        unfinished: in a folder, where files grow before they get their names.
    """

    url: str
    unfinished: str = f"{CONTROL}/unfinished"

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine, or of a disk that all machines share."""
        return scheme_of(self.url) == "file"

    @cached_property
    def root(self) -> str:
        """What its file system calls it."""
        return _path_of(self.url)

    @cached_property
    def files(self) -> Any:
        """The fsspec file system."""
        import fsspec

        # Listings are ours to keep: fsspec would remember every key that it has seen.
        return fsspec.filesystem(scheme_of(self.url), use_listings_cache=False)

    def path(self, key: str) -> str:
        """What the file system calls a key."""
        return f"{self.root}/{key}" if key else self.root

    def kind(self) -> str:
        """What lies there: "file", "folder" or "nothing". Raises: ArchiveError."""
        try:
            return "file" if self.files.isfile(self.root) else "folder" if self.files.isdir(self.root) else "nothing"
        except Exception as error:  # each file system has its own
            raise self._refusal("cannot be looked at", error) from None

    def parent(self) -> tuple[Store, str]:
        """The folder it lies in, and its name there."""
        folder, _, name = self.url.rstrip("/").rpartition("/")
        return Store(folder), name

    def exists(self, key: str) -> bool:
        """Raises: ArchiveError."""
        return self._patiently("cannot be looked at", lambda: bool(self.files.exists(self.path(key))))

    def read(self, key: str, start: int | None = None, end: int | None = None) -> bytes:
        """The bytes of a file, or those from start to end. Raises: OSError and what else its file system raises."""
        content = self.files.cat_file(self.path(key), start=start, end=end)
        return bytes(content)

    def read_all(self, keys: Iterable[str]) -> list[bytes]:
        """Small files, from an object store some at a time. Raises: ArchiveError."""
        paths = [self.path(key) for key in keys]
        if self.is_local or len(paths) < 2:
            return self._patiently("cannot be read", lambda: [bytes(self.files.cat_file(path)) for path in paths])
        found = self._patiently("cannot be read", lambda: self.files.cat(paths))
        return [bytes(found[path]) for path in paths]

    def open(self, key: str) -> IO[bytes]:
        """A file as a stream that can be sought in. Raises: as `read`."""
        stream: IO[bytes] = self.files.open(self.path(key), "rb")
        return stream

    def put(self, key: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that is there is replaced.

        Raises: BadPlace for a name that the store does not take; ArchiveError when it takes nothing.
        """
        if self.is_local:
            self._patiently("cannot be written", lambda: self._rename_into_place(key, content))
        else:
            self._patiently("cannot be written", lambda: self.files.pipe_file(self.path(key), content))

    def put_file(self, key: str, file: Path) -> None:
        """The same from a file of this machine, however large. Raises: ArchiveError."""
        if self.is_local:
            part = self._part()
            try:
                shutil.copyfile(file, part)
                part.replace(self.path(key))
            except OSError as error:
                raise self._refusal("cannot be written", error) from None
        else:
            self._patiently("cannot be written", lambda: self.files.put_file(str(file), self.path(key)))

    def copy(self, key: str, other: str) -> None:
        """Copy a file within the store; it is whole when this returns. Raises: ArchiveError."""
        self._patiently("cannot be written", lambda: self.files.copy(self.path(key), self.path(other)))

    def remove(self, key: str) -> None:
        """Remove a file or a folder with all in it; nothing there is fine. Raises: ArchiveError."""

        def remove() -> None:
            if self.is_local and not Path(self.path(key)).is_dir():
                Path(self.path(key)).unlink(missing_ok=True)
            elif self.is_local:
                shutil.rmtree(self.path(key), ignore_errors=True)
            elif self.files.exists(self.path(key)):
                self.files.rm(self.path(key), recursive=True)

        self._patiently("cannot be removed", remove)

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """What lies in a folder, in the order of names; from an object store in pages, never all in memory.

        Raises: ArchiveError for a folder that cannot be listed.
        """
        try:
            if self.is_local:
                yield from _scan(self.path(folder))
            elif scheme_of(self.url) == "s3":
                yield from self._pages(folder)
            else:
                found = self.files.ls(self.path(folder), detail=True)
                yield from sorted(map(_entry, found))
        except FileNotFoundError:
            return
        except Exception as error:  # each file system has its own
            raise self._refusal(f"cannot be listed{f' at {folder}' if folder else ''}", error) from None

    def _pages(self, folder: str) -> Iterator[Entry]:
        """Some keys at a time: s3fs' own listing would hold all keys of a folder."""
        bucket, _, prefix = self.path(folder).partition("/")
        prefix = prefix.rstrip("/") + "/" if prefix else ""
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/", "MaxKeys": _PAGE}
        while True:
            page = self.files.call_s3("list_objects_v2", **asked)
            folders = [Entry(each["Prefix"][len(prefix) : -1], True) for each in page.get("CommonPrefixes", ())]
            files = [
                Entry(each["Key"][len(prefix) :], False, each["Size"], each["ETag"].strip('"'))
                for each in page.get("Contents", ())
                if each["Key"] != prefix
            ]
            yield from sorted(folders + files)
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _rename_into_place(self, key: str, content: bytes) -> None:
        place, part = Path(self.path(key)), self._part()
        try:
            part.write_bytes(content)
            try:
                part.replace(place)
            except FileNotFoundError:
                place.parent.mkdir(parents=True, exist_ok=True)
                part.replace(place)
        finally:
            part.unlink(missing_ok=True)

    def _part(self) -> Path:
        """A new name on the disk of the target, where nobody looks."""
        folder = Path(self.path(self.unfinished))
        folder.mkdir(parents=True, exist_ok=True)
        return folder / os.urandom(8).hex()

    def _patiently(self, what: str, action: Callable[[], Value]) -> Value:
        """Try again what may have been a moment's trouble. Raises: BadPlace, ArchiveError."""
        for wait in (*_WAITS, None):
            try:
                return action()
            except Exception as error:  # each file system has its own
                if _is_bad_name(error):
                    raise BadPlace(
                        f"the target does not take this name ({cause(error)}); rename the photograph"
                    ) from None
                lasting = isinstance(error, PermissionError) or (isinstance(error, OSError) and is_no_room(error))
                if wait is None or lasting:
                    raise self._refusal(what, error) from None
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _refusal(self, what: str, error: Exception) -> ArchiveError:
        return ArchiveError(f"{self.url} {what} ({cause(error)}); mend that, and give the same command to go on")


def open_store(place: str) -> Store:
    """The store behind a path or a URL.

    Raises: ArchiveError for an address with a name, a password or a signature in it, which logs would repeat; for one
        whose package is not installed, or that fsspec does not know.

    Example:
        >>> open_store("s3://scans/1931/").url
        's3://scans/1931'
    """
    scheme = scheme_of(place)
    if not place.strip():
        raise ArchiveError("a source or target has an empty name; give a folder or a URL")
    if scheme == "file":
        path = place.partition("://")[2] if place[:7].lower() == "file://" else place
        return Store("file://" + str(Path(path).expanduser().absolute()))
    if "::" in place.partition("://")[0]:
        raise ArchiveError(f"{public(place)}: chains of addresses are not taken; give the last one alone")
    parts = urlsplit(place)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ArchiveError(
            f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}: an address with a name, key or signature is "
            f"not taken; leave that out, and give credentials as {scheme} clients find them: by environment, file or "
            f"role"
        )
    store = Store(place.rstrip("/"))
    try:
        store.files  # noqa: B018 - made now, to be refused now
    except ImportError:
        package = package_for(scheme)
        raise ArchiveError(f"{store.url} needs the package {package}; type: pip install {package}") from None
    except ValueError:
        raise ArchiveError(f"{store.url}: no address of the kind {scheme}:// is known; try s3://") from None
    return store


def shown(store: Store) -> str:
    """A place as a person would type it."""
    return store.root if store.is_local else store.url


def _is_bad_name(error: Exception) -> bool:
    """Whether it is the name that is not taken. Object stores take UTF-8 alone, which a name on a disk need not be."""
    return isinstance(error, UnicodeEncodeError) or (isinstance(error, OSError) and error.errno in _BAD_NAME)


def _path_of(url: str) -> str:
    """The path in the file system: fsspec's have no scheme."""
    return url.partition("://")[2].rstrip("/") or "/"


def _scan(folder: str) -> Iterator[Entry]:
    """Of a folder of this machine. Links to folders are left out, which leaves loops no way to be one."""
    with os.scandir(folder) as listing:
        found = sorted(listing, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield Entry(entry.name, True)
        elif not entry.is_dir():
            try:
                status = entry.stat()
            except FileNotFoundError:  # a link to nowhere, or just removed
                continue
            yield Entry(entry.name, False, status.st_size, f"{status.st_mtime_ns:x}")


def _entry(found: dict[str, Any]) -> Entry:
    """Of fsspec's description of a file."""
    changed = found.get("etag") or found.get("ETag") or found.get("md5Hash") or found.get("mtime") or ""
    name = str(found["name"]).rstrip("/").rpartition("/")[2]
    return Entry(name, found["type"] == "directory", int(found.get("size") or 0), str(changed).strip('"'))
