"""Measure the color error (AuC, raw and class-rebalanced) of a model beside Gray and Random.

    python benchmarks/color_error.py PHOTOGRAPHS --model lite --temperature 0.38 --temperature 1

PHOTOGRAPHS is a Parquet file with a column `image`, or a folder. Every photograph is taken as its middle square at
256x256. Random gives photograph perm[k] the color of perm[k + 1], perm drawn by NumPy's default_rng(0). The error is
taken on the predicted ab after enlarging, before the gamut and 8 bits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from photochrom.color.ab_bins import nearest_bin
from photochrom.color.lab import rgb_to_lab
from photochrom.color.upsample import upsample_ab
from photochrom.data.crops import center_squares, decode
from photochrom.data.sources import EncodedPhotograph, read_source
from photochrom.evaluation.color_error import ColorError
from photochrom.inference import Predictor, find_weights

SIZE = 256


def main() -> None:
    """Read, measure, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photographs", type=Path)
    parser.add_argument(
        "--model", action="append", default=[], help="an embedded name or an ONNX file; may be repeated"
    )
    parser.add_argument("--temperature", action="append", type=float, default=[], help="may be repeated (default 0.38)")
    parser.add_argument("--limit", type=int, help="take only the first so many photographs")
    parser.add_argument("--without", help="leave out photographs whose license holds this word (Parquet only)")
    arguments = parser.parse_args()

    labs = [rgb_to_lab(square) for square in read_squares(arguments.photographs, arguments.limit, arguments.without)]
    lightness = [lab[..., 0] for lab in labs]
    truth = [lab[..., 1:] for lab in labs]
    bins = [nearest_bin(ab) for ab in truth]
    chroma = float(np.mean([np.hypot(ab[..., 0], ab[..., 1]).mean() for ab in truth]))
    print(f"{len(labs)} photographs of {arguments.photographs.name} at {SIZE}x{SIZE}\n")
    print("| row | raw | rebalanced | raw over Gray | rebalanced over Gray | mean chroma |")
    print("| --- | --- | --- | --- | --- | --- |")

    gray = ColorError()
    for ab, found in zip(truth, bins, strict=True):
        gray.add(np.zeros_like(ab), ab, found)
    show("Truth", None, gray, chroma)
    show("Gray", gray, gray, 0.0)
    perm = np.random.default_rng(0).permutation(len(labs))
    given = np.empty(len(labs), int)
    given[perm] = np.roll(perm, -1)
    random = ColorError()
    for index, ab in enumerate(truth):
        random.add(truth[given[index]], ab, bins[index])
    show("Random, seed 0", random, gray, chroma)
    for model in arguments.model:
        predictor = Predictor(find_weights(model))
        for temperature in arguments.temperature or [0.38]:
            error, total = ColorError(), 0.0
            for light, ab, found in zip(lightness, truth, bins, strict=True):
                small = predictor.predict_ab(light, temperature)
                guess = np.moveaxis(upsample_ab(small, light), 0, -1)
                error.add(guess, ab, found)
                total += float(np.hypot(guess[..., 0], guess[..., 1]).mean())
            show(f"{Path(model).name}, T = {temperature:g}", error, gray, total / len(labs))


def read_squares(source: Path, limit: int | None, without: str | None) -> list[np.ndarray]:
    """uint8 [256, 256, 3] of each photograph."""
    photographs = list(read_source(source))
    if without:
        licenses = parquet.read_table(source, columns=["license"])["license"].to_pylist()
        photographs = [photo for photo, text in zip(photographs, licenses, strict=True) if without not in text]
    return [square(photograph) for photograph in photographs[:limit]]


def square(photograph: EncodedPhotograph) -> np.ndarray:
    """The middle square, as it is where it has the size already."""
    pixels = decode(photograph, 4 * SIZE)
    if pixels.shape[:2] == (SIZE, SIZE):
        return pixels
    return center_squares([pixels], SIZE)[0].permute(1, 2, 0).numpy()


def show(name: str, error: ColorError | None, gray: ColorError, chroma: float) -> None:
    """Print one row; None stands for the photographs themselves."""
    raw, rebalanced = (100.0, 100.0) if error is None else (error.auc(), error.auc(rebalanced=True))
    over = f"{raw - gray.auc():+.2f} | {rebalanced - gray.auc(rebalanced=True):+.2f}"
    print(f"| {name} | {raw:.2f} | {rebalanced:.2f} | {over} | {chroma:.1f} |", flush=True)


if __name__ == "__main__":
    main()
