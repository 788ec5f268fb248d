"""Messages through a pipe: a JSON header, then blocks of bytes whose sizes it tells.

No pickles: what colors strangers' photographs may have been taken over by one of them, and must not be able to make
the reader of its replies run anything.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any

MAX_HEADER = 1 << 20  # bytes
_SIZES = struct.Struct(">I")


class Closed(Exception):
    """The other end of the pipe has gone."""


def write_frame(stream: IO[bytes], header: dict[str, Any], blocks: Sequence[bytes] = ()) -> None:
    """Send one message. Raises: Closed."""
    text = json.dumps({**header, "sizes": [len(block) for block in blocks]}).encode("ascii")
    try:
        stream.write(_SIZES.pack(len(text)) + text)
        for block in blocks:
            stream.write(block)
        stream.flush()
    except (OSError, ValueError):  # ValueError: closed on this side
        raise Closed from None


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Receive one message. Raises: Closed at the end of the stream, or for anything that is no message.

    Example:
        >>> from io import BytesIO
        >>> pipe = BytesIO()
        >>> write_frame(pipe, {"id": 7}, [b"old"])
        >>> _ = pipe.seek(0)
        >>> read_frame(pipe)
        ({'id': 7}, [b'old'])
    """
    (length,) = _SIZES.unpack(_exactly(stream, _SIZES.size))
    if length > MAX_HEADER:
        raise Closed
    try:
        header = json.loads(_exactly(stream, length))
        sizes = [int(size) for size in header.pop("sizes")]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Closed from None
    return header, [_exactly(stream, size) for size in sizes]


def _exactly(stream: IO[bytes], size: int) -> bytes:
    try:
        content = stream.read(size)
    except (OSError, ValueError):
        raise Closed from None
    if len(content) < size:
        raise Closed
    return content
