"""What is evaluated: something that gives each photograph of a set its colors.

    weights     an embedded name or an ONNX file
    run         the folder of a training run, exported for the occasion
    folder      pictures that something else has colored, found by the photographs' names
    truth, gray, random, mean-color     what the others are compared with

Colors are judged twice. The ab that a system asks for, before gamut and 8 bits, gives the color error; the picture that
results gives all else. What photochrom's product writes is limited to sRGB at constant lightness; Random's borrowed
colors are clipped channel by channel, as in the paper, and the pictures of a folder are taken as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from photochrom.color.ab_bins import nearest_bin
from photochrom.color.gamut import fit_gamut_srgb
from photochrom.color.lab import lab_to_rgb, rgb_to_lab
from photochrom.color.upsample import upsample_ab
from photochrom.evaluation.colorfulness import colorfulness, colorfulness_absolute
from photochrom.evaluation.photographs import Photographs, middle_square
from photochrom.evaluation.settings import EvaluationError, Settings
from photochrom.inference import Predictor, WeightsError, find_weights, registry

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif")
RUN_SETTINGS = "settings.json"  # what makes a folder a run
OWN_ENDING = ".color"  # what `photochrom colorize` adds to a name
MODE = 0.0  # as a temperature: where the annealed mean ends for T -> 0


@dataclass(frozen=True)
class Scene:
    """One photograph of the set and what all systems share of it."""

    index: int  # in the set
    square: np.ndarray  # uint8 [size, size, 3]

    @cached_property
    def lab(self) -> np.ndarray:
        """float32 [size, size, 3]."""
        return rgb_to_lab(self.square)

    @cached_property
    def lightness(self) -> np.ndarray:
        """float32 [size, size] in 0..100."""
        return np.ascontiguousarray(self.lab[..., 0])

    @cached_property
    def ab(self) -> np.ndarray:
        """float32 [size, size, 2], the true colors."""
        return np.ascontiguousarray(self.lab[..., 1:])

    @cached_property
    def bins(self) -> np.ndarray:
        """int64 [size, size], the nearest bin of each true color."""
        return nearest_bin(self.ab)

    @cached_property
    def colorfulness(self) -> float:
        """Of the photograph itself."""
        return colorfulness(self.square)

    @cached_property
    def colorfulness_absolute(self) -> float:
        """Likewise, with absolute opponent values."""
        return colorfulness_absolute(self.square)

    def recolored(self, ab: np.ndarray, *, clip: bool = False) -> np.ndarray:
        """uint8 [size, size, 3]: these colors on the photograph's lightness, limited to sRGB (or clipped)."""
        lab = np.concatenate([self.lightness[..., None], ab], axis=-1)
        return lab_to_rgb(lab) if clip else fit_gamut_srgb(lab)


@dataclass(frozen=True)
class Coloring:
    """What a system made of one photograph."""

    ab: np.ndarray  # float32 [size, size, 2]
    picture: np.ndarray  # uint8 [size, size, 3]


class NoColoring(Exception):
    """A system has nothing to show for one photograph; the message says why."""


# For one photograph: a temperature, or None where a system knows none, to its colors.
Choose = Callable[[float | None], Coloring]


class System(Protocol):
    """A colorizer, whatever it is made of. Threads share it."""

    @property
    def name(self) -> str:
        """What it is called in the report."""

    @property
    def kind(self) -> str:
        """As in `report.Row`."""

    @property
    def system(self) -> str:
        """The system of the paper's table, or the kind."""

    @property
    def sha256(self) -> str:
        """Of its weights or pictures; "" where it has none."""

    @property
    def temperatures(self) -> tuple[float | None, ...]:
        """Those that make rows; a single None where it knows no temperature."""

    @property
    def missing(self) -> list[tuple[str, str]]:
        """Photographs that it has no coloring for, and why, as far as that is known beforehand."""

    def color(self, scene: Scene) -> Choose:
        """Look at a photograph once; then any temperature is quick. Raises NoColoring."""


