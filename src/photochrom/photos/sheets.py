"""Pictures beside each other: before and after, and a sheet of many."""

from collections.abc import Sequence
from typing import Any

import pyvips

from photochrom.photos.joining import in_gray
from photochrom.photos.metadata import carry_metadata
from photochrom.photos.photograph import Photograph
from photochrom.photos.profiles import on_white, white_of

_GAP = 8  # white pixels between the cells of a sheet
_CAPTION = 20  # height of a line of text, in pixels


def before_after(photograph: Photograph, colored: Any) -> Any:
    """The photograph in gray at the left, in color at the right, with a thin white gap; a lazy pyvips.Image.

    Args:
        photograph: the source.
        colored: what `join_color` made of it.

    Returns: pyvips.Image of 3 bands, of twice the width and a gap of a hundredth of it; streams, as `join_color` does.

    Example:
        >>> save_photograph(before_after(photograph, colored), Path("both.jpg"))  # doctest: +SKIP
    """
    left = on_white(in_gray(photograph))
    left = left.bandjoin([left, left])
    right = on_white(colored)
    gap = max(2, photograph.width // 100)
    both = left.join(right, "horizontal", shim=gap, background=white_of(right))
    return carry_metadata(both.copy(interpretation=right.interpretation), colored, photograph)


def contact_sheet(
    rows: Sequence[Sequence[Any]],
    labels: Sequence[str] = (),
    *,
    headings: Sequence[str] = (),
    cell: tuple[int, int] = (320, 240),
    across: int = 1,
) -> Any:
    """Many pictures on one white sheet, a row for each photograph: gray, colored, and the truth where there is one.

    Args:
        rows: pyvips.Images of any size and depth; a row may be shorter than the others.
        labels: a caption above each row; none where libvips was built without text or finds no font.
        headings: a caption above each column.
        cell: width and height in pixels that each picture is fitted into.
        across: rows set beside each other, for a sheet that is not too tall.

    Returns: pyvips.Image, uchar, 3 bands.
    Raises: ValueError without pictures, or with another number of labels than rows.

    Example:
        >>> gray = pyvips.Image.black(300, 200)
        >>> contact_sheet([[gray, gray], [gray]], ["first", "second"]).bands
        3
    """
    if not any(rows):
        raise ValueError("a contact sheet needs at least one picture")
    if labels and len(labels) != len(rows):
        raise ValueError(f"{len(rows)} rows need as many labels, got {len(labels)}")
    columns = max(len(row) for row in rows)
    strips = [_strip(row, labels[index] if labels else "", columns, cell) for index, row in enumerate(rows)]
    across = min(across, len(strips))
    sheet = pyvips.Image.arrayjoin(strips, across=across, shim=2 * _GAP, background=255)
    if headings:
        heading = pyvips.Image.arrayjoin([_caption(text, cell[0]) for text in headings], shim=_GAP, background=255)
        heading = heading.embed(0, 0, strips[0].width, heading.height, extend="white")
        heading = pyvips.Image.arrayjoin([heading] * across, across=across, shim=2 * _GAP, background=255)
        sheet = heading.join(sheet, "vertical", expand=True, shim=_GAP // 2, background=255)
    framed = sheet.embed(_GAP, _GAP, sheet.width + 2 * _GAP, sheet.height + 2 * _GAP, extend="white")
    return framed.copy(interpretation="srgb")


def _strip(row: Sequence[Any], label: str, columns: int, cell: tuple[int, int]) -> Any:
    blank = (pyvips.Image.black(*cell, bands=3) + 255).cast("uchar")
    cells = [_fitted(picture, cell) for picture in row] + [blank] * (columns - len(row))
    strip = pyvips.Image.arrayjoin(cells, across=columns, shim=_GAP, background=255)
    if label:
        strip = _caption(label, strip.width).join(strip, "vertical", shim=_GAP // 2, background=255)
    return strip


def _fitted(picture: Any, cell: tuple[int, int]) -> Any:
    """The picture in 8-bit color, as large as the cell allows, in its middle; read now, into memory."""
    picture = on_white(picture)
    scale = min(cell[0] / picture.width, cell[1] / picture.height)
    picture = picture.resize(scale, vscale=scale)
    if picture.format == "ushort":
        picture = picture.linear([1 / 257], [0.5])
    picture = picture.cast("uchar")
    picture = picture if picture.bands == 3 else picture.bandjoin([picture, picture])
    return picture.copy_memory().gravity("centre", *cell, extend="white")


def _caption(text: str, width: int) -> Any:
    """A line of black text on white, 3 bands."""
    paper = (pyvips.Image.black(width, _CAPTION, bands=3) + 255).cast("uchar")
    try:
        import html  # here: it brings all of HTML's entities, and few pictures are sheets

        ink = pyvips.Image.text(html.escape(text), font="sans 10", dpi=96)
    except pyvips.Error:
        return paper  # no text in this libvips, no font on this machine, or nothing to write
    ink = (255 - ink.crop(0, 0, min(width, ink.width), min(_CAPTION, ink.height))).cast("uchar")
    return paper.insert(ink.bandjoin([ink, ink]), 0, (_CAPTION - ink.height) // 2)
