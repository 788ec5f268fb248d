"""Color 24 old scans with two networks, side by side with the gray: for eyes, because no measure sees a tangerine face.

    python experiments/legacy_sheet.py ../shared/data/legacy [--old lite] [--new lite-class] [--out FOLDER]

`make legacy-sheet` runs this. The list is fixed, so that sheets of different weights show the same photographs; it was
chosen for what goes wrong in old photographs: skin of all ages, sky, foliage, bare wood, uniforms, snow, rooms,
streets, toned and faded prints. The sheets are PNG files outside the repository: not every scan may be passed on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from photochrom import Colorizer
from photochrom.inference import WeightsError
from photochrom.photos import PhotoError, contact_sheet, in_gray, open_photograph, save_photograph

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = Path(tempfile.gettempdir()) / "photochrom-legacy-sheet"
CELL = (320, 240)  # pixels: width and height that each picture is fitted into
ON_A_SHEET = 12  # photographs
ACROSS = 2  # of them beside each other

# Name -> what to look at.
SCANS = {
    "01_man-profile.jpg": "skin in hard light, bare wood",
    "13_old-man.jpg": "old skin, white hair, a waistcoat",
    "47_woman-sail.jpg": "skin, pale sky, canvas",
    "51_migrant-mother.jpg": "skin of a mother and children, a toned print",
    "73_whirling-horse.jpg": "dark skin, feathers",
    "07_crowd.jpg": "many small faces, work clothes",
    "19_porch-family.jpg": "a group, a wooden porch",
    "41_three-boys.jpg": "boys, wool and leather",
    "44_fair-stall.jpg": "army and navy uniforms",
    "45_band-girl.jpg": "a band's uniform, brass",
    "04_snow-shovel.jpg": "snow, bare trees",
    "12_tent-camp.jpg": "canvas, dry ground, a clear sky",
    "32_gravel-road.jpg": "clouds, mountains, gravel",
    "52_ansel-adams-mountains.jpg": "forest, snow on mountains, a dark sky",
    "15_picker.jpg": "leaves, a face in shadow",
    "35_log-lorry.jpg": "conifers, cut wood",
    "53_saratoga-broadway.jpg": "street trees, early cars",
    "18_city-corner.jpg": "brick, a lorry, paving",
    "25_papered-room.jpg": "wallpaper, a woman and a child",
    "76_swedish-room.jpg": "a room against the light, house plants",
    "11_pumpkins.jpg": "fruit whose color is known",
    "57_deadwood-valley.jpg": "a faded, yellowed print of 1890",
    "68_siblings.jpg": "a yellowed card with its border",
    "79_girl-field.jpg": "a blurred, toned print: a white dress in grass",
}


def main() -> int:
    """Color what is there, write the sheets, say what is missing. Returns the exit status: 0 if a sheet was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path, help="the folder that holds the scans")
    parser.add_argument("--old", default="lite", help="weights by name, or an ONNX file; the middle column")
    parser.add_argument("--new", default="lite-class", help="likewise; the right column")
    parser.add_argument("--out", type=Path, default=OUTPUT, help="folder for the sheets, outside the repository")
    arguments = parser.parse_args()
    if arguments.out.resolve().is_relative_to(ROOT):
        return refuse(f"--out {arguments.out} is inside the repository, and the scans stay out of it; name another")
    try:
        networks = [Colorizer(model) for model in (arguments.old, arguments.new)]
        headings = ["gray", *(heading(colorizer) for colorizer in networks)]
    except WeightsError as error:
        return refuse(str(error))
    rows, labels = colored(arguments.scans, networks)
    if not rows:
        return refuse(
            f"{arguments.scans} has none of the {len(SCANS)} scans, such as {next(iter(SCANS))}; name another"
        )
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(rows), ON_A_SHEET), start=1):
        part = slice(first, first + ON_A_SHEET)
        sheet = contact_sheet(rows[part], labels[part], headings=headings, cell=CELL, across=ACROSS)
        print(save_photograph(sheet, arguments.out / f"legacy-{number}.png", overwrite=True))
    return 0


def colored(folder: Path, networks: list[Colorizer]) -> tuple[list[list[Any]], list[str]]:
    """The rows of the sheets, gray and once by each network, and their captions; what is missing is told."""
    rows, labels = [], []
    for name, subject in SCANS.items():
        try:
            photograph = open_photograph(folder / name)
            gray = in_gray(photograph).copy_memory()
            rows.append([gray, *(network.colorize(photograph).image().copy_memory() for network in networks)])
        except PhotoError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        labels.append(f"{Path(name).stem}: {subject}")
    return rows, labels


def heading(colorizer: Colorizer) -> str:
    """What a column shows. Raises: WeightsError for weights that cannot be loaded."""
    name = Path(colorizer.options.model).stem
    return f"{name} (T={colorizer.predictor.card.default_temperature:g})"


def refuse(message: str) -> int:
    """Tell why there is no sheet."""
    print(f"legacy-sheet: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
