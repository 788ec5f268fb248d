"""Open a photograph: its header judged first, its lightness at any size, its pixels as a stream.

Nothing is decoded when a photograph is opened. Each later step reads the file again from its start, so that only a few
rows are ever in memory.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from photochrom.color.lab import gray_to_lightness, rgb_to_lab, rgb_to_lightness
from photochrom.photos import formats
from photochrom.photos.errors import (
    OversizedPhoto,
    UnreadablePhoto,
    UnsupportedPhoto,
    condense,
    of_reading,
)
from photochrom.photos.profiles import on_white, to_srgb

MIN_SIDE = 16  # pixels; a network that halves the picture five times sees nothing in less
MAX_MEGAPIXELS = 500.0

Loader = Callable[..., Any]  # libvips load options -> pyvips.Image


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
    """

    name: str
    width: int
    height: int
    depth: int
    is_gray: bool
    has_alpha: bool
    format: str
    path: Path | None = None
    orientation: int = 1  # EXIF's, as stored: 1 is upright, 5 to 8 lie on their side
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
            image = on_white(to_srgb(self._load(access="sequential", **self._shrink_on_load(width, height))))
            image = image.resize(stored_width / image.width, vscale=stored_height / image.height)
            # Turned last: a few thousand pixels in memory, where a stream could not be turned.
            return image.copy_memory().autorot()
        except pyvips.Error as error:
            raise of_reading(self.name, str(error)) from None

    def pixels(self) -> Any:
        """A fresh stream of the whole photograph, upright, in sRGB, its own depth and alpha: a lazy pyvips.Image.

        It may be read once, from top to bottom. A photograph stored on its side is first decoded whole (beyond 100 MB
        into a temporary file), because its columns become rows.
        """
        turned = self.orientation > 2  # 2 is mirrored left to right, which streams
        try:
            return to_srgb(self._load(access="random" if turned else "sequential").autorot())
        except pyvips.Error as error:
            raise of_reading(self.name, str(error)) from None

    def _shrink_on_load(self, width: int, height: int) -> dict[str, int]:
        if self.format != "JPEG":
            return {}
        # The decoder's shrink is a plain block mean. At least a factor of two is left for the better filter.
        spare = min(self.width / width, self.height / height) / 2
        return {"shrink": next((factor for factor in (8, 4, 2) if factor <= spare), 1)}


def open_photograph(source: str | Path | bytes, *, max_megapixels: float = MAX_MEGAPIXELS) -> Photograph:
    """Read and judge a photograph's header; no pixel is decoded.

    Args:
        source: a path, or the bytes of a file.
        max_megapixels: refuse more pixels than this.

    Raises: UnreadablePhoto (missing, a folder, empty, not allowed, no photograph), UnsupportedPhoto (animated, several
        pages, a side under 16 pixels, floating point), OversizedPhoto, DamagedPhoto (a header that does not parse).

    Example:
        >>> photograph = open_photograph("old.jpg")  # doctest: +SKIP
        >>> photograph.width, photograph.height, photograph.depth  # doctest: +SKIP
        (3000, 2000, 8)
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        return _judge("the photograph", content, content[: formats.HEADER_BYTES], None, max_megapixels)
    path = Path(source)
    return _judge(path.name or str(path), os.fsencode(path), _first_bytes(path), path, max_megapixels)


def _first_bytes(path: Path) -> bytes:
    """The start of the file; what keeps it from being read is told here."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder; name the photographs in it" if path.is_dir() else "no regular file; copy it to one"
            raise UnreadablePhoto(f"{path}: this is {kind}")
        with path.open("rb") as file:
            return file.read(formats.HEADER_BYTES)
    except FileNotFoundError:
        raise UnreadablePhoto(f"{path}: there is no such file; check the name") from None
    except PermissionError:
        raise UnreadablePhoto(f"{path}: you may not read this file; change its permissions") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadablePhoto(f"{path}: cannot be opened ({reason}); check the name and the disk") from None


def _judge(name: str, source: bytes, header: bytes, path: Path | None, max_megapixels: float) -> Photograph:
    if not header:
        raise UnreadablePhoto(f"{name}: the file is empty; get an intact copy")
    kind = formats.recognize(header)
    if kind is None:
        raise UnreadablePhoto(f"{name}: this is no photograph; give a {formats.names(formats.READABLE)} file")
    if kind is formats.TIFF and path is not None and formats.is_camera_raw(path.suffix):
        raise UnsupportedPhoto(f"{name}: raw camera files are not read; develop it to a 16-bit TIFF first")
    load = _loader(kind, source, in_memory=path is None)
    try:
        image = load(access="sequential")
    except pyvips.Error as error:
        if kind is formats.HEIC:
            raise UnsupportedPhoto(
                f"{name}: this HEIC file needs a decoder that is not here; save it as JPEG"
            ) from None
        raise of_reading(name, str(error)) from None
    _refuse_pages(name, kind, image, load)
    return judge_image(name, image, load, kind.name, path, max_megapixels)


def _loader(kind: formats.Format, source: bytes, *, in_memory: bool) -> Loader:
    """The libvips loader of this format, as a function of load options.

    The operation is named directly: a file name given to libvips' generic opener may carry options in brackets.
    """
    operation = kind.loader + ("_buffer" if in_memory else "")

    def load(**options: Any) -> Any:
        # revalidate: libvips remembers loaded files by name, and this one may have changed since.
        return pyvips.Operation.call(operation, source, fail_on="error", revalidate=True, **options)

    return load


def _refuse_pages(name: str, kind: formats.Format, image: Any, load: Loader) -> None:
    pages = image.get("n-pages") if "n-pages" in image.get_fields() else 1
    if pages == 1 or kind.loader == "heifload":  # a HEIC or AVIF file may hold a burst: the first picture stands for it
        return
    if kind is not formats.TIFF:
        raise UnsupportedPhoto(f"{name}: this {kind.name} is animated ({pages} frames); save one frame as PNG")
    # Reduced copies of the first page (a pyramid, a thumbnail) are no pages of their own.
    if any(load(access="sequential", page=page).width > 0.75 * image.width for page in range(1, pages)):
        raise UnsupportedPhoto(f"{name}: this TIFF has {pages} pages; split it into single photographs first")


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
    if min(image.width, image.height) < MIN_SIDE:
        raise UnsupportedPhoto(
            f"{name}: {image.width} x {image.height} pixels are too few; take a copy with at least {MIN_SIDE} a side"
        )
    try:
        upright = to_srgb(image)
    except pyvips.Error as error:
        raise UnsupportedPhoto(f"{name}: its colors cannot be read ({condense(str(error))}); save it as sRGB") from None
    if upright is None:
        raise UnsupportedPhoto(
            f"{name}: {image.format} samples ({image.interpretation}) are not read; save it with 8 or 16 bits a channel"
        )
    orientation = image.get("orientation") if "orientation" in image.get_fields() else 1
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
