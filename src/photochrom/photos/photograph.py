"""Open a photograph: its header judged first, its lightness at any size, its pixels as a stream.

Nothing is decoded when a photograph is opened. Each later step reads the file again from its start, so that only a few
rows are ever in memory.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photochrom.color.lab import gray_to_lightness, rgb_to_lab, rgb_to_lightness
from photochrom.photos import formats
from photochrom.photos.errors import (
    OversizedPhoto,
    UnsupportedPhoto,
    condense,
    of_change,
    of_memory,
    of_reading,
)
from photochrom.photos.exif import EXIF_FIELD, exif_of_tiff
from photochrom.photos.fields import has_field, set_blob
from photochrom.photos.png_text import TEXT_FIELD, texts_of_png
from photochrom.photos.profiles import on_white, to_srgb
from photochrom.photos.source_file import Loader, SourceFile, find_file, loader_of
from photochrom.photos.vips_errors import VIPS_ERRORS, text_of

MAX_MEGAPIXELS = 500.0


@dataclass(frozen=True)
class Photograph:
    """A photograph whose header has been read and judged; made by `open_photograph`.

    Attributes:
        name: what to call it in messages: the file's name.
        width: in pixels, upright.
        height: in pixels, upright.
        depth: bits a channel, 8 or 16.
        is_gray: stored in one channel (a gray picture may also be stored in three: see `chroma`).
        has_alpha: carries transparency.
        format: "JPEG", "PNG", "TIFF", "WebP", "AVIF", "HEIC", "GIF" or "array".
        path: where it lies, None when it came from memory.
        orientation: EXIF's, as stored: 1 is upright, 5 to 8 lie on their side.
        page: which of its file's pages this is, from 0.
        pages: how many there are; above 1 in a TIFF alone.
    """

    name: str
    width: int
    height: int
    depth: int
    is_gray: bool
    has_alpha: bool
    format: str
    path: Path | None = None
    orientation: int = 1
    page: int = 0
    pages: int = 1
    _exif: bytes | None = field(default=None, repr=False, compare=False)  # a TIFF's
    _texts: bytes | None = field(default=None, repr=False, compare=False)  # a PNG's
    _stamp: str | None = field(default=None, repr=False, compare=False)  # of the file as it was opened
    _load: Loader = field(default=lambda **_: None, repr=False, compare=False)

    def lightness(self, width: int, height: int) -> NDArray[np.float32]:
        """The photograph's lightness, reduced to exactly this size; transparent parts are seen on white.

        JPEGs are shrunk while they are decoded. What is stretched is the caller's choice of size.

        Args:
            width: pixels of the result, upright.
            height: pixels of the result, upright.

        Returns: float32 [height, width] in 0..100.
        Raises: ValueError for a side under 1; DamagedPhoto where the data are truncated or corrupt.

        Example:
            >>> open_photograph("old.jpg").lightness(384, 256).shape  # doctest: +SKIP
            (256, 384)
        """
        if width < 1 or height < 1:
            raise ValueError(f"lightness needs a size of at least 1 x 1, got {width} x {height}")
        small = self.reduced(width, height)
        return (rgb_to_lightness if small.bands == 3 else gray_to_lightness)(small.numpy())

    def chroma(self) -> float:
        """The mean CIELAB chroma, from a small copy: 0 for gray, some 10 for sepia or faded color, 20 for most color.

        Raises: DamagedPhoto where the data are truncated or corrupt.
        """
        small = self.reduced(64, 64)
        return (
            0.0 if small.bands == 1 else float(np.hypot(*np.moveaxis(rgb_to_lab(small.numpy())[..., 1:], -1, 0)).mean())
        )

    def reduced(self, width: int, height: int) -> Any:
        """The photograph at exactly this size, upright, in sRGB, in memory: pyvips.Image of 1 or 3 bands.

        Raises: DamagedPhoto where the data are truncated or corrupt.
        """
        stored_width, stored_height = (height, width) if self.orientation >= 5 else (width, height)
        try:
            image = self._load(access="sequential", **self._shrink_on_load(width, height))
            image = on_white(self._in_srgb(image))
            image = image.resize(stored_width / image.width, vscale=stored_height / image.height)
            # Turned last: a few thousand pixels in memory, where a stream could not be turned.
            return image.copy_memory().autorot()
        except VIPS_ERRORS as error:
            raise of_reading(self.name, text_of(error)) from None
        except MemoryError:
            raise of_memory(self.name) from None

    def pixels(self) -> Any:
        """A fresh stream of the whole photograph, upright, in sRGB, its own depth and alpha: a lazy pyvips.Image.

        It may be read once, from top to bottom. A photograph stored on its side is first decoded whole (beyond 100 MB
        into a temporary file), because its columns become rows.
        """
        turned = self.orientation > 2  # 2 is mirrored left to right, which streams
        try:
            image = self._load(access="random" if turned else "sequential").autorot()
            if (image.width, image.height) != (self.width, self.height):
                raise of_change(self.name)
            image = self._in_srgb(image)
        except VIPS_ERRORS as error:
            raise of_reading(self.name, text_of(error)) from None
        except MemoryError:
            raise of_memory(self.name) from None
        # A TIFF's EXIF and a PNG's texts, which libvips does not read, or not well.
        for name, data in ((EXIF_FIELD, self._exif), (TEXT_FIELD, self._texts)):
            if data is not None:
                set_blob(image, name, data)
        return image

    def _in_srgb(self, image: Any) -> Any:
        """As `to_srgb`. Raises: DamagedPhoto when it is no longer of the kind that was judged."""
        srgb = to_srgb(image)
        kind = None if srgb is None else (srgb.format == "ushort", srgb.bands <= 2, bool(srgb.hasalpha()))
        if kind != (self.depth == 16, self.is_gray, self.has_alpha):
            raise of_change(self.name)
        return srgb

    def _shrink_on_load(self, width: int, height: int) -> dict[str, int]:
        if self.format != "JPEG":
            return {}
        # The decoder's shrink is a plain block mean. At least a factor of two is left for the better filter.
        spare = min(self.width / width, self.height / height) / 2
        return {"shrink": next((factor for factor in (8, 4, 2) if factor <= spare), 1)}


def open_photograph(
    source: str | Path | bytes, *, max_megapixels: float = MAX_MEGAPIXELS, page: int | None = None
) -> Photograph:
    """Read and judge a photograph's header; no pixel is decoded.

    Args:
        source: a path, or the bytes of a file.
        max_megapixels: refuse more pixels than this.
        page: of a TIFF with several, from 0. None is for callers that give one picture for one file: there a TIFF with
            several pages is refused, so that none is lost. `open_pages` opens them all.

    Raises: UnreadablePhoto (missing, a folder, empty, not allowed, no photograph), UnsupportedPhoto (animated, several
        pages, floating point), OversizedPhoto, DamagedPhoto (a header that does not parse), ValueError for a page that
        is not there.

    Example:
        >>> photograph = open_photograph("old.jpg")  # doctest: +SKIP
        >>> photograph.width, photograph.height, photograph.depth  # doctest: +SKIP
        (3000, 2000, 8)
    """
    file = find_file(source)
    if page is None and len(file.pages) > 1:
        raise UnsupportedPhoto(
            f"{file.name}: this TIFF has {len(file.pages)} pages, and one is asked for; "
            "split it into single photographs"
        )
    if not 0 <= (page or 0) < len(file.pages):
        raise ValueError(f"{file.name}: there is no page {page}; there are {len(file.pages)}, counted from 0")
    return _judge(file, page or 0, max_megapixels)


def open_pages(source: str | Path | bytes, *, max_megapixels: float = MAX_MEGAPIXELS) -> tuple[Photograph, ...]:
    """Every page of a file: several of a TIFF, else one. Each header is judged; no pixel is decoded.

    A TIFF's reduced copies, masks and thumbnails are no pages.

    Args:
        source: a path, or the bytes of a file.
        max_megapixels: refuse a page of more pixels than this.
    Raises: PhotoError as `open_photograph`.

    Example:
        >>> [page.width for page in open_pages("album.tif")]  # doctest: +SKIP
        [2480, 2480, 1754]
    """
    file = find_file(source)
    return tuple(_judge(file, page, max_megapixels) for page in range(len(file.pages)))


def _judge(file: SourceFile, page: int, max_megapixels: float) -> Photograph:
    name = file.name if len(file.pages) == 1 else f"{file.name}, page {page + 1}"
    load = loader_of(file, page)
    try:
        image = load(access="sequential", header_alone=True)
    except VIPS_ERRORS as error:
        if file.kind is formats.HEIC:
            raise UnsupportedPhoto(
                f"{name}: this HEIC file needs a decoder that is not here; save it as JPEG"
            ) from None
        raise of_reading(name, text_of(error)) from None
    frames = image.get("n-pages") if has_field(image, "n-pages") else 1
    # A HEIC or AVIF file may hold a burst: its first picture stands for it. A TIFF's pages are known.
    if frames > 1 and file.kind in (formats.GIF, formats.WEBP):
        raise UnsupportedPhoto(f"{name}: this {file.kind.name} is animated ({frames} frames); save one frame as PNG")
    photograph = judge_image(name, image, load, file.kind.name, file.path, max_megapixels)
    exif = texts = None
    with file.open() as content:
        if file.kind is formats.TIFF:
            exif = exif_of_tiff(content, file.pages[page])
        elif file.kind is formats.PNG:
            texts = texts_of_png(content)
    return replace(photograph, page=page, pages=len(file.pages), _exif=exif, _texts=texts, _stamp=file.stamp)


def judge_image(
    name: str, image: Any, load: Loader, format_name: str, path: Path | None, max_megapixels: float
) -> Photograph:
    """The photograph behind a header (or an image in memory), or the reason why it is none that we color."""
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise OversizedPhoto(
            f"{name}: {megapixels:,.4g} megapixels are over the limit of {max_megapixels:,g}; "
            "reduce the picture or raise the limit"
        )
    try:
        upright = to_srgb(image)
    except VIPS_ERRORS as error:
        reason = condense(text_of(error))
        raise UnsupportedPhoto(f"{name}: its colors cannot be read ({reason}); save it as sRGB") from None
    if upright is None:
        raise UnsupportedPhoto(
            f"{name}: {image.format} samples ({image.interpretation}) are not read; save it with 8 or 16 bits a channel"
        )
    orientation = image.get("orientation") if has_field(image, "orientation") else 1
    orientation = orientation if 1 <= orientation <= 8 else 1
    width, height = (image.height, image.width) if orientation >= 5 else (image.width, image.height)
    return Photograph(
        name=name,
        width=width,
        height=height,
        depth=8 if upright.format == "uchar" else 16,
        is_gray=upright.bands <= 2,
        has_alpha=bool(upright.hasalpha()),
        format=format_name,
        path=path,
        orientation=orientation,
        _load=load,
    )
