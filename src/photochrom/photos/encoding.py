"""One picture into one format: depth, transparency, metadata, note and mark as that format holds them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyvips

from photochrom.photos import formats
from photochrom.photos.errors import UnwritablePhoto, of_memory, of_writing
from photochrom.photos.fields import blob_of, has_field, name_of
from photochrom.photos.ifd import Directory
from photochrom.photos.mark import add_mark
from photochrom.photos.metadata import NAME_FIELD, metadata_for
from photochrom.photos.png_text import TEXT_FIELD, append_texts
from photochrom.photos.profiles import on_white
from photochrom.photos.provenance import Provenance, note_of
from photochrom.photos.tiff_pages import describe_page, page_tags
from photochrom.photos.vips_errors import VIPS_ERRORS, text_of

_LARGE = 3 << 30  # bytes of pixels from which on a TIFF is written as a BigTIFF: the other ends at 4 GB


@dataclass(frozen=True)
class Encoding:
    """How pictures become files of one format.

    Raises: ValueError for a quality out of range.
    """

    kind: formats.Format
    quality: int = 90  # 1..100
    note: Provenance | None = None  # None: the one that the picture carries, if any
    mark: bool = False
    large: bool = False  # a TIFF of more than 4 GB

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must lie in 1..100, got {self.quality}")

    def write(self, image: Any, file: Path, target: str, *, page: int = 0, pages: int = 1) -> None:
        """Write the picture to a file.

        Args:
            image: pyvips.Image, read once.
            file: where to write.
            target: what to call that place in messages.
            page, pages: its number, from 0, of so many that one TIFF will hold.
        Raises: UnwritablePhoto, DamagedPhoto, OutOfMemory; OSError where the disk is full.
        """
        prepared, tags = self._prepared(image, target, page, pages)
        self._call(f"{self.kind.saver}", (prepared, os.fsencode(file)), image, target)
        if self._completed(prepared, tags):
            with file.open("r+b") as content:
                self._complete(content, prepared, tags)

    def encode(self, image: Any, target: str, *, page: int = 0, pages: int = 1) -> bytes:
        """The picture as the bytes of a file; as `write` otherwise."""
        prepared, tags = self._prepared(image, target, page, pages)
        content = bytes(self._call(f"{self.kind.saver}_buffer", (prepared,), image, target))
        if not self._completed(prepared, tags):
            return content
        file = io.BytesIO(content)
        self._complete(file, prepared, tags)
        return file.getvalue()

    def _completed(self, prepared: Any, tags: Directory | None) -> bool:
        """Whether something is to be added to what libvips wrote: tags to a TIFF, texts to a PNG."""
        return tags is not None or (self.kind is formats.PNG and has_field(prepared, TEXT_FIELD))

    def _complete(self, file: BinaryIO, prepared: Any, tags: Directory | None) -> None:
        if tags is not None:
            describe_page(file, tags)
        else:
            append_texts(file, blob_of(prepared, TEXT_FIELD) or b"")

    def _prepared(self, image: Any, target: str, page: int, pages: int) -> tuple[Any, Directory | None]:
        """The picture as libvips' saver can take it, and the tags that are to be added to what it writes."""
        longest = self.kind.longest
        if max(image.width, image.height) > longest:
            raise UnwritablePhoto(
                f"{target}: {self.kind.name} holds at most {longest:,} pixels a side, and this picture has "
                f"{image.width:,} x {image.height:,}; end the name in .png or .tif"
            )
        note = self.note or note_of(image)
        picture = add_mark(image) if self.mark else image
        picture = picture if self.kind.alpha else on_white(picture)
        if picture.format == "ushort" and not self.kind.deep:
            # libvips would cut the lower eight bits off; rounding keeps the lightness.
            picture = picture.linear([1 / 257], [0.5]).cast("uchar").copy(interpretation="srgb")
        picture, exif = metadata_for(picture, self.kind.name, note)
        if pages > 1:
            exif = Directory({**exif.entries, **page_tags(page, pages)}, exif.below)
        return picture, exif if exif.entries or exif.below else None

    def _call(self, operation: str, arguments: tuple[Any, ...], image: Any, target: str) -> Any:
        source = name_of(image, NAME_FIELD) or "the picture"
        options = formats.save_options(self.kind, self.quality)
        if self.large and self.kind is formats.TIFF:
            options["bigtiff"] = True
        try:
            return pyvips.Operation.call(operation, *arguments, **options)
        except VIPS_ERRORS as error:
            raise of_writing(source, target, text_of(error)) from None
        except MemoryError:
            raise of_memory(source) from None


def is_large(images: Sequence[Any]) -> bool:
    """Whether these pictures together could be more than an ordinary TIFF holds, 4 GB."""
    pixels = (image.width * image.height * image.bands * (2 if image.format == "ushort" else 1) for image in images)
    return bool(sum(pixels) > _LARGE)
