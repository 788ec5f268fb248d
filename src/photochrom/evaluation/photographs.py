"""The photographs of an evaluation: their middle squares in one file on disk, which every worker reads at random.

The source is read once, from its first photograph to its last. Each becomes a square of a fixed size, so that any of
them is found by its number: Random needs the color of another photograph, the gallery comes back to a few, and an
evaluation that goes on after an interruption starts in the middle. Memory does not grow with their number; the disk
holds 196 kB for each at 256x256.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.labels import STATED, Label, read_labelled
from photochrom.evaluation.settings import EvaluationError, Settings

if TYPE_CHECKING:
    from photochrom.data.shards import EncodedPhotograph

GRAY_CHROMA = 2.0  # mean ab chroma: compression alone gives a gray photograph about 1, toned paper has 5 and more
SQUARES, INDEX = "squares.raw", "photographs.json"

_DECODED = 4  # squares' sides: the short side to which a large photograph is decoded before the last reduction


@dataclass(frozen=True)
class Entry:
    """What is known of one photograph beside its pixels."""

    name: str  # its path inside the source
    label: int | None  # ImageNet-1k class
    class_name: str
    width: int  # of the photograph itself, upright
    height: int
    chroma: float  # mean over the square
    mean_ab: tuple[float, float]  # likewise


@dataclass(frozen=True)
class Skipped:
    """A photograph that is not measured, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Photographs:
    """Squares on disk and what is known of them; `open_photographs` makes it."""

    name: str  # of the source
    size: int  # pixels to a side
    sha256: str  # over the files' bytes and labels, in order
    entries: list[Entry]
    skipped: list[Skipped]
    folder: Path  # where the squares lie
    squares: StoredSquares | np.ndarray = field(repr=False)  # uint8 [n, size, size, 3]

    def __len__(self) -> int:
        return len(self.entries)

    def square(self, index: int) -> np.ndarray:
        """uint8 [size, size, 3]."""
        return self.squares[index]

    @property
    def labelled(self) -> int:
        """How many have a class."""
        return sum(entry.label is not None for entry in self.entries)

    @property
    def gray(self) -> list[str]:
        """Names of photographs without color to predict."""
        return [entry.name for entry in self.entries if entry.chroma < GRAY_CHROMA]

    def mean_ab(self) -> np.ndarray:
        """float32 [2]: the mean color of all pixels."""
        return np.mean([entry.mean_ab for entry in self.entries], axis=0).astype(np.float32)

    def discard(self) -> None:
        """Remove the squares from the disk when they are not needed any more; they are quickly made again."""
        if isinstance(self.squares, StoredSquares):
            self.squares.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # where a file in use cannot be removed, it stays