@dataclass(frozen=True)
class Baseline:
    """Truth, gray, random and mean-color."""

    kind: str
    photographs: Photographs = field(repr=False)
    seed: int = 0

    sha256 = ""
    temperatures: tuple[float | None, ...] = (None,)

    @property
    def name(self) -> str:
        """Its kind."""
        return self.kind

    system = name

    @property
    def missing(self) -> list[tuple[str, str]]:
        """None."""
        return []

    def color(self, scene: Scene) -> Choose:
        """The same at every temperature."""
        coloring = self._coloring(scene)
        return lambda _: coloring

    def _coloring(self, scene: Scene) -> Coloring:
        if self.kind == "truth":
            return Coloring(scene.ab, scene.square)
        if self.kind == "random":
            other = self.photographs.square(int(self._partners[scene.index]))
            ab = np.ascontiguousarray(rgb_to_lab(other)[..., 1:])
            return Coloring(ab, scene.recolored(ab, clip=True))
        color = np.zeros(2, np.float32) if self.kind == "gray" else self.photographs.mean_ab()
        ab = np.broadcast_to(color, scene.ab.shape)
        return Coloring(ab, scene.recolored(ab))

    @cached_property
    def _partners(self) -> np.ndarray:
        """Whose color each photograph gets: of a random order, the next one's."""
        order = np.random.default_rng(self.seed).permutation(len(self.photographs))
        partners = np.empty(len(order), np.int64)
        partners[order] = np.roll(order, -1)
        return partners


BASELINES = ("truth", "gray", "random", "mean-color")


@dataclass(frozen=True)
class Network:
    """Exported weights."""

    name: str
    kind: str  # "weights" or "run"
    sha256: str
    predictor: Predictor = field(repr=False)
    temperatures: tuple[float | None, ...]

    @property
    def system(self) -> str:
        """As the file says."""
        return self.predictor.card.system

    @property
    def missing(self) -> list[tuple[str, str]]:
        """None."""
        return []

    @property
    def has_temperature(self) -> bool:
        """Whether it predicts a distribution."""
        return self.predictor.card.output == "distribution"

    def color(self, scene: Scene) -> Choose:
        """One forward pass, then a choice for each temperature."""
        prediction = self.predictor.predict(scene.lightness)

        def choose(temperature: float | None) -> Coloring:
            if prediction.colors is None:
                small = prediction.ab(1.0)  # a point estimate knows no temperature
            elif temperature == MODE:
                small = prediction.colors.mode()
            else:
                assert temperature is not None
                small = prediction.colors.annealed_mean(temperature)
            ab = np.ascontiguousarray(np.moveaxis(upsample_ab(small, scene.lightness), 0, -1))
            return Coloring(ab, scene.recolored(ab))

        return choose


@dataclass(frozen=True)
class Folder:
    """Pictures on disk, one for each photograph: of the square's size, or of the photograph's own."""

    name: str
    sha256: str
    photographs: Photographs = field(repr=False)
    files: dict[int, Path] = field(repr=False)  # by the photograph's place in the set
    missing: list[tuple[str, str]] = field(repr=False)

    kind = system = "folder"
    temperatures: tuple[float | None, ...] = (None,)

    def color(self, scene: Scene) -> Choose:
        """The picture, cut as its photograph was."""
        if scene.index not in self.files:
            raise NoColoring("no picture of that name")
        picture = self._picture(scene.index)
        coloring = Coloring(np.ascontiguousarray(rgb_to_lab(picture)[..., 1:]), picture)
        return lambda _: coloring

    def _picture(self, index: int) -> np.ndarray:
        from photochrom.data.decoding import decode
        from photochrom.data.shards import EncodedPhotograph
        from photochrom.photos.errors import PhotoError

        size, entry, file = self.photographs.size, self.photographs.entries[index], self.files[index]
        try:
            pixels = decode(EncodedPhotograph(file.read_bytes(), file.name), 4 * size)
        except (PhotoError, OSError) as error:
            raise NoColoring(f"{file.name} cannot be read ({str(error).removeprefix(f'{file.name}: ')})") from None
        scale = min(1.0, 4 * size / min(entry.width, entry.height))
        own = (max(1, round(entry.height * scale)), max(1, round(entry.width * scale)))
        height, width = pixels.shape[:2]
        if (height, width) not in ((size, size), own):
            raise NoColoring(
                f"{file.name} is {width}x{height}, its photograph {entry.width}x{entry.height}; "
                f"color it at its own size, or at {size}x{size}"
            )
        return middle_square(pixels, size)


