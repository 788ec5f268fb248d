"""Names for results: the client's own, made harmless. They are shown and stand in a ZIP; no file here is named so."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

LONGEST = 120  # characters of the stem
_FORBIDDEN = frozenset('<>:"/\\|?*')  # by one of the systems on which a ZIP may be opened


def result_name(name: str, extension: str) -> str:
    """What a photograph is called once it is colored.

    Args:
        name: the uploaded file's, as the client gave it.
        extension: of the result, ".jpg".

    Example:
        >>> result_name("../../etc/pass:wd.jpeg", ".png")
        'passwd.color.png'
        >>> result_name("", ".png")
        'photograph.color.png'
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    stem = unicodedata.normalize("NFC", last).rpartition(".")[0] or last
    letters = [letter for letter in stem if letter.isprintable() and letter not in _FORBIDDEN]
    stem = "".join(letters)[:LONGEST].strip(" .")
    return f"{stem or 'photograph'}.color{extension}"


def distinct(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken; the result is taken then. Names that differ in case alone are the same.

    Example:
        >>> taken = set()
        >>> distinct("a.color.jpg", taken), distinct("A.color.jpg", taken)
        ('a.color.jpg', 'A.color-2.jpg')
    """
    stem, dot, extension = name.rpartition(".")
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}{dot}{extension}"
    taken.add(candidate.casefold())
    return candidate


def attachment(name: str) -> str:
    """The Content-Disposition header that names a download: in ASCII, and in UTF-8 as RFC 6266 writes it.

    Example:
        >>> print(attachment("été.jpg"))
        attachment; filename="_t_.jpg"; filename*=UTF-8''%C3%A9t%C3%A9.jpg
    """
    plain = "".join(letter if letter.isascii() and letter not in '"\\%' else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
