"""How well ways of enlarging ab bring color back: the table of the documentation, as Markdown.

Photographs have their true ab averaged over squares of 4 x 4 pixels and enlarged again, with the lightness of the full
picture at hand. The error of a pixel is its distance to the true ab, sqrt((a - a')^2 + (b - b')^2). `all` is the mean
over all pixels; `edges` over the 10 % of the pixels of each photograph with the strongest true color gradient: the
magnitude (3 x 3 Sobel) of that of a* plus that of b*.

Run: python benchmarks/upsampling.py --data ../shared/data/eval
It reads Parquet files in the Hugging Face image convention (column `image` with `bytes`), and needs the extras `eval`
and `dev` (pyarrow, OpenCV).
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from photochrom.color.lab import rgb_to_lab
from photochrom.color.upsample import average_cells, color_slope, enlarge_cells, upsample_ab

Floats = NDArray[np.float32]
Upsampler = Callable[[Floats, Floats], Floats]  # ab [2, h, w], lightness [H, W] -> ab [2, H, W]

STRIDE = 4


def bilinear(ab: Floats, lightness: Floats) -> Floats:
    return opencv_resize(ab, lightness.shape, cv2.INTER_LINEAR)


def cubic(ab: Floats, lightness: Floats) -> Floats:
    return opencv_resize(ab, lightness.shape, cv2.INTER_CUBIC)


def cubic_keeping_means(ab: Floats, lightness: Floats) -> Floats:
    return enlarge_cells(ab, *lightness.shape)


def joint_bilateral(ab: Floats, lightness: Floats, *, cells: float = 0.5, contrast: float = 8.0) -> Floats:
    """The mean of the 2 x 2 nearest cells, weighted by distance (in cells) and by likeness of L*."""
    small = average_cells(lightness, *ab.shape[1:])
    height, width = lightness.shape
    row = (np.arange(height) + 0.5) * small.shape[0] / height - 0.5
    column = (np.arange(width) + 0.5) * small.shape[1] / width - 0.5
    total = np.zeros((height, width), np.float32)
    colors = np.zeros((2, height, width), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            i, j = np.floor(row).astype(int) + down, np.floor(column).astype(int) + right
            away = ((row - i) ** 2)[:, None] + (column - j) ** 2
            cell = np.ix_(np.clip(i, 0, small.shape[0] - 1), np.clip(j, 0, small.shape[1] - 1))
            unlike = ((lightness - small[cell]) / contrast) ** 2
            weight = np.exp(-0.5 * (away / cells**2 + unlike))
            total += weight
            colors += weight * ab[:, cell[0], cell[1]]
    return colors / np.maximum(total, 1e-20)


def guided_filter(ab: Floats, lightness: Floats, *, radius: int = 2, damping: float = 50.0) -> Floats:
    """He, Sun and Tang's guided filter of the bilinear enlargement, with L* as its guide."""

    def box(image: Floats) -> Floats:
        return cv2.blur(image, (2 * radius + 1, 2 * radius + 1))

    mean = box(lightness)
    variance = box(lightness * lightness) - mean * mean
    filtered = []
    for channel in bilinear(ab, lightness):
        slope = (box(channel * lightness) - box(channel) * mean) / (variance + damping)
        constant = box(channel) - slope * mean
        filtered.append(box(slope) * lightness + box(constant))
    return np.stack(filtered)


def plain_slope(ab: Floats, lightness: Floats, *, cells: int = 3, damping: float = 50.0) -> Floats:
    """Cubic plus slope x detail in its plainest form: a box of cells, OpenCV's cubic, the slope enlarged bilinearly."""
    small = average_cells(lightness, *ab.shape[1:])

    def box(image: Floats) -> Floats:
        return np.stack([cv2.blur(channel, (cells, cells)) for channel in np.atleast_3d(image.T).T])

    mean = box(small)
    variance = box(small * small) - mean * mean
    slope = (box(ab * small) - box(ab) * mean) / (variance + damping)
    detail = lightness - cubic(small[None], lightness)[0]
    return cubic(ab, lightness) + bilinear(slope, lightness) * detail


def own(*, damping: float) -> Upsampler:
    return lambda ab, lightness: upsample_ab(ab, lightness, damping=damping)


def own_without_limit(ab: Floats, lightness: Floats) -> Floats:
    small = average_cells(lightness, *ab.shape[1:])
    slope = color_slope(ab, small)
    detail = lightness - enlarge_cells(small, *lightness.shape)
    return enlarge_cells(ab, *lightness.shape) + bilinear(slope, lightness) * detail


