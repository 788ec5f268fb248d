"""What a photograph's file held when it was read: its bytes or its path, and their sha256.

Another program may replace, cut or remove a file while it is being colored. Small files are read into memory at once,
and everything is made from these bytes. Larger ones stay on the disk. In both cases the file is read once more at the
end, and its sha256 must be the first one.
"""

from __future__ import annotations

import stat
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from photochrom.batch.errors import BatchError
from photochrom.batch.work import Work

if TYPE_CHECKING:
    from photochrom.photos import Photograph

IN_MEMORY = 32 << 20  # bytes of a file that is held in memory while it is colored
MAX_STDIN = 1 << 30  # bytes


class Snapshot(NamedTuple):
    """The content of one photograph's file; made by `take_snapshot`.

    Attributes:
        name: of the photograph, for messages and results.
        sha256: of the content, 64 hexadecimal digits.
        content: the bytes; None for a large file, which is read from its path.
        path: of the file, None when the content came from elsewhere.
    """

    name: str
    sha256: str
    content: bytes | None = None
    path: Path | None = None

    def open(self, *, max_megapixels: float) -> tuple[Photograph, ...]:
        """The photograph, its header read and judged; a TIFF may hold several. Raises: PhotoError as `open_pages`."""
        from photochrom.photos import PhotoError, open_pages

        if self.content is None:
            assert self.path is not None
            return open_pages(self.path, max_megapixels=max_megapixels)
        try:
            pages = open_pages(self.content, max_megapixels=max_megapixels)
        except PhotoError as error:
            raise type(error)(f"{self.name}: {str(error).partition(': ')[2]}") from None  # bytes have no name
        # With its path, which no result may be written to.
        return tuple(
            replace(page, name=page.name.replace("the photograph", self.name, 1), path=self.path) for page in pages
        )

    def check_unchanged(self) -> None:
        """Read the file once more. Raises: BatchError when it is gone or no longer the same."""
        if self.path is None:
            return
        try:
            with self.path.open("rb") as file:
                same = _sha256(file) == self.sha256
        except OSError as error:
            raise BatchError(
                f"{self.path}: it could not be read to its end ({error.strerror}); color it again once it is there"
            ) from None
        if not same:
            raise BatchError(f"{self.path}: it changed while it was being colored; color it again once it rests")


def take_snapshot(work: Work, *, stdin: IO[bytes] | None = None) -> Snapshot:
    """Read what a Work stands for.

    Args:
        work: a file, an address or standard input.
        stdin: where standard input is read from.
    Raises: BatchError for an address that gives no photograph, or an empty standard input; PhotoError for a file that
        cannot be read.
    """
    if work.kind == "url":
        from photochrom.batch.fetching import fetch  # http and ssl are slow to import

        return _of_bytes(work.relative, fetch(work.source))
    if work.kind == "stdin":
        content = b"" if stdin is None else stdin.read(MAX_STDIN + 1)
        if not content:
            raise BatchError("-: nothing came on standard input; pipe a photograph in: cat old.jpg | ...")
        if len(content) > MAX_STDIN:
            raise BatchError(f"-: more than {MAX_STDIN >> 20} MB came on standard input; name the file instead")
        return _of_bytes(work.relative, content)
    return _of_file(Path(work.source))


def _of_bytes(name: str, content: bytes) -> Snapshot:
    import hashlib

    return Snapshot(name, hashlib.sha256(content).hexdigest(), content)


def _of_file(path: Path) -> Snapshot:
    from photochrom.photos import open_photograph
    from photochrom.photos.formats import is_camera_raw

    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= IN_MEMORY and not is_camera_raw(path.suffix):
            with path.open("rb") as file:
                content = file.read(IN_MEMORY + 1)
            if 0 < len(content) <= IN_MEMORY:
                return _of_bytes(path.name, content)._replace(path=path)
        elif stat.S_ISREG(status.st_mode) and not is_camera_raw(path.suffix):
            with path.open("rb") as file:
                return Snapshot(path.name, _sha256(file), None, path)
    except (OSError, ValueError):  # ValueError: a null character in the name
        pass
    open_photograph(path)  # says what is wrong with it: missing, a folder, closed, empty, raw
    raise BatchError(f"{path}: it changed while it was being read; color it again once it rests")


def _sha256(file: BufferedReader) -> str:
    import hashlib  # brings OpenSSL, which the network's loading brings too, beside this thread

    return hashlib.file_digest(file, "sha256").hexdigest()
