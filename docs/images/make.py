"""Make the picture at the head of the README from photographs of `examples/`.

python docs/images/make.py [NAME ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

from photochrom import Colorizer
from photochrom.photos import contact_sheet, in_gray, open_photograph, save_photograph

ROOT = Path(__file__).resolve().parents[2]
CELL = (320, 240)  # pixels


def main(names: list[str]) -> None:
    """Gray, colored and true, a photograph to a row and two rows side by side."""
    colorizer = Colorizer()
    rows = []
    for name in names:
        path = ROOT / "examples" / f"{name}.jpg"
        photograph = open_photograph(path)
        pictures = [in_gray(photograph), colorizer.colorize(path).image(), photograph.pixels()]
        rows.append([picture.thumbnail_image(CELL[0], height=CELL[1]).copy_memory() for picture in pictures])
    sheet = contact_sheet(rows, names, headings=["gray", "colored", "original"], cell=CELL, across=2)
    save_photograph(sheet, Path(__file__).with_name("before-after.jpg"), overwrite=True, quality=85)


if __name__ == "__main__":
    main(sys.argv[1:] or ["pagoda", "grace-hopper", "cat", "dahlia", "coffee", "astronaut"])
