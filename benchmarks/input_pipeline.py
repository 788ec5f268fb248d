"""Measure the input pipeline: photographs a second a core, against the one that most code for this paper has.

    python benchmarks/input_pipeline.py PHOTOGRAPHS [--count 200] [--size 176] [--repeats 5]

Both bring the same encoded photographs down to a short side of 256 pixels and to the same crops: lightness at full
size, and the soft encoding of ab at stride 4 over the 313 bins. The other one decodes with Pillow, converts with
scikit-image and encodes with scikit-learn's nearest neighbors into a dense array, as the layers released with the paper
do, all of it at every visit. Ours decodes once and keeps the pixels: its later visits, which are nearly all of a
training run, are shown beside the means over one epoch and over fourteen. Every stage is charged with its processor
time over all threads; rounds alternate, and the median is shown. For stable figures set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2lab
from sklearn.neighbors import NearestNeighbors

from photochrom.color.ab_bins import ab_bins
from photochrom.data.crops import CropSampler, Region
from photochrom.data.decoding import decode
from photochrom.data.lightness_and_ab import lightness_and_ab_on_cpu
from photochrom.data.sources import EncodedPhotograph, read_source
from photochrom.training.targets import TargetEncoder

NEIGHBORS = 5
SIGMA = 5.0
BATCH = 20
SHORT_SIDE = 256  # photographs are brought down to this before cropping, as for the paper
EPOCHS = (1, 14)  # over which the decoding is spread; the paper trains for 14


class Ours:
    """Decode once, then crop, convert and look up, a batch at a time."""

    def __init__(self, photographs: list[EncodedPhotograph], size: int) -> None:
        self.encoded, self.size = photographs, size
        self.encoder = TargetEncoder(neighbors=NEIGHBORS, sigma=SIGMA, device=torch.device("cpu"))
        self.decode()

    def decode(self) -> None:
        """What happens at the first visit alone."""
        decoded = [decode(photograph, SHORT_SIDE) for photograph in self.encoded]
        self.sampler = CropSampler(decoded, self.size, BATCH, seed=0)

    def visit(self, batches: list[list[Region]]) -> None:
        """Lightness and targets of every crop."""
        for regions in batches:
            rgb = torch.stack([self.sampler.crop(region) for region in regions])
            _, ab = lightness_and_ab_on_cpu(rgb, target="point")
            self.encoder.encode(ab)


class Usual:
    """Decode, crop, convert and search for each crop on its own."""

    def __init__(self, photographs: list[EncodedPhotograph], size: int) -> None:
        self.encoded, self.size = photographs, size
        self.search = NearestNeighbors(n_neighbors=NEIGHBORS, algorithm="ball_tree").fit(ab_bins())

    def visit(self, batches: list[list[Region]]) -> None:
        """Lightness and targets of every crop."""
        for regions in batches:
            for region in regions:
                self.crop(region)

    def crop(self, region: Region) -> tuple[np.ndarray, np.ndarray]:
        """Lightness [size, size] and the dense soft encoding [size / 4, size / 4, 313]."""
        picture = Image.open(io.BytesIO(self.encoded[region.photograph].data)).convert("RGB")
        scale = min(1.0, SHORT_SIDE / min(picture.size))
        if scale < 1:
            picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.LANCZOS)
        right, bottom = region.left + region.side, region.top + region.side
        crop = picture.crop((region.left, region.top, right, bottom)).resize((self.size, self.size), Image.BILINEAR)
        if region.mirrored:
            crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        lab = rgb2lab(np.asarray(crop))
        ab = lab[::4, ::4, 1:].reshape(-1, 2)
        distance, index = self.search.kneighbors(ab)
        weight = np.exp(-(distance**2) / (2 * SIGMA**2))
        encoded = np.zeros((len(ab), len(ab_bins())))
        encoded[np.arange(len(ab))[:, None], index] = weight / weight.sum(axis=1, keepdims=True)
        return lab[..., 0], encoded


def main() -> None:
    """Read, check that both agree, measure, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photographs", help="a source of photographs, as `photochrom train --data` takes them")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", type=int, default=176, help="side of the crops; the paper's is 176")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    photographs = list(islice(read_source(arguments.photographs), arguments.count))
    ours, usual = Ours(photographs, arguments.size), Usual(photographs, arguments.size)
    batches = [ours.sampler.regions(step) for step in range(max(1, len(photographs) // BATCH))]
    check(ours, usual, batches[0])

    seconds: dict[str, list[float]] = {"decode": [], "visit": [], "usual": []}
    for _ in range(arguments.repeats):
        seconds["decode"].append(processor(ours.decode) / len(photographs))
        seconds["visit"].append(processor(lambda: ours.visit(batches)) / sum(map(len, batches)))
        seconds["usual"].append(processor(lambda: usual.visit(batches)) / sum(map(len, batches)))
    report(arguments, photographs, {name: statistics.median(values) for name, values in seconds.items()}, seconds)


def check(ours: Ours, usual: Usual, regions: list[Region]) -> None:
    """Both must give the same targets where they resample alike: stop when the mean color differs."""
    rgb = torch.stack([ours.sampler.crop(region) for region in regions])
    _, ab = lightness_and_ab_on_cpu(rgb, target="point")
    targets = ours.encoder.encode(ab)
    dense = torch.zeros(*targets.indices.shape[:3], len(ab_bins())).scatter_(-1, targets.indices, targets.weights)
    other = np.stack([usual.crop(region)[1] for region in regions]).reshape(dense.shape)
    apart = np.abs((dense.numpy() - other) @ ab_bins()).mean()
    if apart > 0.5:  # ab units; the two resamplers round differently, and the table has steps of 0.5
        raise SystemExit(f"the two pipelines differ by {apart:.2f} ab units on average; they must do the same work")


def processor(work: Callable[[], None]) -> float:
    """Processor seconds of some work: what a core spends, whatever else the machine does."""
    start = time.process_time()
    work()
    return time.process_time() - start


def report(
    arguments: argparse.Namespace,
    photographs: list[EncodedPhotograph],
    median: dict[str, float],
    seconds: dict[str, list[float]],
) -> None:
    """Print what was measured, on what."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    ).stdout.strip()
    kilobytes = statistics.mean(len(photograph.data) for photograph in photographs) / 1000
    print(
        f"{len(photographs)} photographs of {kilobytes:.0f} kB, crops of {arguments.size}, processor time, "
        f"{platform.machine()}, Python {platform.python_version()}, commit {commit}, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| pipeline | ms a photograph (range) | photographs a second a core | ratio |\n| --- | --- | --- | --- |")
    rows = {"Pillow, scikit-image, scikit-learn": seconds["usual"]}
    for epochs in EPOCHS:
        plural = "epoch" if epochs == 1 else "epochs"
        rows[f"ours, decoding spread over {epochs} {plural}"] = [
            decoded / epochs + visit for decoded, visit in zip(seconds["decode"], seconds["visit"], strict=True)
        ]
    rows["ours, decoded before"] = seconds["visit"]
    for name, values in rows.items():
        middle = statistics.median(values)
        spread = f"{1e3 * min(values):.2f} to {1e3 * max(values):.2f}"
        print(f"| {name} | {1e3 * middle:.2f} ({spread}) | {1 / middle:,.0f} | {median['usual'] / middle:.1f} |")


if __name__ == "__main__":
    main()
