"""EXIF: what a camera or a scanner wrote down, moved between its block in JPEG and its tags in TIFF.

libvips carries the EXIF block of JPEG, PNG, WebP, HEIC and AVIF, and neither reads nor writes that of TIFF. Here the
block becomes a directory that can be read from a TIFF, written into one, and given a note.

Source: Exif 2.32 (CIPA DC-008), section 4.6; TIFF Revision 6.0.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from photochrom.photos.ifd import (
    EXIF,
    POINTERS,
    RATIONAL,
    SHORT,
    BrokenDirectory,
    Directory,
    DirectoryReader,
    Entry,
    serialize,
)

EXIF_FIELD = "exif-data"  # the block of a pyvips.Image
SOFTWARE = 0x0131
_MARK = b"Exif\0\0"  # stands before the block in JPEG, and in libvips
_HEADER = b"II*\0\x08\0\0\0"
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_CENTIMETERS = 3  # of the unit; 2, and what Exif says of files that do not say, is inches
_COLOR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_LONGEST_OF_MANY = 2048  # bytes: a longer value is a maker's own, or a preview

# Tags of a TIFF's directory that say how the pixels lie there, or hold what has another way into the result (XMP, IPTC,
# ICC, Photoshop's resources): 254..266 layout, 273..284 strips and resolution, 288..293 fax, 317..347 and 512..532
# tiles, samples and JPEG. From 50706 on the tags are those of raw files (DNG).
_STRUCTURE = frozenset(
    {*range(254, 267), *range(273, 285), *range(288, 294), 296, 297, 301, *range(317, 348), *range(512, 533)}
    | {700, 33723, 34377, 34675, 37724, *POINTERS}
)
_RAW_FILES = 50706


def read_exif(block: bytes | None) -> Directory:
    """The directory of an EXIF block; an empty one where there is none, or it is broken."""
    if not block:
        return Directory()
    content = io.BytesIO(block.removeprefix(_MARK))
    try:
        return next((directory for directory, _ in DirectoryReader(content).chain()), Directory())
    except BrokenDirectory:
        return Directory()


def exif_of_tiff(file: BinaryIO, page: int) -> bytes | None:
    """The EXIF block that this page of a TIFF would have in a JPEG; None where it says nothing.

    Args:
        file: the TIFF, opened for reading.
        page: which directory, from 0.
    """
    try:
        for number, (directory, _) in enumerate(DirectoryReader(file).chain(_Descriptive())):
            if number == page:
                described = descriptive(directory)
                return write_exif(described) if described.entries or described.below else None
    except BrokenDirectory:
        pass  # libvips judges the file; what is lost is what could not be read
    return None


def write_exif(directory: Directory) -> bytes:
    """The EXIF block of a directory."""
    body, start = serialize(directory, len(_HEADER))
    return _MARK + _HEADER[:4] + start.to_bytes(4, "little") + body


def descriptive(directory: Directory) -> Directory:
    """Without the tags that tell how pixels are stored."""
    described = _Descriptive()
    entries = {tag: entry for tag, entry in directory.entries.items() if tag in described}
    return Directory(entries, directory.below)


def of_the_result(directory: Directory, software: str | None = None, *, srgb: bool = True) -> Directory:
    """As it is true of the colored picture: upright, of its own size, and perhaps one more program that worked on it.

    Args:
        directory: the source's.
        software: appended to the programs named already; None to add nothing.
        srgb: say that the colors are sRGB, where nothing was said so far too.
    """
    result = descriptive(directory)
    if srgb or EXIF in result.below:
        camera = result.below.get(EXIF, Directory())
        entries = {tag: entry for tag, entry in camera.entries.items() if tag not in (_WIDTH, _HEIGHT)}
        entries[_COLOR_SPACE] = Entry.of(SHORT, [1])  # sRGB
        result = Directory(result.entries, {**result.below, EXIF: Directory(entries, camera.below)})
    if software is not None:
        text = _appended(result.entries.get(SOFTWARE), software)
        result = Directory({**result.entries, SOFTWARE: Entry.text(text)}, result.below)
    return result


def _appended(before: Entry | None, software: str) -> str:
    earlier = before.data.split(b"\0")[0].decode("utf-8", "replace").strip() if before else ""
    return "; ".join([*(part for part in earlier.split("; ") if part and part != software), software])


def resolution_of(directory: Directory) -> tuple[float, float] | None:
    """Pixels per millimeter across and down; None where it does not say."""
    values = []
    for tag in (_X_RESOLUTION, _Y_RESOLUTION):
        entry = directory.entries.get(tag)
        if entry is None or entry.type != RATIONAL or entry.count != 1:
            return None
        above, below = (int.from_bytes(part, "little") for part in (entry.data[:4], entry.data[4:]))
        values.append(above / below if below else 0.0)
    unit = directory.entries.get(_RESOLUTION_UNIT)
    millimeters = 10.0 if unit is not None and unit.numbers()[:1] == [_CENTIMETERS] else 25.4
    return (values[0] / millimeters, values[1] / millimeters) if min(values) > 0 else None


def shortened(directory: Directory) -> Directory:
    """Without its long values (makers' notes, previews), for a format in which the block has little room."""
    entries = {tag: entry for tag, entry in directory.entries.items() if len(entry.data) <= _LONGEST_OF_MANY}
    return Directory(entries, {tag: shortened(below) for tag, below in directory.below.items()})


class _Descriptive:
    """The tags that describe a picture: all but those of its storage. A pointer's directory is read with its tag."""

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, int) and (tag in POINTERS or tag not in _STRUCTURE) and tag < _RAW_FILES
