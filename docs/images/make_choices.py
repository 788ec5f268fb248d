"""Make the pictures of docs/choices.md from photographs of `examples/`.

python docs/images/make_choices.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from photochrom import Colorizer, Hint
from photochrom.photos import contact_sheet, save_photograph

ROOT = Path(__file__).resolve().parents[2]
CELL = (240, 180)  # pixels


def main() -> None:
    """Color, and write the sheets beside this file."""
    colorizer = Colorizer()
    predicted = {
        name: colorizer.predict(ROOT / "examples" / f"{name}.jpg") for name in ("astronaut", "coffee", "pagoda")
    }
    predicted["cameraman"] = colorizer.predict(ROOT / "examples" / "cameraman.jpg")

    rows = []
    for name in ("coffee", "astronaut", "cameraman"):
        photo = predicted[name]
        rows.append([photo.color(), *photo.samples(4, seed=1)])
    write("choices-samples.jpg", rows, ["no sample", "sample 0", "sample 1", "sample 2", "sample 3"])

    photo = predicted["cameraman"]
    coat, sky = Hint.parse("35%,60%,#802020"), Hint.parse("50%,15%,#e0a060")
    pictures = [photo.color(), photo.color(hints=[coat]), photo.color(hints=[coat, sky])]
    write("choices-hints.jpg", [pictures], ["no hint", "35%,60%,#802020", "and 50%,15%,#e0a060"])

    photo = predicted["pagoda"]
    write(
        "choices-balance.jpg",
        [
            [
                photo.color(white_balance=-0.6),
                photo.color(),
                photo.color(white_balance=0.6),
                photo.color(white_balance="auto"),
            ]
        ],
        ["white balance -0.6", "0", "0.6", "auto"],
    )
    sure = [
        [photo.color().preview(480), photo.uncertainty_image().thumbnail_image(480)] for photo in predicted.values()
    ]
    save(contact_sheet(sure, headings=["colored", "uncertainty"], cell=CELL, across=2), "choices-uncertainty.jpg")


def write(name: str, rows: list[list[Any]], headings: list[str]) -> None:
    """A sheet of previews, a photograph to a row."""
    previews = [[photo.preview(480) for photo in row] for row in rows]
    save(contact_sheet(previews, headings=headings, cell=CELL), name)


def save(sheet: Any, name: str) -> None:
    """As JPEG, over the one before."""
    save_photograph(sheet, Path(__file__).with_name(name), overwrite=True, quality=85)


if __name__ == "__main__":
    main()