def open_system(text: str, photographs: Photographs, settings: Settings, work: Path, source: str | Path) -> System:
    """The system behind what was asked for.

    Args:
        text: a baseline, an embedded name, an ONNX file, a run, or a folder of pictures; `NAME=` before it gives
            another name for the report.
        photographs: the set.
        settings: `temperatures` and `seed`.
        work: where a run's exported file is kept.
        source: of the photographs; a run that kept none is checked on them when it is exported.
    Raises: EvaluationError or WeightsError, in one line.
    """
    given, found, rest = text.partition("=")
    own = given if found and not Path(text).exists() else ""
    model = rest if own else text
    if model == "random" and len(photographs) < 2:
        raise EvaluationError("random takes the colors of another photograph, and there is only one; leave it out")
    if model in BASELINES:
        return Baseline(model, photographs, settings.seed)
    path = Path(model)
    if model not in registry() and path.is_dir():
        if (path / RUN_SETTINGS).is_file():
            return _network(own or path.name, "run", _exported(path, work, source), settings)
        return _folder(own or path.name, path, photographs)
    try:
        file = find_weights(model)
    except WeightsError as error:
        raise EvaluationError(f"{error}; or a run, a folder of pictures, {', '.join(BASELINES)}") from None
    return _network(own or path.stem, "weights", file, settings)


def _network(name: str, kind: str, file: Path, settings: Settings) -> Network:
    # One thread a prediction: the photographs are shared out among threads already.
    predictor = Predictor(file, threads=1)
    temperatures: tuple[float | None, ...] = (None,)
    if predictor.card.output == "distribution":
        temperatures = settings.temperatures or (predictor.card.default_temperature,)
    return Network(name, kind, _sha256(file.read_bytes()), predictor, temperatures)


def _exported(run: Path, work: Path, source: str | Path) -> Path:
    """The run's last checkpoint as a float32 ONNX file, exported once."""
    from photochrom.training.checkpoint import PHOTOGRAPHS, Run, RunError, pack
    from photochrom.training.export import ExportError, export_run

    try:
        weights = pack(Run(run).weights())
        file = work / "exports" / f"{_sha256((run / RUN_SETTINGS).read_bytes() + weights)[:16]}.onnx"
        if not file.is_file():
            # Every export is checked on photographs: on those of the run, or, where it kept none, on these.
            export_run(run, file, calibration=None if (run / PHOTOGRAPHS).is_file() else Path(source))
    except (RunError, ExportError) as error:
        raise EvaluationError(str(error)) from None
    return file


def _folder(name: str, path: Path, photographs: Photographs) -> Folder:
    found = _pictures_by_name(path)
    if not found:
        raise EvaluationError(
            f"{path} is neither a run nor a folder of pictures ({', '.join(PICTURE_SUFFIXES)}); name one that is"
        )
    files, missing, digest = {}, [], hashlib.sha256()
    for index, entry in enumerate(photographs.entries):
        inside = Path(entry.name).with_suffix("")
        file = found.get(str(inside)) or found.get(inside.name)
        if file is None:
            missing.append((entry.name, f"{name} has no picture of that name"))
            continue
        files[index] = file
        digest.update(f"{index} {_sha256(file.read_bytes())}\n".encode())
    if not files:
        raise EvaluationError(
            f"{path} has no picture of any of the {len(photographs)} photographs; name them as the photographs are, "
            f"such as {Path(photographs.entries[0].name).stem}.png"
        )
    return Folder(name, digest.hexdigest(), photographs, files, missing)


def _pictures_by_name(folder: Path) -> dict[str, Path]:
    """Pictures by their path inside the folder without ending, and by their bare name where only one has it."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES)
    inside = {str(file.relative_to(folder).with_suffix("")).removesuffix(OWN_ENDING): file for file in files}
    bare: dict[str, list[Path]] = {}
    for name, file in inside.items():
        bare.setdefault(Path(name).name, []).append(file)
    return {name: same[0] for name, same in bare.items() if len(same) == 1} | inside


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
