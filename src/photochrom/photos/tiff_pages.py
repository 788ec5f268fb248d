"""What libvips leaves out of a TIFF: which of its directories are pages, EXIF, and pages of different sizes.

A TIFF is a chain of directories that point at pixels. So a finished file is changed by writing a new directory at its
end, and is made longer by copying another file's pixels and directory there.

Source: TIFF Revision 6.0, sections 2, 8 and 12 (NewSubfileType, PageNumber).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from photochrom.photos.ifd import LONG, LONG8, SHORT, Directory, DirectoryReader, Entry, serialize

_SUBFILE, _WIDTH, _HEIGHT, _PAGE_NUMBER = 254, 256, 257, 297
_REDUCED, _PAGE, _MASK = 1, 2, 4  # bits of NewSubfileType
_PIXELS = ((273, 279), (324, 325))  # offsets and byte counts, of strips and of tiles
_THUMBNAIL = 256  # pixels; some programs store one without saying so
_CHUNK = 1 << 20  # bytes copied at a time


class _Listed(NamedTuple):
    kind: int  # NewSubfileType
    width: int
    height: int


def list_pages(file: BinaryIO) -> tuple[int, ...]:
    """The directories of a TIFF that are pages of their own: no reduced copies, no masks, no thumbnails.

    Args:
        file: the TIFF, opened for reading.

    Returns: their numbers in the file, from 0; the first directory is always among them.
    Raises: BrokenDirectory.
    """
    tags = (_SUBFILE, _WIDTH, _HEIGHT)
    listed = [_Listed(*(_number(directory, tag) for tag in tags)) for directory, _ in DirectoryReader(file).chain(tags)]
    return (0, *(number for number, page in enumerate(listed) if number and _is_page(page, listed[0])))


def describe_page(file: BinaryIO, described: Directory) -> None:
    """Add tags to the one page of a finished TIFF.

    Args:
        file: opened for reading and writing.
        described: tags and directories, as `exif.of_the_result` gives them; they replace those that are there.

    Raises: OSError where the disk is full.
    """
    reader = DirectoryReader(file)
    directory, _ = next(reader.chain())
    entries = {**directory.entries, **described.entries}
    _write(file, reader, Directory(entries, described.below), reader.first_pointer)


def page_tags(page: int, pages: int) -> dict[int, Entry]:
    """The tags of one page, from 0, of so many; TIFF counts no more than 65535."""
    return {_SUBFILE: Entry.of(LONG, [_PAGE]), _PAGE_NUMBER: Entry.of(SHORT, [min(page, 0xFFFF), min(pages, 0xFFFF)])}


def append_page(file: BinaryIO, page: BinaryIO) -> None:
    """Copy the one page of another finished TIFF behind the last page of this one; both as libvips writes them here.

    Args:
        file: opened for reading and writing.
        page: opened for reading; of the same kind, TIFF or BigTIFF.

    Raises: OSError where the disk is full, ValueError beyond 4 GB in a file that is no BigTIFF.
    """
    target, source = DirectoryReader(file), DirectoryReader(page)
    *_, (_, last_pointer) = target.chain(())
    directory, _ = next(source.chain())
    for offsets, lengths in _PIXELS:
        if offsets in directory.entries:
            moved = _copy(page, file, *(directory.entries[tag].numbers() for tag in (offsets, lengths)))
            if not target.big and max(moved) > 0xFFFFFFFF:
                raise ValueError("a TIFF holds 4 GB; write a BigTIFF")
            directory.entries[offsets] = Entry.of(LONG8 if target.big else LONG, moved)
    _write(file, target, directory, last_pointer)


def _number(directory: Directory, tag: int) -> int:
    numbers = directory.entries[tag].numbers() if tag in directory.entries else []
    return numbers[0] if numbers else 0


def _is_page(page: _Listed, first: _Listed) -> bool:
    if page.kind & (_REDUCED | _MASK):
        return False
    longest = max(page.width, page.height)
    return bool(page.kind & _PAGE) or longest > _THUMBNAIL or 4 * longest > max(first.width, first.height)


def _copy(source: BinaryIO, target: BinaryIO, offsets: Sequence[int], lengths: Sequence[int]) -> list[int]:
    """Copy pieces to the end of the target; where they lie there."""
    moved = []
    for offset, length in zip(offsets, lengths, strict=True):
        source.seek(offset)
        moved.append(_even_end(target))
        while length > 0:
            chunk = source.read(min(length, _CHUNK))
            if not chunk:
                raise OSError(5, "the page ends too early")
            target.write(chunk)
            length -= len(chunk)
    return moved


def _write(file: BinaryIO, reader: DirectoryReader, directory: Directory, pointer: int) -> None:
    """Write a directory at the file's end, and only then its place, at which the chain points."""
    blob, start = serialize(directory, _even_end(file), order=reader.order, big=reader.big)
    file.write(blob)
    file.seek(pointer)
    file.write(start.to_bytes(8 if reader.big else 4, "little" if reader.order == "<" else "big"))


def _even_end(file: BinaryIO) -> int:
    end = file.seek(0, 2)
    return end + file.write(b"\0") if end % 2 else end
