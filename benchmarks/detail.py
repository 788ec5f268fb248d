"""At what working size photographs are colored best, and whether "auto" finds it: the table of docs/choices.md.

Photographs are colored as they are, and in square sheets of 4 and of 9, where everything is a half or a third as large,
as people are in a group photograph. Scored is the color of every 4 x 4 pixels of a photograph: the color error AuC by
its integral, raw and rebalanced, in percent (`docs/evaluation.md`). Beside it stands how often "auto" took each size.

Run: python benchmarks/detail.py --data ../shared/data/eval [--limit 144]
It reads Parquet files in the Hugging Face image convention (column `image` with `bytes`) and needs the extra `eval`.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from photochrom.color.ab_bins import nearest_bin
from photochrom.color.lab import rgb_to_lab
from photochrom.color.upsample import average_cells, enlarge_cells
from photochrom.inference import Colorizer
from photochrom.inference.working_size import AUTOMATIC_SIZES
from photochrom.photos import open_photograph

Floats = NDArray[np.float32]

CELLS = 64  # to a side of each photograph: 4 x 4 pixels of 256
FARTHEST = 150  # ab units: where the AuC ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files")
    parser.add_argument("--limit", type=int, default=144, help="photographs, taken evenly over all")
    parser.add_argument("--model", default="lite")
    arguments = parser.parse_args()
    photographs = read_photographs(arguments.data, arguments.limit)
    colorizers = {size: Colorizer(arguments.model, working_size=size) for size in (*AUTOMATIC_SIZES, "auto")}
    print("| content | working size | AuC raw | rebalanced | sizes taken |")
    print("| --- | --- | --- | --- | --- |")
    for side in (1, 2, 3):
        sheets = [sheet(group) for group in groups(photographs, side * side)]
        truth = np.stack([cells_of(color_of(pixels), side) for pixels in sheets])
        weight = rarity(truth)
        for size, colorizer in colorizers.items():
            colored = [colorizer.predict(pixels).color() for pixels in sheets]
            taken = Counter(min(photo.lightness.shape) for photo in colored) if size == "auto" else {}
            raw, rebalanced = auc(np.stack([cells_of(photo.ab, side) for photo in colored]), truth, weight)
            sizes = ", ".join(f"{count} x {number}" for number, count in sorted(taken.items()))
            print(f"| {side * side} to a sheet | {size} | {raw:.2f} | {rebalanced:.2f} | {sizes} |", flush=True)


def read_photographs(folder: Path, limit: int) -> list[NDArray[np.uint8]]:
    """uint8 [256, 256, 3] each."""
    tables = [pq.read_table(path, columns=["image"]) for path in sorted(folder.glob("*.parquet"))]
    found = [row["image"]["bytes"] for table in tables for row in table.to_pylist()]
    chosen = np.linspace(0, len(found) - 1, min(limit, len(found))).astype(int)
    images = (open_photograph(found[index]).reduced(256, 256).numpy() for index in chosen)
    return [pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2) for pixels in images]


def groups(photographs: list[NDArray[np.uint8]], count: int) -> list[list[NDArray[np.uint8]]]:
    whole = len(photographs) // count * count
    return [photographs[start : start + count] for start in range(0, whole, count)]


def sheet(group: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Square, the photographs edge to edge."""
    side = round(len(group) ** 0.5)
    return np.vstack([np.hstack(group[start : start + side]) for start in range(0, len(group), side)])


def color_of(pixels: NDArray[np.uint8]) -> Floats:
    return np.ascontiguousarray(np.moveaxis(rgb_to_lab(pixels)[..., 1:], -1, 0))


def cells_of(ab: Floats, side: int) -> Floats:
    """float32 [2, 64 side, 64 side]."""
    size = CELLS * side
    return average_cells(ab, size, size) if ab.shape[1] >= size else enlarge_cells(ab, size, size)


def rarity(truth: Floats) -> Floats:
    """One over the frequency of each cell's true bin among all of them."""
    bins = nearest_bin(np.moveaxis(truth, 1, -1))
    return (1 / np.bincount(bins.ravel(), minlength=313)[bins]).astype(np.float32)


def auc(ab: Floats, truth: Floats, weight: Floats) -> tuple[float, float]:
    score = np.maximum(0, 1 - np.hypot(*np.moveaxis(ab - truth, 1, 0)) / FARTHEST)
    return 100 * float(score.mean()), 100 * float(np.average(score, weights=weight))


if __name__ == "__main__":
    main()
