"""Image file directories: the lists of tags of which TIFF files are made, and EXIF blocks too.

A directory is read into plain values, little-endian whatever the file's order, and written at any place of any file.
Files come from strangers: every count and offset is checked against what is there, and cycles end.

Source: TIFF Revision 6.0, section 2; BigTIFF as libtiff reads it; Exif 2.32 (CIPA DC-008), section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

MAX_ENTRIES = 4096  # of one directory; ordinary ones have some twenty
MAX_BYTES = 64 << 20  # of the values of one directory: a description beyond it is none
MAX_DIRECTORIES = 10_000  # of one file

EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005  # tags that point at directories below this one
POINTERS = (EXIF, GPS, INTEROPERABILITY)

BYTE, ASCII, SHORT, LONG, RATIONAL, LONG8 = 1, 2, 3, 4, 5, 16
# Bytes of one value, and of the unit whose order of bytes may differ: a rational is two longs.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_UNITS = _SIZES | {5: 4, 10: 4}


class BrokenDirectory(ValueError):
    """The bytes are no directory, or point outside the file."""


@dataclass(frozen=True)
class Entry:
    """One tag's values: their TIFF type, and their bytes, little-endian."""

    type: int
    data: bytes

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.data) // _SIZES[self.type]

    def numbers(self) -> list[int]:
        """The values of a BYTE, SHORT, LONG or LONG8 entry; of every other type none."""
        size = {BYTE: 1, SHORT: 2, LONG: 4, 13: 4, LONG8: 8, 18: 8}.get(self.type)
        return [] if size is None else [int(value) for value in np.frombuffer(self.data, f"<u{size}")]

    @classmethod
    def of(cls, type: int, values: list[int]) -> Entry:
        """An entry of whole numbers of this type."""
        return cls(type, np.array(values, f"<u{_SIZES[type]}").tobytes())

    @classmethod
    def text(cls, text: str) -> Entry:
        """A text; Exif asks for ASCII, and programs read UTF-8 all the same."""
        return cls(ASCII, text.encode() + b"\0")


@dataclass
class Directory:
    """Tags and their values, and the directories that some tags point at."""

    entries: dict[int, Entry] = field(default_factory=dict)
    below: dict[int, Directory] = field(default_factory=dict)


class DirectoryReader:
    """Reads the directories of a TIFF file or of an EXIF block.

    Args:
        file: opened for reading, at any position.

    Raises: BrokenDirectory when it does not begin as a TIFF does.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.seek(0, 2)
        header = self._at(0, 8)
        self.order = {b"II": "<", b"MM": ">"}.get(header[:2], "")
        if not self.order:
            raise BrokenDirectory("it begins with neither II nor MM")
        version = self._number(header[2:4])
        if version not in (42, 43):
            raise BrokenDirectory(f"its version is {version}, neither 42 (TIFF) nor 43 (BigTIFF)")
        self.big = version == 43
        self.first_pointer = 8 if self.big else 4  # where the place of the first directory is written
        self._width = 8 if self.big else 4

    def chain(self, wanted: Container[int] | None = None) -> Iterator[tuple[Directory, int]]:
        """Each directory of the file, and where the place of the next is written.

        Args:
            wanted: read the values of these tags alone; None for all.
        """
        offset = self._offset(self.first_pointer)
        seen: set[int] = set()
        while offset and offset not in seen and len(seen) < MAX_DIRECTORIES:
            seen.add(offset)
            directory, pointer = self._directory(offset, wanted, depth=0)
            yield directory, pointer
            offset = self._offset(pointer)

    def _directory(self, offset: int, wanted: Container[int] | None, depth: int) -> tuple[Directory, int]:
        head, size = (8, 20) if self.big else (2, 12)
        count = self._number(self._at(offset, head))
        if count > MAX_ENTRIES:
            raise BrokenDirectory(f"a directory of {count} tags")
        table = self._at(offset + head, count * size)
        directory = Directory()
        spent = 0
        for start in range(0, len(table), size):
            tag, kind = (self._number(table[start + at : start + at + 2]) for at in (0, 2))
            if (wanted is not None and tag not in wanted) or kind not in _SIZES:
                continue
            length = self._number(table[start + 4 : start + size - self._width]) * _SIZES[kind]
            spent += length
            if spent > MAX_BYTES:
                raise BrokenDirectory(f"values of more than {MAX_BYTES >> 20} MB")
            inline = table[start + size - self._width : start + size]
            try:
                data = inline[:length] if length <= self._width else self._at(self._number(inline), length)
                entry = Entry(kind, self._little(data, kind))
                if tag in POINTERS and depth < 2 and entry.numbers():
                    directory.below[tag] = self._directory(entry.numbers()[0], None, depth + 1)[0]
                elif tag not in POINTERS:
                    directory.entries[tag] = entry
            except BrokenDirectory:
                continue  # this value is lost; the others are not
        return directory, offset + head + count * size

    def _little(self, data: bytes, kind: int) -> bytes:
        return (
            data
            if self.order == "<"
            else np.frombuffer(data, f">u{_UNITS[kind]}").astype("<u8").astype(f"<u{_UNITS[kind]}").tobytes()
        )

    def _offset(self, at: int) -> int:
        try:
            return self._number(self._at(at, self._width))
        except BrokenDirectory:
            return 0  # some writers leave the last pointer out

    def _number(self, data: bytes) -> int:
        return int.from_bytes(data, "little" if self.order == "<" else "big")

    def _at(self, offset: int, length: int) -> bytes:
        if offset + length > self._end:
            raise BrokenDirectory(f"it points at byte {offset + length} of {self._end}")
        self._file.seek(offset)
        return self._file.read(length)


def serialize(directory: Directory, at: int, *, order: str = "<", big: bool = False) -> tuple[bytes, int]:
    """The directory and those below it, as bytes for one place of a file.

    Args:
        directory: what to write; no directory follows it.
        at: the even offset in the file at which the bytes will lie.
        order: "<" or ">", the file's order of bytes.
        big: BigTIFF.

    Returns: the bytes, and the offset in the file where the directory itself begins. The place of the next directory
        is their last 4 bytes (8 in BigTIFF), and is zero.
    """
    width, count_code = (8, "Q") if big else (4, "H")
    place = "Q" if big else "I"
    entries = dict(directory.entries)
    blob = b""
    for tag, below in directory.below.items():
        inner, offset = serialize(below, at + len(blob), order=order, big=big)
        blob += inner
        entries[tag] = Entry.of(LONG8 if big else LONG, [offset])
    table = b""
    for tag in sorted(entries):
        entry = entries[tag]
        data = entry.data if order == "<" else _swapped(entry)
        if len(data) > width:
            offset = at + len(blob)
            blob += data + bytes(len(data) % 2)
            data = struct.pack(order + place, offset)
        table += struct.pack(f"{order}HH{place}", tag, entry.type, entry.count) + data.ljust(width, b"\0")
    start = at + len(blob)
    return blob + struct.pack(order + count_code, len(entries)) + table + bytes(width), start


def _swapped(entry: Entry) -> bytes:
    return np.frombuffer(entry.data, f"<u{_UNITS[entry.type]}").byteswap().tobytes()