class StoredSquares:
    """Squares in a file, each read when it is asked for; of a mapped file the pages would stay in memory.

    The file stays open: another evaluation of the same photographs may remove it when it is done.

    Args:
        path: the file.
        size: pixels to a side.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._file, self._lock = path.open("rb"), threading.Lock()
        self._shape = (size, size, 3)

    def __getitem__(self, index: int) -> np.ndarray:
        """Square number `index`, uint8 [size, size, 3]; from any thread."""
        length = math.prod(self._shape)
        with self._lock:
            self._file.seek(index * length)
            content = self._file.read(length)
        return np.frombuffer(content, np.uint8).reshape(self._shape)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def open_photographs(source: str | Path, work: Path, settings: Settings, *, fresh: bool = False) -> Photographs:
    """Read a source into squares on disk, or find those that an earlier evaluation of the same files left.

    Args:
        source: a folder of photographs, Parquet files or tar files, or one such file; an address of tar files.
        work: folder for the squares.
        settings: `size`, `limit`, `without` and `without_gray` choose the photographs.
        fresh: read again, even where nothing has changed.
    Raises: EvaluationError where no photograph is left; DataError for a source that cannot be read at all.
    """
    folder = work / "photographs" / _fingerprint(source, settings)
    if not fresh and (folder / INDEX).is_file() and Path(source).exists():
        return _open(folder)
    from photochrom.training.checkpoint import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)  # it belongs to the squares that are replaced now
    content: dict[str, Any] = {}
    write_whole(folder / SQUARES, lambda path: content.update(_read_into(path, source, settings)))
    write_whole(folder / INDEX, lambda path: path.write_text(json.dumps(content), encoding="utf-8"))
    return _open(folder)


def _read_into(path: Path, source: str | Path, settings: Settings) -> dict[str, Any]:
    """Write the squares to `path`; returns what is known of them, for the index."""
    from photochrom.storage.addresses import public

    skipped: list[Skipped] = []
    with path.open("wb") as file:
        entries, digest = _read_squares(source, settings, skipped, file)
    if not entries:
        example = f", such as {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise EvaluationError(
            f"{public(source)} has no photograph to measure ({len(skipped)} were left out{example}); check it"
        )
    return {
        "name": public(source).rstrip("/").rpartition("/")[2],
        "size": settings.size,
        "sha256": digest,
        "entries": [asdict(entry) for entry in entries],
        "skipped": [asdict(one) for one in skipped],
    }


def _read_squares(
    source: str | Path, settings: Settings, skipped: list[Skipped], file: BinaryIO
) -> tuple[list[Entry], str]:
    from photochrom.data.decoding import in_threads

    entries: list[Entry] = []
    digest = hashlib.sha256(str(settings.size).encode())
    chosen = _chosen(source, settings.without)
    with closing(in_threads(lambda item: _square(item[0], settings.size), chosen)) as squares:
        for (photograph, label), square in squares:
            if square.pixels is None:
                skipped.append(Skipped(photograph.name, square.reason))
                continue
            entry = _describe(photograph.name, label, square)
            if settings.without_gray and entry.chroma < GRAY_CHROMA:
                skipped.append(Skipped(entry.name, f"gray: its mean chroma is {entry.chroma:.1f}"))
                continue
            file.write(square.pixels.tobytes())
            digest.update(hashlib.sha256(photograph.data).digest() + str(entry.label).encode())
            entries.append(entry)
            if len(entries) == settings.limit:
                break
    return entries, digest.hexdigest()


def _chosen(source: str | Path, without: Sequence[str]) -> Iterator[tuple[EncodedPhotograph, Label]]:
    """The photographs of a source with their labels; the unwanted ones come without bytes."""
    unwanted = [_column_and_word(text) for text in without]
    for photograph, label in read_labelled(source):
        reason = ""
        for column, word in unwanted:
            stated = getattr(label, column)
            if stated is None:
                raise EvaluationError(
                    f"photographs without {word!r} were asked for, but {photograph.source} has no column `{column}` "
                    "that says so; leave the choice out"
                )
            if word in stated:
                reason = f"{column}: {stated}"
        yield (replace(photograph, data=b"", problem=reason) if reason else photograph), label


def _column_and_word(text: str) -> tuple[str, str]:
    """What `Settings.without` says: ("license", "CC"), or ("source", "imagenet") for `source=imagenet`."""
    column, found, word = text.partition("=")
    return (column, word) if found and column in STATED else ("license", text)


def _square(photograph: EncodedPhotograph, size: int) -> _Square:
    """The middle square of a photograph; its reason is filled instead where it cannot be read."""
    import pyvips

    from photochrom.data.decoding import decode
    from photochrom.photos.errors import PhotoError
    from photochrom.photos.fields import has_field

    try:
        pixels = decode(photograph, _DECODED * size)
        header = pyvips.Image.new_from_buffer(photograph.data, "")
    except PhotoError as error:
        return _Square(None, 0, 0, " ".join(str(error).split()).removeprefix(f"{photograph.name}: "))
    turned = has_field(header, "orientation") and header.get("orientation") >= 5
    width, height = (header.height, header.width) if turned else (header.width, header.height)
    return _Square(middle_square(pixels, size), width, height)


@dataclass(frozen=True)
class _Square:
    pixels: np.ndarray | None  # uint8 [size, size, 3]
    width: int  # of the photograph, upright
    height: int
    reason: str = ""


def middle_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """The middle square of uint8 [h, w, 3] as uint8 [size, size, 3]; as it is where it has that size already."""
    if pixels.shape[:2] == (size, size):
        return np.ascontiguousarray(pixels)
    from photochrom.data.crops import center_squares

    return np.ascontiguousarray(center_squares([pixels], size)[0].permute(1, 2, 0).numpy())


def _describe(name: str, label: Label, square: _Square) -> Entry:
    ab = rgb_to_lab(square.pixels)[..., 1:]
    mean = ab.mean(axis=(0, 1), dtype=np.float64)
    return Entry(
        name=name,
        label=label.index,
        class_name=label.name,
        width=square.width,
        height=square.height,
        chroma=float(np.hypot(ab[..., 0], ab[..., 1]).mean()),
        mean_ab=(float(mean[0]), float(mean[1])),
    )


def _open(folder: Path) -> Photographs:
    content = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    entries = [Entry(**{**entry, "mean_ab": tuple(entry["mean_ab"])}) for entry in content["entries"]]
    size = content["size"]
    return Photographs(
        name=content["name"],
        size=size,
        sha256=content["sha256"],
        entries=entries,
        skipped=[Skipped(**one) for one in content["skipped"]],
        folder=folder,
        squares=StoredSquares(folder / SQUARES, size),
    )


def _fingerprint(source: str | Path, settings: Settings) -> str:
    """Of the files' names, sizes and times, and of what chooses among them."""
    path = Path(source)
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    chosen = (str(path.resolve()), settings.size, settings.limit, settings.without, settings.without_gray)
    digest.update(repr(chosen).encode())
    for file in files:
        if file.exists():
            state = file.stat()
            digest.update(f"{file.relative_to(path)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
