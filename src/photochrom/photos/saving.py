"""Write a picture: whole or not at all, and never over an original."""

import os
import secrets
from pathlib import Path
from typing import Any

import pyvips

from photochrom.photos import formats
from photochrom.photos.errors import UnwritablePhoto, of_writing
from photochrom.photos.metadata import NAME_FIELD, SOURCE_FIELD, metadata_for
from photochrom.photos.profiles import on_white


def save_photograph(image: Any, target: Path, *, overwrite: bool = False, quality: int = 90) -> Path:
    """Write a picture to a file whose extension names the format: JPEG, PNG, TIFF, WebP or AVIF.

    The picture grows in a temporary file beside the target and takes its name only when complete; on any failure the
    temporary file goes away. The original is refused as a target, under whatever name it is reached.

    Args:
        image: pyvips.Image, as made by `join_color` or `before_after`.
        target: the file to write.
        overwrite: replace a file that is there.
        quality: 1..100 for JPEG, WebP and AVIF.

    Returns: the target.
    Raises: UnwritablePhoto; DamagedPhoto where the source's data, which are read only now, are truncated or corrupt.

    Example:
        >>> save_photograph(colored, Path("new.jpg"))  # doctest: +SKIP
        PosixPath('new.jpg')
    """
    target = Path(target)
    _check_quality(quality)
    fields = image.get_fields()
    original = Path(image.get(SOURCE_FIELD)) if SOURCE_FIELD in fields else None
    kind = check_target(target, original=original, overwrite=overwrite)
    temporary = _temporary_beside(target)
    try:
        _encode(image, kind, quality, str(target), os.fsencode(temporary))
        check_target(target, original=original, overwrite=overwrite)  # minutes may have passed
        temporary.replace(target)
    except OSError as error:
        raise UnwritablePhoto(f"{target}: cannot be written ({error.strerror}); choose another folder") from None
    finally:
        temporary.unlink(missing_ok=True)
    return target


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


def encode_photograph(image: Any, format: str = ".png", *, quality: int = 90) -> bytes:
    """The picture as the bytes of a file; format is an extension such as ".png".

    Raises: UnwritablePhoto for a format that is not written; DamagedPhoto as `save_photograph`.
    """
    kind = _writable_format(format, format)
    _check_quality(quality)
    return _encode(image, kind, quality, "the picture", None) or b""


def _temporary_beside(target: Path) -> Path:
    """A new, empty file in the target's folder, with the rights of any new file."""
    path = target.with_name(f".{target.stem[:40]}-{secrets.token_hex(4)}{target.suffix}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise UnwritablePhoto(f"{target}: cannot be written ({error.strerror}); choose another folder") from None
    return path


def _writable_format(extension: str, name: str) -> formats.Format:
    kind = formats.of_extension(extension)
    if kind is None:
        given = f"{extension!r} is not written" if extension else "the extension is missing"
        raise UnwritablePhoto(f"{name}: {given}; end the name in .jpg, .png, .tif, .webp or .avif")
    return kind


def _check_quality(quality: int) -> None:
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must lie in 1..100, got {quality}")


def _encode(image: Any, kind: formats.Format, quality: int, target: str, filename: bytes | None) -> bytes | None:
    """To the file, or to the bytes returned where filename is None."""
    fields = image.get_fields()
    source = image.get(NAME_FIELD) if NAME_FIELD in fields else "the picture"
    options = formats.save_options(kind, quality)
    if image.format == "ushort" and not kind.deep:
        # libvips would cut the lower eight bits off; rounding keeps the lightness.
        image = image.linear([1 / 257], [0.5]).cast("uchar").copy(interpretation="srgb")
    image = metadata_for(image if kind.alpha else on_white(image), kind.name)
    try:
        if filename is not None:
            pyvips.Operation.call(kind.saver, image, filename, **options)
            return None
        return bytes(pyvips.Operation.call(f"{kind.saver}_buffer", image, **options))
    except pyvips.Error as error:
        raise of_writing(source, target, str(error)) from None
