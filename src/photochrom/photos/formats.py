"""The formats of photographs: told apart by their first bytes, and which can be written.

libvips reads far more than photographs (SVG, CSV, raw memory). Only the loaders named here are ever called, so a file
from a stranger reaches no other parser, whatever its name says.
"""

from dataclasses import dataclass
from typing import Any

HEADER_BYTES = 32  # enough to tell the formats apart


@dataclass(frozen=True)
class Format:
    """How one format is named, read and written."""

    name: str  # as people say it
    loader: str  # the libvips operation; "_buffer" appended reads from memory
    extensions: tuple[str, ...]
    saver: str | None = None  # None: read only
    deep: bool = False  # whether what we write holds more than 8 bits (AVIF: 12)
    alpha: bool = True  # whether what we write holds transparency
    longest: int = 10_000_000  # pixels of a side that can be written; libvips' own limit where the format has none


JPEG = Format("JPEG", "jpegload", (".jpg", ".jpeg", ".jpe", ".jfif"), "jpegsave", alpha=False, longest=65_500)
PNG = Format("PNG", "pngload", (".png",), "pngsave", deep=True)
TIFF = Format("TIFF", "tiffload", (".tif", ".tiff"), "tiffsave", deep=True)
WEBP = Format("WebP", "webpload", (".webp",), "webpsave", longest=16_383)
AVIF = Format("AVIF", "heifload", (".avif",), "heifsave", deep=True, longest=16_384)
HEIC = Format("HEIC", "heifload", (".heic", ".heif"))
GIF = Format("GIF", "gifload", (".gif",))

READABLE = (JPEG, PNG, TIFF, WEBP, AVIF, HEIC, GIF)
WRITABLE = tuple(kind for kind in READABLE if kind.saver)

_SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),  # BigTIFF
    (b"MM\0+", TIFF),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)

_CAMERA_RAW = frozenset({".3fr", ".arw", ".cr2", ".dng", ".iiq", ".nef", ".nrw", ".orf", ".pef", ".rw2", ".srw"})


def recognize(header: bytes) -> Format | None:
    """The format that these first bytes belong to, None if it is no photograph's.

    Example:
        >>> recognize(b"GIF89a......").name
        'GIF'
    """
    for signature, kind in _SIGNATURES:
        if header.startswith(signature):
            return kind
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return WEBP
    if header[4:8] == b"ftyp":  # ISO media: the brands say which image is inside
        brands = {header[start : start + 4] for start in range(8, len(header), 4)}
        if brands & {b"avif", b"avis"}:
            return AVIF
        if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
            return HEIC
    return None


def is_camera_raw(extension: str) -> bool:
    """Whether files of this extension are raw sensor data: TIFF by their first bytes, with only a thumbnail to decode.

    Example:
        >>> is_camera_raw(".NEF")
        True
    """
    return extension.lower() in _CAMERA_RAW


def of_extension(extension: str) -> Format | None:
    """The format written for this file extension (".jpg", any case), None if it is not written.

    Example:
        >>> of_extension(".TIF").name
        'TIFF'
    """
    return next((kind for kind in WRITABLE if extension.lower() in kind.extensions), None)


def natural_extension(format_name: str) -> str:
    """The extension of a result in the format of its photograph, or of PNG where that is only read.

    Example:
        >>> natural_extension("TIFF"), natural_extension("GIF")
        ('.tif', '.png')
    """
    return next((kind.extensions[0] for kind in WRITABLE if kind.name == format_name), PNG.extensions[0])


def names(kinds: tuple[Format, ...]) -> str:
    """'JPEG, PNG or TIFF' for a message."""
    *first, last = (kind.name for kind in kinds)
    return f"{', '.join(first)} or {last}"


def save_options(kind: Format, quality: int) -> dict[str, Any]:
    """The libvips saver's options for photographs.

    Chosen for time first, since everything else of the way is quick: TIFF's deflate at level 2 is four times faster
    than at 6 and 15 % larger; PNG with differences along the row (`sub`) at level 3 takes the time of libvips' default
    and is a fifth smaller; AVIF at effort 2 is ten times faster than at 4 and no larger. Tables of its own
    (`optimize_coding`) would take a JPEG four times the encoding time, and all of it in memory.
    """
    if kind is JPEG:
        return {"Q": quality}  # from 90 on libvips keeps the colors at full resolution
    if kind is WEBP:
        return {"Q": quality, "effort": 2}
    if kind is AVIF:
        return {"Q": quality, "compression": "av1", "effort": 2}
    if kind is TIFF:
        return {"compression": "deflate", "predictor": "horizontal", "level": 2}
    return {"compression": 3, "filter": "sub"}
