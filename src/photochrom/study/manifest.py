"""A study on disk: `manifest.json`, the pictures and the plates, each file named by the sha256 of its content.

    STUDY/manifest.json
    STUDY/pictures/<sha256>.png   what people see: lossless, without metadata; served equally long
    STUDY/plates/<sha256>.png     of the color-vision check

The manifest holds no time and no machine: the same photographs, systems, design and seed give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from photochrom.study.assignment import RANDOM
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.exclusions import Exclusions
from photochrom.study.strict_json import read_dataclass, read_object

MANIFEST = "manifest.json"
PICTURES = "pictures"
PLATES = "plates"
TRUTH = "truth"
FORMAT = 1  # of the manifest; another is refused rather than guessed at

PlateKind = Literal["control", "protan", "deutan"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELDS = ["photochrom", "format", "version", "seed", "design", "exclusions", "systems", "photographs", "plates"]


@dataclass(frozen=True)
class Photograph:
    """One photograph in all its colors."""

    name: str
    width: int  # pixels, as shown
    height: int
    sha256s: dict[str, str]  # by "truth", the systems' names and "random"
    files: dict[str, Path] = field(repr=False)  # the same as files


@dataclass(frozen=True)
class Plate:
    """One plate of the color-vision check."""

    kind: PlateKind  # "control" is read by everybody, the others not by people with that color vision
    digit: str  # what is to be read
    sha256: str
    file: Path = field(repr=False)


@dataclass(frozen=True)
class Study:
    """A study as `photochrom study build` made it.

    Attributes:
        folder: where it lies.
        design: what participants see.
        systems: names of the compared systems, "random" not among them.
        photographs: in the order of their names.
        seed: of every assignment.
        exclusions: whose answers will be left out.
        version: of photochrom, which built it.
        hash: sha256 of the manifest, which holds those of every file.
        plates: of the color-vision check, in the order in which they are shown.
    """

    folder: Path
    design: Design
    systems: tuple[str, ...]
    photographs: tuple[Photograph, ...]
    seed: int
    exclusions: Exclusions
    version: str
    hash: str
    plates: tuple[Plate, ...]

    @classmethod
    def read(cls, folder: Path) -> Study:
        """Read a study and check that every file is the one that was built.

        Args:
            folder: of `photochrom study build`.
        Raises: StudyError, in one line.
        """
        folder = Path(folder)
        place = folder / MANIFEST
        try:
            written = place.read_bytes()
        except OSError as error:
            raise StudyError(
                f"{folder} is no study ({MANIFEST}: {error.strerror}); `photochrom study build` makes one"
            ) from None
        try:
            content = json.loads(written)
        except ValueError as error:  # broken JSON or another encoding
            raise StudyError(f"{place} is not JSON ({error}); build the study anew") from None
        values = read_object(content, _FIELDS, str(place))
        if values["photochrom"] != "study" or values["format"] != FORMAT:
            raise StudyError(
                f"{place} has format {values['format']!r} of {values['photochrom']!r}, this version reads "
                f"format {FORMAT} of 'study'; use the photochrom that built it"
            )
        systems = _systems(values["systems"])
        study = cls(
            folder=folder,
            design=Design.from_json(values["design"]),
            systems=systems,
            photographs=tuple(_photograph(folder, each, systems) for each in _list(values, "photographs")),
            seed=_seed(values["seed"]),
            exclusions=Exclusions.from_json(values["exclusions"]),
            version=str(values["version"]),
            hash=hashlib.sha256(written).hexdigest(),
            plates=tuple(_plate(folder, each) for each in _list(values, "plates")),
        )
        check_photographs(len(study.photographs), study.design)
        _check_files(study)
        return study

    def photograph(self, name: str) -> Photograph:
        """A photograph by its name. Raises: KeyError."""
        for each in self.photographs:
            if each.name == name:
                return each
        raise KeyError(name)


def manifest_bytes(
    *,
    design: Design,
    exclusions: Exclusions,
    systems: tuple[str, ...],
    photographs: tuple[Photograph, ...],
    plates: tuple[Plate, ...],
    seed: int,
    version: str,
) -> bytes:
    """The content of `manifest.json`: the same study gives the same bytes."""
    content = {
        "photochrom": "study",
        "format": FORMAT,
        "version": version,
        "seed": seed,
        "design": design.to_json(),
        "exclusions": exclusions.to_json(),
        "systems": list(systems),
        "photographs": [
            {"name": each.name, "width": each.width, "height": each.height, "sha256s": each.sha256s}
            for each in photographs
        ],
        "plates": [{"kind": plate.kind, "digit": plate.digit, "sha256": plate.sha256} for plate in plates],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def check_photographs(count: int, design: Design) -> None:
    """Refuse too few photographs: nobody sees one twice. Raises: StudyError."""
    if count < design.trials:
        raise StudyError(
            f"{design.practice} practice and {design.pairs} test trials need {design.trials} photographs, got {count}; "
            f"ask for fewer pairs, or give more photographs"
        )


@dataclass(frozen=True)
class _WrittenPhotograph:
    name: str
    width: int
    height: int
    sha256s: dict[str, str]


@dataclass(frozen=True)
class _WrittenPlate:
    kind: PlateKind
    digit: str
    sha256: str


def _photograph(folder: Path, content: Any, systems: tuple[str, ...]) -> Photograph:
    values = asdict(read_dataclass(_WrittenPhotograph, content, "a photograph of the manifest"))
    sha256s = read_object(values["sha256s"], [TRUTH, *systems, RANDOM], f"sha256s of {values['name']}")
    files = {name: _file(folder / PICTURES, digest) for name, digest in sha256s.items()}
    return Photograph(**values, files=files)


def _plate(folder: Path, content: Any) -> Plate:
    values = asdict(read_dataclass(_WrittenPlate, content, "a plate of the manifest"))
    return Plate(**values, file=_file(folder / PLATES, values["sha256"]))


def _file(folder: Path, digest: Any) -> Path:
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):  # also keeps every path inside the folder
        raise StudyError(f"the manifest names a file {digest!r}, which is no sha256; build the study anew")
    return folder / f"{digest}.png"


def _list(values: dict[str, Any], name: str) -> list[Any]:
    content = values[name]
    if not isinstance(content, list):
        raise StudyError(f"the manifest's {name} must be a list, got {type(content).__name__}")
    return content


def _systems(content: Any) -> tuple[str, ...]:
    if not isinstance(content, list) or not content or not all(isinstance(name, str) for name in content):
        raise StudyError(f"the manifest's systems must be a list of names, got {content!r}")
    return tuple(content)


def _seed(content: Any) -> int:
    if not isinstance(content, int) or isinstance(content, bool) or content < 0:
        raise StudyError(f"the manifest's seed must be a whole number of 0 or above, got {content!r}")
    return content


def _check_files(study: Study) -> None:
    files = [file for photograph in study.photographs for file in photograph.files.values()]
    for file in [*files, *(plate.file for plate in study.plates)]:
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise StudyError(f"{file} cannot be read ({error.strerror}); build the study anew") from None
        if digest != file.stem:
            raise StudyError(f"{file} is not what was built: its content was changed; build the study anew")
