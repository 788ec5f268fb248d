"""Finding the photographs of a study and each system's coloring of them, and checking that they fit.

A system is a folder of colored pictures, named as the photographs are, or a model, which colors them here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photochrom.color.lab import lab_to_rgb, rgb_to_lab
from photochrom.color.toning import is_colored
from photochrom.photos import PhotoError, Photograph, open_photograph
from photochrom.photos.formats import READABLE
from photochrom.photos.profiles import on_white
from photochrom.study.assignment import PARTNERS, RANDOM, generator
from photochrom.study.errors import StudyError
from photochrom.study.manifest import TRUTH

if TYPE_CHECKING:
    from photochrom.inference import Colorizer

Pixels = NDArray[np.uint8]
Coloring = Callable[["Pair", Pixels], Pixels]  # of a photograph, given as it is shown

MAX_MEGAPIXELS = 100.0
_SUFFIXES = frozenset(extension for kind in READABLE for extension in kind.extensions)
_OWN_ENDING = ".color"  # what `photochrom colorize` adds to a name
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EVERY = 4  # pixels apart, for telling whether a photograph has colors


@dataclass(frozen=True)
class Pair:
    """A photograph and its colorings on disk.

    Attributes:
        name: path in its folder, without ending.
        truth: the photograph.
        colored: by system, for those that are folders.
    """

    name: str
    truth: Photograph
    colored: dict[str, Photograph]


@dataclass(frozen=True)
class System:
    """A system as it was asked for: a folder, or else a model's name or file."""

    name: str
    folder: Path | None
    model: str | None


def parse_system(text: str) -> System:
    """`NAME=FOLDER`, `NAME=MODEL`, or `MODEL` under its own name.

    Raises: StudyError for a name that cannot stand in a report, or a folder that is not there.

    Example:
        >>> parse_system("small=lite")
        System(name='small', folder=None, model='lite')
    """
    given, found, rest = text.partition("=")
    target = rest if found else given
    name = given if found else Path(given).stem
    if not _NAME.fullmatch(name) or name in (TRUTH, RANDOM):
        raise StudyError(
            f"a system needs a name of letters, digits, dots and dashes other than {TRUTH} and {RANDOM}, got {name!r}; "
            f"type NAME=FOLDER or NAME=MODEL"
        )
    if Path(target).is_dir():
        return System(name, Path(target), None)
    return System(name, None, target)


def find_pairs(truth: Path, systems: Sequence[System]) -> tuple[list[Pair], list[str]]:
    """The photographs of a folder with every folder's coloring of them.

    Args:
        truth: folder of photographs, with those under it.
        systems: their folders must have a picture for each photograph, of the same size.
    Returns: the pairs in the order of their names; and the names of photographs without color, which are left out.
    Raises: StudyError for a missing or unreadable picture, another size, or two pictures of one name.
    """
    truths = _pictures(truth, "photographs")
    folders = {system.name: _pictures(system.folder, "pictures") for system in systems if system.folder is not None}
    pairs, gray = [], []
    for name, file in truths.items():
        photograph = _open(file)
        if not _has_color(photograph):
            gray.append(name)
            continue
        pairs.append(
            Pair(
                name, photograph, {system: _match(name, photograph, files, system) for system, files in folders.items()}
            )
        )
    return pairs, gray


def colorings(systems: Sequence[System], pairs: Sequence[Pair], seed: int) -> dict[str, Coloring]:
    """How each system, and "random", colors a photograph at the size in which it is shown.

    Raises: StudyError for a model that is not there.
    """
    ways = {system.name: _from_folder(system.name) if system.folder else _by_model(system) for system in systems}
    return ways | {RANDOM: _random(pairs, seed)}


def shown_size(photograph: Photograph, short_side: int) -> tuple[int, int]:
    """Width and height in which a photograph is shown: never enlarged, the long side at most twice `short_side`.

    Args:
        photograph: upright.
        short_side: pixels at most.
    """
    low, high = sorted((photograph.width, photograph.height))
    scale = min(1.0, short_side / low, 2 * short_side / high)
    return max(1, round(photograph.width * scale)), max(1, round(photograph.height * scale))


