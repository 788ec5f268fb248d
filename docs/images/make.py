"""Make the picture at the head of the README, and that of the model cards, from photographs of `examples/`.

python docs/images/make.py
"""

from __future__ import annotations

from pathlib import Path

from photochrom import Colorizer
from photochrom.photos import contact_sheet, in_gray, open_photograph, save_photograph

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
README = ["pagoda", "grace-hopper", "cat", "dahlia", "coffee", "astronaut"]
CELL = (320, 240)  # pixels, in the README
SMALL_CELL = (260, 200)  # in the model cards


def sheet(names: list[str], models: list[str], headings: list[str], cell: tuple[int, int], file: str) -> None:
    """Gray, colored by each model, and true, a photograph to a row and two rows side by side."""
    colorizers = [Colorizer(model) for model in models]
    rows = []
    for name in names:
        photograph = open_photograph(EXAMPLES / f"{name}.jpg")
        colored = [colorizer.colorize(photograph).image() for colorizer in colorizers]
        pictures = [in_gray(photograph), *colored, photograph.pixels()]
        rows.append([picture.thumbnail_image(cell[0], height=cell[1]).copy_memory() for picture in pictures])
    made = contact_sheet(rows, names, headings=["gray", *headings, "original"], cell=cell, across=2)
    save_photograph(made, HERE / file, overwrite=True, quality=85)


if __name__ == "__main__":
    sheet(README, ["lite"], ["colored"], CELL, "before-after.jpg")
    everything = sorted(path.stem for path in EXAMPLES.glob("*.jpg"))
    sheet(everything, ["lite", "lite-class"], ["lite", "lite-class"], SMALL_CELL, "embedded.jpg")
