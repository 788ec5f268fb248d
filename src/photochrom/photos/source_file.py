"""A file as it was found: a path or bytes, its format by its first bytes, its pages, and libvips' loader for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyvips

from photochrom.photos import formats
from photochrom.photos.errors import UnreadablePhoto, UnsupportedPhoto, of_reading
from photochrom.photos.ifd import BrokenDirectory
from photochrom.photos.tiff_pages import list_pages

Loader = Callable[..., Any]  # libvips load options -> pyvips.Image


@dataclass(frozen=True)
class SourceFile:
    """A file of a known format, before its pages are judged."""

    name: str
    kind: formats.Format
    source: bytes  # the content, or the path
    path: Path | None
    stamp: str | None
    pages: tuple[int, ...]  # the numbers of its pages among a TIFF's directories

    def open(self) -> BinaryIO:
        """Its content, for reading. Raises: OSError."""
        return BytesIO(self.source) if self.path is None else self.path.open("rb")


def find_file(source: str | Path | bytes) -> SourceFile:
    """What lies there, by its first bytes; a TIFF's directories are counted.

    Raises: UnreadablePhoto (missing, a folder, empty, not allowed, no photograph); UnsupportedPhoto for raw files.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        return _recognized("the photograph", content, content[: formats.HEADER_BYTES], None)
    path = Path(source)
    return _recognized(path.name or str(path), os.fsencode(path), _first_bytes(path), path)


def loader_of(file: SourceFile, page: int) -> Loader:
    """The libvips loader of this format, as a function of its options and of `header_alone`.

    The operation is named directly: a file name given to libvips' generic opener may carry options in brackets.
    """
    directory = file.pages[page]
    chosen = {"page": directory} if directory else {}

    def load(*, header_alone: bool = False, **options: Any) -> Any:
        source, operation = file.source, file.kind.loader
        if file.path is None:
            operation += "_buffer"
        elif file.kind in (formats.JPEG, formats.WEBP) and not header_alone:
            # libvips maps these into memory, where a file that is cut short meanwhile would end the process (SIGBUS).
            operation += "_buffer"
            source = _content(file)
        # revalidate: libvips remembers loaded files by name, and this one may have changed since.
        return pyvips.Operation.call(operation, source, fail_on="error", revalidate=True, **chosen, **options)

    return load


def stamp_of(path: Path) -> str | None:
    """What changes when a file is written to or replaced; None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"


def _recognized(name: str, source: bytes, header: bytes, path: Path | None) -> SourceFile:
    if not header:
        raise UnreadablePhoto(f"{name}: the file is empty; get an intact copy")
    kind = formats.recognize(header)
    if kind is None:
        raise UnreadablePhoto(f"{name}: this is no photograph; give a {formats.names(formats.READABLE)} file")
    if kind is formats.TIFF and path is not None and formats.is_camera_raw(path.suffix):
        raise UnsupportedPhoto(f"{name}: raw camera files are not read; develop it to a 16-bit TIFF first")
    file = SourceFile(name, kind, source, path, stamp_of(path) if path is not None else None, (0,))
    if kind is not formats.TIFF:
        return file
    try:
        with file.open() as content:
            return replace(file, pages=list_pages(content))
    except (BrokenDirectory, OSError):
        return file  # libvips says what is wrong with it


def _first_bytes(path: Path) -> bytes:
    """The start of the file; what keeps it from being read is told here."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder; name the photographs in it" if path.is_dir() else "no regular file; copy it to one"
            raise UnreadablePhoto(f"{path}: this is {kind}")
        with path.open("rb") as file:
            return file.read(formats.HEADER_BYTES)
    except FileNotFoundError:
        raise UnreadablePhoto(f"{path}: there is no such file; check the name") from None
    except PermissionError:
        raise UnreadablePhoto(f"{path}: you may not read this file; change its permissions") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadablePhoto(f"{path}: cannot be opened ({reason}); check the name and the disk") from None


def _content(file: SourceFile) -> bytes:
    assert file.path is not None
    try:
        return file.path.read_bytes() or b"\0"  # of no bytes libvips says nothing that helps
    except OSError as error:
        raise of_reading(file.name, f"\n{error.strerror}") from None