def shown_pixels(photograph: Photograph, width: int, height: int) -> Pixels:
    """A picture as it is shown: uint8 [height, width, 3], sRGB.

    Photograph and coloring go the same way, whatever their formats, so that no difference in sharpness tells them
    apart: a JPEG is not shrunk while it is decoded.

    Raises: StudyError for a damaged file.
    """
    try:
        image = on_white(photograph.pixels())
        image = image.resize(width / image.width, vscale=height / image.height).copy_memory()
    except PhotoError as error:
        raise StudyError(str(error)) from None
    pixels: NDArray[np.uint8 | np.uint16] = image.numpy().reshape(height, width, image.bands)
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 = 255 * 257
    return np.ascontiguousarray(np.broadcast_to(pixels, (height, width, 3)), np.uint8)


def _pictures(folder: Path | None, what: str) -> dict[str, Path]:
    """The pictures under a folder by their path in it, without ending; in the order of names."""
    assert folder is not None
    if not folder.is_dir():
        raise StudyError(f"{folder} is no folder; name the folder with the {what}")
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in _SUFFIXES or file.name.startswith(".") or not file.is_file():
            continue
        name = file.relative_to(folder).with_suffix("").as_posix().removesuffix(_OWN_ENDING)
        if name in found:
            raise StudyError(f"{found[name]} and {file} have one name; keep one of them")
        found[name] = file
    if not found:
        raise StudyError(f"{folder} holds no {what} ({', '.join(kind.name for kind in READABLE)})")
    return dict(sorted(found.items()))


def _match(name: str, truth: Photograph, files: dict[str, Path], system: str) -> Photograph:
    if name not in files:
        raise StudyError(f"{system} has no picture of {name!r}; color it, or take the photograph out of its folder")
    colored = _open(files[name])
    if (colored.width, colored.height) != (truth.width, truth.height):
        raise StudyError(
            f"{files[name]} is {colored.width}x{colored.height}, its photograph {truth.width}x{truth.height}; "
            f"color it at its own size"
        )
    return colored


def _open(file: Path) -> Photograph:
    try:
        return open_photograph(file, max_megapixels=MAX_MEGAPIXELS)
    except PhotoError as error:
        raise StudyError(f"{file.parent}: {error}") from None


def _has_color(photograph: Photograph) -> bool:
    if photograph.is_gray:
        return False
    width, height = shown_size(photograph, 256)
    return is_colored(rgb_to_lab(shown_pixels(photograph, width, height)[::_EVERY, ::_EVERY]))


def _from_folder(system: str) -> Coloring:
    def color(pair: Pair, truth: Pixels) -> Pixels:
        height, width = truth.shape[:2]
        return shown_pixels(pair.colored[system], width, height)

    return color


def _by_model(system: System) -> Coloring:
    from photochrom.inference import Colorizer, WeightsError

    assert system.model is not None
    try:
        colorizer: Colorizer = Colorizer(system.model)
    except (WeightsError, ValueError) as error:
        raise StudyError(f"{system.name}: {error}; or name a folder of colored pictures") from None

    def color(pair: Pair, truth: Pixels) -> Pixels:
        try:
            return np.ascontiguousarray(colorizer.colorize(truth).numpy(), np.uint8)
        except (PhotoError, WeightsError) as error:
            raise StudyError(f"{system.name} cannot color {pair.name} ({error})") from None

    return color


def _random(pairs: Sequence[Pair], seed: int) -> Coloring:
    """Each photograph with the a and b of another one, as the paper's Random."""
    if len(pairs) < 2:
        raise StudyError("Random takes the colors of another photograph, and there is only one; give more")
    order = generator(seed, PARTNERS).permutation(len(pairs))
    names = [pairs[index] for index in order]
    partners = {pair.name: names[place - 1] for place, pair in enumerate(names)}  # one round: nobody its own

    def color(pair: Pair, truth: Pixels) -> Pixels:
        height, width = truth.shape[:2]
        lab = rgb_to_lab(truth)
        lab[..., 1:] = rgb_to_lab(shown_pixels(partners[pair.name].truth, width, height))[..., 1:]
        return np.ascontiguousarray(lab_to_rgb(lab), np.uint8)

    return color
