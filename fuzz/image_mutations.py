"""Small sound photographs of each format, and ways to damage them.

Everything follows from the seed and the number of a case, so that a case can be made again.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyvips

from photochrom.photos import Provenance, encode_pages, encode_photograph

FORMATS = ("jpeg", "png", "tiff", "webp", "gif", "avif")
_EXIF = (
    b"Exif\0\0MM\0*\0\0\0\x08\0\x03\x01\x0f\0\x02\0\0\0\x05\0\0\0\x32ACME\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x38\0\0\0\0ACME\0\0\0\x01\x90\x03\0\x02\0\0\0\x14\0\0\0\x4a\0\0\0\0"
    b"1920:01:02 03:04:05\0"
)
_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
_IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x78\0\x05Hello"
_NUMBERS = (0, 1, 2, 7, 8, 16, 255, 256, 4096, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEADER = 400  # bytes: where most of a format's structure is


def sound_files() -> dict[str, list[bytes]]:
    """For each format some files of a few hundred to a few thousand bytes that differ in how they are stored."""
    gray = _picture(1)
    color, alpha = _picture(3), _picture(4)
    deep = (color.cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")
    cmyk = _picture(4).copy(interpretation="cmyk")

    def tiff(image: Any, **options: Any) -> bytes:
        return bytes(image.tiffsave_buffer(**options))

    note = Provenance("photochrom", "lite", "0" * 64, 0.38)
    return {
        "jpeg": [gray.jpegsave_buffer(), color.jpegsave_buffer(interlace=True), cmyk.jpegsave_buffer()],
        "png": [
            gray.pngsave_buffer(),
            color.pngsave_buffer(interlace=True),
            deep.pngsave_buffer(),
            color.pngsave_buffer(palette=True),
            alpha.pngsave_buffer(),
        ],
        "tiff": [
            tiff(gray, compression="none"),
            tiff(deep, compression="deflate", predictor="horizontal"),
            tiff(color, compression="lzw", tile=True, tile_width=16, tile_height=16, pyramid=True),
            tiff(color, compression="jpeg"),
            tiff(gray, compression="ccittfax4", bitdepth=1),
            tiff(alpha, compression="packbits", bigtiff=True),
            tiff(cmyk, compression="none"),
            encode_pages([color, gray.bandjoin([gray, gray])], note=note),
        ],
        "webp": [
            color.webpsave_buffer(),
            alpha.webpsave_buffer(lossless=True),
            encode_photograph(color, ".webp", note=note),
        ],
        "gif": [color.gifsave_buffer(), gray.gifsave_buffer(interlace=True)],
        "avif": [encode_photograph(color, ".avif", note=note)],
    }


def damaged(files: dict[str, list[bytes]], seed: int, case: int) -> tuple[str, bytes]:
    """The format and the bytes of one case."""
    rng = random.Random(f"{seed}-{case}")
    kind = FORMATS[case % len(FORMATS)]
    content = bytearray(rng.choice(files[kind]))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 30))):
        if content:
            rng.choice(_MUTATIONS)(content, rng, files)
    if kind == "png" and rng.random() < 0.7:  # or the checksums would stop nearly every one at the door
        content = _with_checksums(content)
    return kind, bytes(content)


def _picture(bands: int) -> Any:
    pixels = np.random.default_rng(bands).integers(0, 256, (6, 8, bands), dtype=np.uint8)
    image = pyvips.Image.new_from_array(pixels).resize(6, kernel="cubic").copy(interpretation="srgb")
    image = image.copy(interpretation="b-w") if bands == 1 else image
    image = image.copy(xres=11.8, yres=11.8)
    for field, data in (("exif-data", _EXIF), ("xmp-data", _XMP), ("iptc-data", _IPTC)):
        image.set_type(pyvips.GValue.blob_type, field, data)
    image.set_type(
        pyvips.GValue.blob_type,
        "icc-profile-data",
        pyvips.Operation.call("profile_load", "p3" if bands > 1 else "srgb"),
    )
    return image.copy_memory()


def _place(content: bytearray, rng: random.Random) -> int:
    return rng.randrange(min(len(content), _HEADER) if rng.random() < 0.6 else len(content))


def _flip(content: bytearray, rng: random.Random, _: object) -> None:
    content[_place(content, rng)] ^= 1 << rng.randrange(8)


def _set(content: bytearray, rng: random.Random, _: object) -> None:
    content[_place(content, rng)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _number(content: bytearray, rng: random.Random, _: object) -> None:
    at, code = _place(content, rng), rng.choice(("<H", ">H", "<I", ">I", "<Q"))
    size = struct.calcsize(code)
    content[at : at + size] = struct.pack(code, rng.choice(_NUMBERS) % (1 << 8 * size))


def _cut(content: bytearray, rng: random.Random, _: object) -> None:
    del content[_place(content, rng) :]


def _remove(content: bytearray, rng: random.Random, _: object) -> None:
    at = _place(content, rng)
    del content[at : at + rng.randint(1, 40)]


def _repeat(content: bytearray, rng: random.Random, _: object) -> None:
    at = _place(content, rng)
    content[at:at] = content[at : at + rng.randint(1, 60)] * rng.randint(1, 8)


def _insert(content: bytearray, rng: random.Random, _: object) -> None:
    content[(at := _place(content, rng)) : at] = rng.randbytes(rng.randint(1, 20))


def _splice(content: bytearray, rng: random.Random, files: dict[str, list[bytes]]) -> None:
    other = rng.choice(files[rng.choice(FORMATS)])
    start = rng.randrange(len(other))
    at = _place(content, rng)
    piece = other[start : start + rng.randint(1, 200)]
    content[at : at + (len(piece) if rng.random() < 0.5 else 0)] = piece


_MUTATIONS: tuple[Callable[[bytearray, random.Random, dict[str, list[bytes]]], None], ...] = (
    _flip,
    _flip,
    _set,
    _number,
    _number,
    _cut,
    _remove,
    _repeat,
    _insert,
    _splice,
)


def _with_checksums(content: bytearray) -> bytearray:
    """A PNG whose chunks have the checksums of what they hold now."""
    at = 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(content):
            break
        content[end : end + 4] = zlib.crc32(content[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return content
