"""Write a picture: whole or not at all, and never over an original."""

import errno
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photochrom.photos import formats
from photochrom.photos.encoding import Encoding, is_large
from photochrom.photos.errors import UnwritablePhoto, no_room, of_absence, of_change
from photochrom.photos.fields import has_field, name_of
from photochrom.photos.metadata import NAME_FIELD, SOURCE_FIELD, STAMP_FIELD
from photochrom.photos.provenance import Provenance
from photochrom.photos.source_file import stamp_of
from photochrom.photos.tiff_pages import append_page

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def save_photograph(
    image: Any,
    target: Path,
    *,
    overwrite: bool = False,
    quality: int = 90,
    note: Provenance | None = None,
    mark: bool = False,
) -> Path:
    """Write a picture to a file whose extension names the format: JPEG, PNG, TIFF, WebP or AVIF.

    The picture grows in a temporary file beside the target and takes its name only when complete; on any failure the
    temporary file goes away. The original is refused as a target, under whatever name it is reached.

    Args:
        image: pyvips.Image, as made by `join_color` or `before_after`.
        target: the file to write.
        overwrite: replace a file that is there.
        quality: 1..100 for JPEG, WebP and AVIF.
        note: that the colors are estimated; None for the one that the image carries (`annotate`), if any.
        mark: draw the small visible mark.

    Returns: the target.
    Raises: UnwritablePhoto; DamagedPhoto where the source's data, which are read only now, are truncated or corrupt, or
        the source changed; OutOfMemory.

    Example:
        >>> save_photograph(colored, Path("new.jpg"))  # doctest: +SKIP
        PosixPath('new.jpg')
    """
    return save_pages([image], target, overwrite=overwrite, quality=quality, note=note, mark=mark)


def save_pages(
    images: Sequence[Any],
    target: Path,
    *,
    overwrite: bool = False,
    quality: int = 90,
    note: Provenance | None = None,
    mark: bool = False,
) -> Path:
    """Write pictures as the pages of one TIFF, each with its own size, depth and metadata; or one in any format.

    Args:
        images: at least one pyvips.Image, in the order of the pages; each is read once, when its turn comes.
        target, overwrite, quality, note, mark: as for `save_photograph`.

    Returns: the target.
    Raises: as `save_photograph`; UnwritablePhoto for several pages in another format; ValueError for none.

    Example:
        >>> colored = [colorizer.colorize(page).image() for page in open_pages("album.tif")]  # doctest: +SKIP
        >>> save_pages(colored, Path("new.tif"))  # doctest: +SKIP
    """
    target = Path(target)
    encoding = Encoding(_writable_format(target.suffix, str(target)), quality, note, mark, is_large(images))
    original = next((Path(name) for image in images if (name := name_of(image, SOURCE_FIELD))), None)
    kind = check_target(target, original=original, overwrite=overwrite)
    _check_pages(len(images), kind, str(target))
    try:
        with _temporary_beside(target) as whole:
            for page, image in enumerate(images):
                _write_page(encoding, image, whole, target, page, len(images))
                _check_unchanged(image)
            check_target(target, original=original, overwrite=overwrite)  # minutes may have passed
            whole.replace(target)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room(str(target)) from None
        raise UnwritablePhoto(f"{target}: cannot be written ({error.strerror}); choose another folder") from None
    return target


def encode_photograph(
    image: Any, format: str = ".png", *, quality: int = 90, note: Provenance | None = None, mark: bool = False
) -> bytes:
    """The picture as the bytes of a file; format is an extension such as ".png".

    Args:
        image, quality, note, mark: as for `save_photograph`.
    Raises: UnwritablePhoto for a format that is not written; DamagedPhoto as `save_photograph`.
    """
    return encode_pages([image], format, quality=quality, note=note, mark=mark)


def encode_pages(
    images: Sequence[Any],
    format: str = ".tif",
    *,
    quality: int = 90,
    note: Provenance | None = None,
    mark: bool = False,
) -> bytes:
    """Pictures as the bytes of one TIFF, or one as those of any format; otherwise as `save_pages`."""
    kind = _writable_format(format, format)
    _check_pages(len(images), kind, format)
    encoding = Encoding(kind, quality, note, mark, is_large(images))
    whole = io.BytesIO()
    for page, image in enumerate(images):
        content = encoding.encode(image, "the picture", page=page, pages=len(images))
        _check_unchanged(image)
        if page == 0:
            whole.write(content)
        else:
            append_page(whole, io.BytesIO(content))
    return whole.getvalue()


def check_target(target: Path, *, original: Path | None = None, overwrite: bool = False) -> formats.Format:
    """Refuse early what `save_photograph` would refuse: worth asking before a network runs.

    Returns: the format that the extension names.
    Raises: UnwritablePhoto for an unknown extension, a missing folder, a target that exists (a folder always, a file
        unless overwrite), or that is the original under any name.
    """
    kind = _writable_format(target.suffix, str(target))
    try:
        if not target.parent.is_dir():
            raise UnwritablePhoto(f"{target}: there is no folder {target.parent}; create it first")
        if not os.path.lexists(target):
            return kind
        if original is not None and target.exists() and original.exists() and target.samefile(original):
            raise UnwritablePhoto(f"{target}: this is the original, which is never written to; choose another name")
        if target.exists() and not target.is_file():
            raise UnwritablePhoto(f"{target}: this is no file that could be replaced; choose another name")
    except OSError as error:
        raise UnwritablePhoto(f"{target}: cannot be written ({error.strerror}); choose another name") from None
    if not overwrite:
        raise UnwritablePhoto(f"{target}: exists already; choose another name or allow overwriting")
    return kind


def _write_page(encoding: Encoding, image: Any, whole: Path, target: Path, page: int, pages: int) -> None:
    """Write the first page to the file itself, the others beside it, and then to its end."""
    if page == 0:
        encoding.write(image, whole, str(target), pages=pages)
        return
    with _temporary_beside(target) as single:
        encoding.write(image, single, str(target), page=page, pages=pages)
        with whole.open("r+b") as file, single.open("rb") as content:
            append_page(file, content)


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """A new, empty file in the target's folder, with the rights of any new file; gone at the end."""
    # A name is at most 255 bytes in most file systems, and a letter up to four.
    path = target.with_name(f".{target.stem[:40]}-{os.urandom(4).hex()}{target.suffix}")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _writable_format(extension: str, name: str) -> formats.Format:
    kind = formats.of_extension(extension)
    if kind is None:
        given = f"{extension!r} is not written" if extension else "the extension is missing"
        raise UnwritablePhoto(f"{name}: {given}; end the name in .jpg, .png, .tif, .webp or .avif")
    return kind


def _check_pages(count: int, kind: formats.Format, target: str) -> None:
    if count == 0:
        raise ValueError("a file needs at least one picture")
    if count > 1 and kind is not formats.TIFF:
        raise UnwritablePhoto(f"{target}: {kind.name} holds one page, not {count}; end the name in .tif")


def _check_unchanged(image: Any) -> None:
    """Refuse a result whose original is no longer the file that was opened: it may be half the one, half the other."""
    source, name = name_of(image, SOURCE_FIELD), name_of(image, NAME_FIELD)
    if source is None or name is None or not has_field(image, STAMP_FIELD):
        return
    now = stamp_of(Path(source))
    if now is None:
        raise of_absence(name)
    if now != image.get(STAMP_FIELD):
        raise of_change(name)
