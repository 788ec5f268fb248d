"""PNG's texts (title, author, comment, ...), moved to the colored PNG byte for byte.

libvips takes Latin-1 for UTF-8 and passes over compressed texts, so the chunks are copied as they are.

Source: PNG Specification, Third Edition, sections 5.3 (chunks) and 11.3.3 (textual information).
"""

from __future__ import annotations

import zlib
from typing import BinaryIO

TEXT_FIELD = "photochrom-png-text"  # the chunks, of a pyvips.Image; not stored in any file under this name

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xaeB`\x82"
_MOST = 16 << 20  # bytes of text
_CHUNKS = 100_000  # looked at: large pictures have one for each 8 kB of pixels
# XMP has its own way into the result; programs that have no better place write EXIF and IPTC as texts.
_NO_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type ")


def texts_of_png(file: BinaryIO) -> bytes | None:
    """The text chunks of a PNG, one behind the other, those with wrong checksums left out; None where there are none.

    Args:
        file: opened for reading; only the chunks' headers and the texts are read.
    """
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return None
    texts = b""
    for _ in range(_CHUNKS):
        head = file.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND" or (len(texts) + length > _MOST and kind in (b"tEXt", b"zTXt", b"iTXt")):
            break
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            file.seek(length + 4, 1)
            continue
        body = file.read(length + 4)
        sound = len(body) == length + 4 and zlib.crc32(kind + body[:-4]) == int.from_bytes(body[-4:], "big")
        if sound and not body.startswith(_NO_TEXTS):
            texts += head + body
    return texts or None


def append_texts(file: BinaryIO, texts: bytes) -> None:
    """Write text chunks behind the pixels of a finished PNG.

    Args:
        file: opened for reading and writing.
    Raises: OSError where the disk is full.
    """
    file.seek(-len(_END), 2)
    if file.read() == _END:
        file.seek(-len(_END), 2)
        file.write(texts + _END)
