"""What is kept of a few photographs for one row of the table: small arrays in one file, from which all figures follow.

A file holds a chunk of photographs and appears whole or not at all, so that an interrupted evaluation goes on with the
chunks it lacks. Measures of colors are taken on the ab that the system asked for, measures of pictures on the 8-bit
picture that came of it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from photochrom.color.ab_bins import ab_bins
from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.color_error import ColorError, bin_scores
from photochrom.evaluation.colorfulness import colorfulness, colorfulness_absolute
from photochrom.evaluation.hue import FAMILIES, HUE_STEPS, family_confusion, hue_histogram, near_gray_share
from photochrom.evaluation.image_measures import ciede2000, psnr, ssim
from photochrom.evaluation.systems import Coloring, Scene

FORMAT = 1  # of the files; part of their folder's name, so that others are not read
CHUNK = 32  # photographs to a file

Record = dict[str, np.ndarray]

# One number a photograph, in the order of the columns of `scalars`.
SCALARS: dict[str, Callable[[Scene, Coloring], float]] = {
    "psnr": lambda scene, coloring: psnr(coloring.picture, scene.square),
    "ssim": lambda scene, coloring: ssim(coloring.picture, scene.square),
    "ciede2000": lambda scene, coloring: ciede2000(rgb_to_lab(coloring.picture), scene.lab),
    "colorfulness": lambda _, coloring: colorfulness(coloring.picture),
    "colorfulness_absolute": lambda _, coloring: colorfulness_absolute(coloring.picture),
    "true_colorfulness": lambda scene, _: scene.colorfulness,
    "true_colorfulness_absolute": lambda scene, _: scene.colorfulness_absolute,
    "chroma": lambda _, coloring: float(np.hypot(coloring.ab[..., 0], coloring.ab[..., 1]).mean()),
    "near_gray": lambda _, coloring: near_gray_share(coloring.ab),
    "ab_error": lambda scene, coloring: float(np.hypot(*np.moveaxis(coloring.ab - scene.ab, -1, 0)).mean()),
}
SWEPT = ("psnr", "ciede2000", "colorfulness", "true_colorfulness", "chroma", "near_gray")


@dataclass
class RowRecord:
    """Gathers one row's figures over the photographs of a chunk."""

    scalars: list[list[float]] = field(default_factory=list)
    hues: list[np.ndarray] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)  # [3, 313]: counts, thresholds, integral
    curve: ColorError = field(default_factory=ColorError)
    bin_error: np.ndarray = field(default_factory=lambda: np.zeros(len(ab_bins())))  # sum of errors by true bin
    confusion: np.ndarray = field(default_factory=lambda: np.zeros((len(FAMILIES), len(FAMILIES)), np.int64))
    valid: list[float] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)  # photographs without a coloring, and why

    def add(self, scene: Scene, coloring: Coloring) -> None:
        """Measure one photograph."""
        self.valid.append(1.0)
        self.scalars.append([measure(scene, coloring) for measure in SCALARS.values()])
        self.hues.append(hue_histogram(coloring.ab))
        self.scores.append(np.stack(bin_scores(coloring.ab, scene.ab, scene.bins)))
        self.curve.add(coloring.ab, scene.ab, scene.bins)
        error = np.hypot(*np.moveaxis(coloring.ab - scene.ab, -1, 0))
        self.bin_error += np.bincount(scene.bins.ravel(), error.ravel(), minlength=len(self.bin_error))
        self.confusion += family_confusion(coloring.ab, scene.ab)

    def lack(self, scene: Scene, reason: str) -> None:
        """Note a photograph that the system has no coloring for; its figures are 0 and do not count."""
        self.problems.append((scene.index, reason))
        self.valid.append(0.0)
        self.scalars.append([0.0] * len(SCALARS))
        self.hues.append(np.zeros(HUE_STEPS))
        self.scores.append(np.zeros((3, len(ab_bins()))))

    def arrays(self) -> Record:
        """The chunk's arrays, a first axis of n photographs where nothing else is said.

        valid [n], scalars [n, k], hues [n, 36], scores [n, 3, 313]; sums over the chunk: curve [313, 152], bin_error
        [313], confusion [F, F]; problems, a JSON list of [photograph, reason].
        """
        return {
            "valid": np.array(self.valid),
            "scalars": np.array(self.scalars),
            "hues": np.array(self.hues),
            "scores": np.array(self.scores),
            "curve": self.curve.counts,
            "bin_error": self.bin_error,
            "confusion": self.confusion,
            "problems": np.array(json.dumps(self.problems)),
        }


class SweepRecord:
    """Gathers one system's figures at every temperature, summed over the photographs of a chunk."""

    def __init__(self, temperatures: Sequence[float]) -> None:
        self.photographs = 0
        self.scalars = np.zeros((len(temperatures), len(SWEPT)))
        self.colorfulness_error = np.zeros(len(temperatures))
        self.hues = np.zeros((len(temperatures), HUE_STEPS))
        self.scores = np.zeros((len(temperatures), 3, len(ab_bins())))

    def add(self, scene: Scene, colorings: Sequence[Coloring]) -> None:
        """Measure one photograph, colored at each temperature."""
        self.photographs += 1
        for place, coloring in enumerate(colorings):
            scalars = {name: SCALARS[name](scene, coloring) for name in SWEPT}
            self.scalars[place] += list(scalars.values())
            self.colorfulness_error[place] += abs(scalars["colorfulness"] - scalars["true_colorfulness"])
            self.hues[place] += hue_histogram(coloring.ab)
            self.scores[place] += np.stack(bin_scores(coloring.ab, scene.ab, scene.bins))

    def arrays(self) -> Record:
        """The chunk's sums: photographs [], then by temperature scalars [T, k], hues [T, 36], scores [T, 3, 313]."""
        return {
            "photographs": np.array(self.photographs),
            "scalars": self.scalars,
            "colorfulness_error": self.colorfulness_error,
            "hues": self.hues,
            "scores": self.scores,
        }


def record_path(folder: Path, chunk: int) -> Path:
    """The file of a chunk."""
    return folder / f"{chunk:06d}.npz"


def save_record(path: Path, record: Record) -> None:
    """Write a chunk, whole or not at all."""
    from photochrom.training.checkpoint import write_whole

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # savez would add .npz to a name
            np.savez_compressed(file, **record)

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, write)


def load_record(path: Path, names: Sequence[str] | None = None) -> Record:
    """Read a chunk, or some of its arrays. Raises: OSError, ValueError or zipfile.BadZipFile where it is damaged."""
    with np.load(path) as stored:
        return {name: stored[name] for name in names or stored.files}


def is_whole(path: Path) -> bool:
    """Whether a chunk's file is there and can be read: a full disk or a copy may have left half of one."""
    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False