METHODS: dict[str, Upsampler] = {
    "bilinear": bilinear,
    "cubic (OpenCV)": cubic,
    "cubic that keeps the cells' means": cubic_keeping_means,
    "joint bilateral, 2x2 cells, sigma 0.5 cells and 8 L": joint_bilateral,
    "guided filter of the bilinear, radius 2 px": guided_filter,
    "guided filter of the bilinear, radius 8 px": lambda ab, lightness: guided_filter(ab, lightness, radius=8),
    "cubic + slope x detail, 3x3 box, damping 50": plain_slope,
    "the same, 5x5 box": lambda ab, lightness: plain_slope(ab, lightness, cells=5),
    "**`upsample_ab`**: means kept, 1-2-1 cells, damping 50, detail limit 20": upsample_ab,
    "`upsample_ab` without the limit": own_without_limit,
    "`upsample_ab`, damping 25": own(damping=25),
    "`upsample_ab`, damping 100": own(damping=100),
}


def opencv_resize(maps: Floats, size: tuple[int, ...], method: int) -> Floats:
    height, width = size
    return np.stack([cv2.resize(channel, (width, height), interpolation=method) for channel in maps])


def strongest_edges(ab: Floats) -> NDArray[np.bool_]:
    """Bool [H, W]: the tenth of the pixels with the strongest color gradient."""
    gradient = sum(np.hypot(cv2.Sobel(c, cv2.CV_32F, 1, 0), cv2.Sobel(c, cv2.CV_32F, 0, 1)) for c in ab)
    return gradient >= np.quantile(gradient, 0.9)


def read_photographs(data: Path, every: int) -> Iterator[NDArray[np.uint8]]:
    """Every n-th photograph as uint8 [H, W, 3], cut to multiples of the stride."""
    number = 0
    for file in sorted(data.glob("*.parquet")) if data.is_dir() else [data]:
        for row in pq.read_table(file, columns=["image"])["image"]:
            if number % every == 0:
                encoded = np.frombuffer(row["bytes"].as_py(), np.uint8)
                rgb = cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
                yield rgb[: rgb.shape[0] // STRIDE * STRIDE, : rgb.shape[1] // STRIDE * STRIDE]
            number += 1


def halve(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size: a photograph stored with halved color resolution (4:2:0) then has it in full."""
    height, width = (side // (2 * STRIDE) * STRIDE for side in rgb.shape[:2])
    return cv2.resize(rgb[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)


def measure(photographs: Iterator[NDArray[np.uint8]]) -> tuple[int, dict[str, tuple[float, float]]]:
    """The number of photographs, and for each method the mean of both errors."""
    errors: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    for rgb in photographs:
        lab = np.ascontiguousarray(np.moveaxis(rgb_to_lab(rgb), -1, 0))
        lightness, ab = lab[0], lab[1:]
        small = average_cells(ab, lightness.shape[0] // STRIDE, lightness.shape[1] // STRIDE)
        edges = strongest_edges(ab)
        for name, method in METHODS.items():
            error = np.hypot(*(method(small, lightness) - ab))
            errors[name].append((float(error.mean()), float(error[edges].mean())))
    number = len(next(iter(errors.values())))
    return number, {name: tuple(np.mean(pairs, axis=0)) for name, pairs in errors.items() if pairs}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data/eval"), help="a Parquet file, or a folder of them"
    )
    parser.add_argument("--every", type=int, default=8, help="measure every n-th photograph")
    parser.add_argument("--halve", action="store_true", help="halve the photographs first: for files stored as 4:2:0")
    arguments = parser.parse_args()

    photographs = read_photographs(arguments.data, arguments.every)
    number, results = measure(map(halve, photographs) if arguments.halve else photographs)
    if number == 0:
        print(f"no photographs in Parquet files under {arguments.data}; name them with --data", file=sys.stderr)
        return 1
    reference = results["bilinear"]
    print(f"{number} photographs, ab reduced to stride {STRIDE} and enlarged; mean ab error\n")
    print("| method | all | edges | edges against bilinear |\n| --- | --- | --- | --- |")
    for name, (everywhere, edges) in results.items():
        print(f"| {name} | {everywhere:.3f} | {edges:.3f} | {100 * (edges / reference[1] - 1):+.1f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
