"""From folders of pictures to a study: checked, reduced to the size in which they are shown, named by their content."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from photochrom.study.assignment import RANDOM
from photochrom.study.design import PAPER, Design
from photochrom.study.errors import StudyError
from photochrom.study.exclusions import Exclusions
from photochrom.study.manifest import (
    MANIFEST,
    PICTURES,
    PLATES,
    TRUTH,
    Photograph,
    Plate,
    Study,
    check_photographs,
    manifest_bytes,
)
from photochrom.study.pairs import Coloring, Pair, colorings, find_pairs, parse_system, shown_pixels, shown_size
from photochrom.study.plates import draw_plates

Progress = Callable[[int, int], None]  # photographs done, of so many


def build(
    truth: Path,
    systems: Sequence[str],
    out: Path,
    *,
    design: Design = PAPER,
    exclusions: Exclusions | None = None,
    seed: int = 0,
    progress: Progress = lambda done, count: None,
) -> tuple[Study, list[str]]:
    """Build a study; the originals are only read.

    Args:
        truth: folder of photographs.
        systems: each `NAME=FOLDER`, `NAME=MODEL` or `MODEL`.
        out: the study's folder, which must not exist: it appears when it is complete.
        design: what participants will see.
        exclusions: whose answers will be left out; None for the defaults.
        seed: of every assignment, of Random's colors and of the plates, 0 or above.
        progress: told after each photograph.
    Returns: the study, and the names of photographs without color, which were left out.
    Raises: StudyError, in one line; nothing is left behind then.
    """
    if seed < 0:
        raise StudyError(f"a seed is 0 or above, got {seed}")
    asked = [parse_system(text) for text in systems]
    names = tuple(system.name for system in asked)
    if not names or len(set(names)) < len(names):
        raise StudyError(
            f"a study compares one system or more, each under its own name, got {', '.join(names) or 'none'}"
        )
    if os.path.lexists(out):
        raise StudyError(f"{out} exists already; choose another name, a study is never written over")
    pairs, gray = find_pairs(truth, asked)
    check_photographs(len(pairs), design)
    ways = colorings(asked, pairs, seed)
    with _folder_beside(out) as folder:
        photographs = []
        for pair in pairs:
            photographs.append(_photograph(pair, ways, design, folder / PICTURES))
            progress(len(photographs), len(pairs))
        content = manifest_bytes(
            design=design,
            exclusions=exclusions or Exclusions(),
            systems=names,
            photographs=tuple(photographs),
            plates=_plates(seed, folder / PLATES),
            seed=seed,
            version=_version(),
        )
        (folder / MANIFEST).write_bytes(content)
        folder.rename(out)
    return Study.read(out), gray


def encode_picture(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as a PNG without metadata, always by the same settings.

    Args:
        pixels: uint8 [h, w, 3], sRGB.
    """
    height, width, bands = pixels.shape
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).tobytes(), width, height, bands, "uchar")
    image = image.copy(interpretation="srgb")
    return bytes(image.pngsave_buffer(compression=6, interlace=False, filter="all", palette=False, keep="none"))


def _photograph(pair: Pair, ways: dict[str, Coloring], design: Design, folder: Path) -> Photograph:
    width, height = shown_size(pair.truth, design.pixels)
    truth = shown_pixels(pair.truth, width, height)
    pictures = {TRUTH: truth}
    for name in [*(name for name in ways if name != RANDOM), RANDOM]:
        pictures[name] = ways[name](pair, truth)
    files = {name: _write(folder, encode_picture(picture)) for name, picture in pictures.items()}
    return Photograph(pair.name, width, height, {name: file.stem for name, file in files.items()}, files)


def _plates(seed: int, folder: Path) -> tuple[Plate, ...]:
    plates = []
    for drawn in draw_plates(seed):
        file = _write(folder, encode_picture(drawn.pixels))
        plates.append(Plate(drawn.kind, drawn.digit, file.stem, file))
    return tuple(plates)


def _write(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{hashlib.sha256(content).hexdigest()}.png"
    file.write_bytes(content)
    return file


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """A new folder beside the one that is wanted, to be renamed to it; gone at the end if it was not."""
    folder = out.absolute().with_name(f".{out.name[:40]}-{os.urandom(4).hex()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        yield folder
    except OSError as error:
        raise StudyError(f"{out} cannot be written ({error.strerror}); choose another place") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version() -> str:
    from photochrom import __version__

    return __version__
