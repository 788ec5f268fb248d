"""How results are called: `old.color.jpg` beside `old.jpg`, in a name that every file system takes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

# As photochrom.photos.formats has them; here, so that a name costs no loading of libvips. A test compares the two.
WRITTEN = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".avif")
ONLY_READ = (".gif", ".heic", ".heif")
PHOTOGRAPHS = WRITTEN + ONLY_READ
OTHERWISE = ".png"  # the format of a result whose photograph's format is only read
NAME_BYTES = 240  # of a name: file systems take 255, and "-12" or "uncertainty" may still come in
_COUNTED = re.compile(r"\.color-\d+(?=\.\w+$)")  # old.color-2.jpg, an alternative


def result_name(name: str, what: str = "color", *, extension: str | None = None) -> str:
    """The name of a result.

    Args:
        name: of the photograph.
        what: "color", "color-2", "before-after", "layer", "uncertainty", ...
        extension: of the result; None for the photograph's own, or PNG where that is only read.
    Returns: a name of at most 240 bytes; a longer one keeps its start, and a mark that only this name has.

    Example:
        >>> result_name("old.tif"), result_name("old.gif"), result_name("old.jpg", "layer", extension=".png")
        ('old.color.tif', 'old.color.png', 'old.layer.png')
    """
    stem, own = split(name)
    if extension is None:
        extension = own if own.lower() in WRITTEN else OTHERWISE
    ending = f".{what}{extension}"
    if len(_bytes(stem + ending)) <= NAME_BYTES:
        return stem + ending
    mark = f"~{hashlib.sha256(_bytes(name)).hexdigest()[:8]}"
    return shortened(stem, NAME_BYTES - len(_bytes(mark + ending))) + mark + ending


def split(name: str) -> tuple[str, str]:
    """Stem and extension; what stands behind the last dot is an extension only when photographs have it.

    Example:
        >>> split("Dr. Who.jpg"), split("Dr. Who")
        (('Dr. Who', '.jpg'), ('Dr. Who', ''))
    """
    stem, dot, extension = name.rpartition(".")
    if stem and f".{extension}".lower() in PHOTOGRAPHS:
        return stem, dot + extension
    return name, ""


def shortened(text: str, size: int) -> str:
    """The text's start in at most `size` bytes, without half a character at its end."""
    return _bytes(text)[:size].decode("utf-8", "ignore")


def results_among(names: Iterable[str]) -> set[str]:
    """Of the names in one folder, those that are results of others in it, by their names.

    Example:
        >>> sorted(results_among(["old.jpg", "old.color.jpg", "old.color-2.jpg", "new.color.jpg"]))
        ['old.color-2.jpg', 'old.color.jpg']
    """
    names = list(names)
    expected = set[str]()
    for name in names:
        expected.update(result_name(name, what) for what in ("color", "before-after"))
        expected.update(result_name(name, what, extension=".png") for what in ("color", "layer", "uncertainty"))
        expected.add(result_name(distinct_name(name)))
    return {name for name in names if name in expected or _COUNTED.sub(".color", name) in expected}


def distinct_name(name: str) -> str:
    """The name to make a result's of, where another photograph has the plain one: old.gif beside old.png.

    Example:
        >>> result_name(distinct_name("old.gif"))
        'old.gif.color.png'
    """
    return name + OTHERWISE


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
