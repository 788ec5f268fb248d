"""Color the lightness of every example photograph and lay the results out on one before/after sheet.

`make demo` runs this in an environment that holds photochrom's runtime dependencies alone. It needs no arguments:

    python examples/demo.py

Results go to `demo-output/` in the repository root, which git ignores. Where `../shared/data/legacy` exists, a folder
of old black-and-white photographs outside the repository, those are colored too.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pyvips
from rich.console import Console
from rich.progress import track

from photochrom import Colorizer
from photochrom.color.lab import rgb_to_lab
from photochrom.inference import WeightsError
from photochrom.photos import PhotoError, contact_sheet, in_gray, open_photograph, save_photograph

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
LEGACY = ROOT.parent / "shared" / "data" / "legacy"
OUTPUT = ROOT / "demo-output"

CELL = (320, 240)  # pixels: width and height that each picture on the sheet is fitted into
COLORED_CHROMA = 4.0  # a photograph whose mean chroma is above this has colors of its own: the truth to compare with


@dataclass(frozen=True)
class Pictures:
    """One photograph as it appears on the sheet: what went in, what came out and, where it is known, what it was."""

    name: str
    gray: pyvips.Image
    colored: pyvips.Image
    truth: pyvips.Image | None


def main() -> int:
    """Color all photographs, write the sheet, say where everything is. Returns the exit status: 0 if all went well."""
    started = time.perf_counter()
    console = Console(stderr=True)
    try:
        colorizer = Colorizer()
        system = colorizer.predictor.card.system  # waits until the network is loaded: faults of its file are told here
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"Coloring photographs with {system}. Only the lightness of each one is read: where an example is a color\n"
        "photograph, its colors are never looked at. The sheet shows them beside the result for comparison."
    )
    folders = [("examples", EXAMPLES)] + ([("legacy", LEGACY)] if LEGACY.is_dir() else [])
    pictures: dict[str, list[Pictures]] = {}
    failures: list[str] = []
    for name, folder in folders:
        pictures[name] = []
        for source in track(sorted(folder.glob("*.jpg")), name, console=console, disable=not console.is_terminal):
            try:
                # An old print may be toned. That is the color of the paper, not of the scene: no truth.
                pictures[name].append(color_one(colorizer, source, OUTPUT / name, may_be_truth=name == "examples"))
            except PhotoError as error:
                failures.append(str(error))
    shown = [photograph for folder in pictures.values() for photograph in folder]
    sheet = save_photograph(before_after_sheet(shown), OUTPUT / "before-after.jpg", overwrite=True)

    print(f"{len(shown)} photographs in {time.perf_counter() - started:.1f} s")
    for name, made in pictures.items():
        print(f"  {len(made):3} colored photographs  {OUTPUT / name}")
    print(f"  before and after          {sheet}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def color_one(colorizer: Colorizer, source: Path, folder: Path, *, may_be_truth: bool) -> Pictures:
    """Color one photograph into `folder` under its own name and return its pictures for the sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    target = colorizer.colorize(source).save(folder / source.name, overwrite=True)

    original = small(source)
    return Pictures(
        name=source.stem,
        gray=in_gray(open_photograph(source)).thumbnail_image(CELL[0], height=CELL[1]).copy_memory(),
        colored=small(target),
        truth=original if may_be_truth and mean_chroma(original) > COLORED_CHROMA else None,
    )


def small(path: Path) -> pyvips.Image:
    """The photograph at `path` as 8-bit sRGB, upright, as large as a cell of the sheet allows; read into memory."""
    thumbnail = pyvips.Image.thumbnail(str(path), CELL[0], height=CELL[1], export_profile="srgb").colourspace("srgb")
    return thumbnail.extract_band(0, n=3).copy_memory()


def mean_chroma(image: pyvips.Image) -> float:
    """Mean of sqrt(a^2 + b^2) over the pixels: 0 for gray, about 18 for an ordinary color photograph."""
    ab = rgb_to_lab(image.numpy())[..., 1:]  # [height, width, 2]
    return float(np.hypot(ab[..., 0], ab[..., 1]).mean())


def before_after_sheet(pictures: list[Pictures]) -> pyvips.Image:
    """All photographs on one sheet: those with a truth beside them first, several photographs to a row.

    Returns: pyvips.Image, 8-bit sRGB.
    """
    with_truth = [p for p in pictures if p.truth is not None]
    without = [p for p in pictures if p.truth is None]
    parts = [
        contact_sheet(rows, [p.name for p in group], headings=headings, cell=CELL, across=across)
        for group, rows, headings, across in (
            (with_truth, [[p.gray, p.colored, p.truth] for p in with_truth], ["gray", "colored", "original"], 2),
            (without, [[p.gray, p.colored] for p in without], ["gray", "colored"], 3),
        )
        if group
    ]
    return reduce(lambda above, below: above.join(below, "vertical", expand=True, background=255), parts)


if __name__ == "__main__":
    sys.exit(main())
