"""What is in a collection of photographs: how many, of what formats and sizes, how many gray, toned or unreadable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyvips

from photochrom.data.decoding import THREADS, attempted, decode, in_threads
from photochrom.data.ledger import Ledger
from photochrom.data.screening import Coloring, measure_coloring
from photochrom.data.shards import EncodedPhotograph
from photochrom.photos.errors import PhotoError
from photochrom.photos.photograph import open_photograph
from photochrom.photos.sheets import contact_sheet

SMALL = 160  # short side in pixels to which photographs are brought to judge and to show them
CELL = (180, 135)  # of the sheet, pixels
ACROSS = 8


@dataclass
class Inspection:
    """What was found.

    Attributes:
        photographs: those that could be read.
        gray: of them, gray or nearly so.
        toned: of them, monochromes in one tone.
        formats: how many of each.
        byte_count: of all files together.
        short_sides: pixels, of each.
        megapixels: of each.
        chroma: the mean chroma of each.
        ledger: those that could not be read.
        shown: (name, uint8 [h, w, 3]) of some, spread over the collection.
    """

    photographs: int = 0
    gray: int = 0
    toned: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    byte_count: int = 0
    short_sides: list[int] = field(default_factory=list)
    megapixels: list[float] = field(default_factory=list)
    chroma: list[float] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    shown: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """The figures, ready for JSON; quantiles are minimum, median and maximum."""
        return {
            "photographs": self.photographs,
            "unreadable": len(self.ledger.unreadable),
            "bytes": self.byte_count,
            "formats": dict(self.formats.most_common()),
            "short_side": _quantiles(self.short_sides),
            "megapixels": _quantiles(self.megapixels),
            "chroma": _quantiles(self.chroma),
            "gray": self.gray,
            "toned": self.toned,
            "gray_share": round(self.gray / self.photographs, 4) if self.photographs else None,
        }


@dataclass(frozen=True)
class _Look:
    format: str
    width: int
    height: int
    coloring: Coloring
    small: np.ndarray


def inspect_photographs(
    photographs: Iterable[EncodedPhotograph], *, shown: int = 48, threads: int = THREADS
) -> Inspection:
    """Look at every photograph.

    Args:
        photographs: from `read_source`.
        shown: how many to keep for a sheet, spread evenly by chance over the collection (always the same ones).
        threads: of decoding.
    """
    found, random = Inspection(), np.random.default_rng(0)
    work = in_threads(lambda photograph: attempted(_look, photograph, SMALL), photographs, threads=threads)
    for photograph, look in work:
        found.ledger.tried += 1
        if isinstance(look, PhotoError):
            found.ledger.add(photograph, look)
            continue
        found.photographs += 1
        found.gray += look.coloring.is_gray
        found.toned += look.coloring.is_toned
        found.formats[look.format] += 1
        found.byte_count += len(photograph.data)
        found.short_sides.append(min(look.width, look.height))
        found.megapixels.append(look.width * look.height / 1e6)
        found.chroma.append(look.coloring.chroma)
        # Reservoir sampling: each photograph so far is shown with the same chance, however many are still to come.
        place = len(found.shown) if len(found.shown) < shown else int(random.integers(found.photographs))
        if place < shown:
            found.shown[place : place + 1] = [(photograph.name, look.small)]
    return found


def inspection_sheet(found: Inspection) -> pyvips.Image:
    """The photographs that were kept, on one sheet, with their names. Raises: ValueError without any."""
    pictures = [
        [pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation="srgb")] for _, pixels in found.shown
    ]
    names = [name.rpartition("/")[2][:24] for name, _ in found.shown]
    return contact_sheet(pictures, names, cell=CELL, across=ACROSS)


def _look(photograph: EncodedPhotograph, size: int) -> _Look:
    pixels = decode(photograph, size, 2 * size)
    header = open_photograph(photograph.data)
    return _Look(header.format, header.width, header.height, measure_coloring(pixels), pixels)


def _quantiles(values: list[int] | list[float]) -> dict[str, float] | None:
    if not values:
        return None
    low, middle, high = np.percentile(values, [0, 50, 100])
    return {"min": round(float(low), 3), "median": round(float(middle), 3), "max": round(float(high), 3)}
