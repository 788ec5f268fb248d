"""Small pictures of a photograph before and after, for the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photochrom.batch.work import Outcome, Work

LONG_SIDE = 480  # pixels: sharp enough on a phone, and 1,000 photographs make a page of about 60 MB
_QUALITY = 80


@dataclass(frozen=True)
class Thumbnails:
    """Two JPEGs of one size."""

    before: bytes | None  # None: the result shows it already, beside the color
    after: bytes
    width: int  # pixels
    height: int
    full_width: int  # of the result itself
    full_height: int


def thumbnails_of(work: Work, outcome: Outcome, *, side_by_side: bool = False) -> Thumbnails | None:
    """Before and after, both read from their files: so they are the same whether a run was interrupted or not.

    Of an address or standard input nothing is kept to show before: it is the result without its colors.

    Returns: None where there is no result, or where a file cannot be read any more.
    """
    if outcome.target is None or outcome.state not in ("colored", "copied", "done"):
        return None
    from photochrom.photos import PhotoError, open_photograph

    try:
        result = open_photograph(Path(outcome.target), max_megapixels=_ANY)
        scale = min(1.0, LONG_SIDE / max(result.width, result.height))
        width, height = (max(1, round(scale * side)) for side in (result.width, result.height))
        after = result.reduced(width, height)
        if side_by_side:
            return Thumbnails(None, _jpeg(after), width, height, result.width, result.height)
        if work.kind == "file":
            before = open_photograph(Path(work.source), max_megapixels=_ANY).reduced(width, height)
        else:
            before = after.colourspace("b-w")
    except PhotoError:
        return None  # the result itself was judged; the page says that there is no picture of it
    return Thumbnails(_jpeg(before), _jpeg(after), width, height, result.width, result.height)


_ANY = 1e9  # megapixels: it was judged before it was colored


def _jpeg(image: Any) -> bytes:
    if image.format == "ushort":
        image = image.linear([1 / 257], [0.5]).cast("uchar")
        image = image.copy(interpretation="b-w" if image.bands == 1 else "srgb")
    return bytes(image.jpegsave_buffer(Q=_QUALITY, keep="none"))
