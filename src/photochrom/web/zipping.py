"""A ZIP that is sent while it is made: one picture in memory at a time."""

from __future__ import annotations

import time
import zipfile
from collections.abc import AsyncIterator

from photochrom.web.download_names import distinct

MEDIA_TYPE = "application/zip"


async def zip_stream(entries: AsyncIterator[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """The bytes of a ZIP of these files, stored as they are: pictures do not get smaller.

    Args:
        entries: names and contents, taken one by one; a name that comes twice is numbered.
    """
    sink = _Sink()
    taken: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]  # needs no more
        async for name, content in entries:
            info = zipfile.ZipInfo(distinct(name, taken), time.localtime()[:6])
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
            yield sink.take()
    yield sink.take()


class _Sink:
    """What a ZipFile writes to: a pipe, as far as it can tell."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written
