"""What is written of each photograph beside its colored picture, and where: names and places, no pictures yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from photochrom.batch.result_names import OTHERWISE, WRITTEN, distinct_name, result_name, split
from photochrom.batch.work import Work
from photochrom.inference.options import Options

MAX_SAMPLES = 64  # as PredictedPhoto.samples allows
_PENDING = ".*"  # stands for an extension that is known once the photograph is there


@dataclass(frozen=True)
class Outputs:
    """What to write of each photograph.

    Attributes:
        place: a folder that results go to, each under its photograph's own place; a file for a single result; None
            for beside each photograph (of an address or standard input: the working folder).
        side_by_side: gray and color in one picture, in place of the colored one.
        layer: also the color alone, as old.layer.png.
        samples: also this many alternatives, as old.color-1.jpg and so on.
        uncertainty: also a map of it: a folder, or a file for a single photograph.
        quality: 1..100, of JPEG, WebP and AVIF.
        to_stdout: the picture goes to standard output, and nowhere else.

    Raises: ValueError in one line.

    Example:
        >>> Outputs(samples=65)
        Traceback (most recent call last):
        ...
        ValueError: samples must number 0..64, got 65
    """

    place: Path | None = None
    side_by_side: bool = False
    layer: bool = False
    samples: int = 0
    uncertainty: Path | None = None
    quality: int = 90
    to_stdout: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise ValueError(f"samples must number 0..{MAX_SAMPLES}, got {self.samples}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must lie in 1..100, got {self.quality}")

    @property
    def single_file(self) -> bool:
        """Whether a file is named, which only one photograph can go to."""
        return is_file_name(self.place) or is_file_name(self.uncertainty)

    @property
    def extras(self) -> bool:
        """Whether files are written beside the colored one."""
        return bool(self.layer or self.samples or self.uncertainty)


class Targets(NamedTuple):
    """Where the results of one photograph go."""

    picture: Path
    samples: tuple[Path, ...] = ()
    layer: Path | None = None
    uncertainty: Path | None = None

    @property
    def pending(self) -> bool:
        """Whether the extension is still unknown, because the photograph's name has none."""
        return self.picture.name.endswith(_PENDING)

    @property
    def extras(self) -> tuple[Path, ...]:
        """All but the picture."""
        return (*self.samples, *(path for path in (self.layer, self.uncertainty) if path is not None))


def is_file_name(path: Path | None) -> bool:
    """Whether a path names a file rather than a folder: by its extension, unless a folder of that name is there."""
    return path is not None and bool(path.suffix) and not path.is_dir()


def targets_for(work: Work, outputs: Outputs, *, extension: str | None = None, distinct: bool = False) -> Targets:
    """Where the results of one photograph go.

    Args:
        work: the photograph.
        outputs: what is written.
        extension: of a photograph whose name has none, once its format is known.
        distinct: another photograph's result has the plain name: old.gif beside old.png.

    Example:
        >>> targets_for(Work("scans/1920/old.jpg", "1920/old.jpg", "scans"), Outputs(Path("new"))).picture.as_posix()
        'new/1920/old.color.jpg'
    """
    inside = PurePosixPath(work.relative)
    name = inside.name
    if not split(name)[1] and work.kind != "file":
        kept = extension if extension in WRITTEN else OTHERWISE
        name += _PENDING if extension is None else kept
    if distinct:
        name = distinct_name(name)
    if is_file_name(outputs.place):
        assert outputs.place is not None
        picture = outputs.place
    else:
        what = "before-after" if outputs.side_by_side else "color"
        ending = _PENDING if name.endswith(_PENDING) else None
        picture = _folder(work, outputs) / result_name(name.removesuffix(_PENDING), what, extension=ending)
    base = re.sub(r"\.(color|before-after)$", "", picture.stem)
    alternatives = f"{base}.color-" if base != picture.stem else f"{base}-"
    return Targets(
        picture,
        tuple(picture.with_name(f"{alternatives}{n + 1}{picture.suffix}") for n in range(outputs.samples)),
        picture.with_name(f"{base}.layer.png") if outputs.layer else None,
        _of_uncertainty(work, outputs, f"{base}.uncertainty.png"),
    )


def choices_sha256(options: Options, outputs: Outputs, weights_sha256: str) -> str:
    """One number for everything that was chosen: when it differs, a result has to be made anew.

    Left out is what changes no result: threads, the limit of size, the folders; and the device, whose rounding differs
    while the colors are the same to the eye, so that a run may go on where another kind of machine ended. A mask
    counts by its content, the weights by theirs.

    Raises: OSError for a mask that cannot be read.
    """
    import hashlib
    import json

    chosen: dict[str, Any] = options.to_json()
    for name in ("model", "threads", "device", "max_megapixels"):
        del chosen[name]
    if options.mask is not None:
        chosen["mask"] = hashlib.sha256(options.mask.read_bytes()).hexdigest()
    chosen["weights"] = weights_sha256
    chosen["outputs"] = {
        "side_by_side": outputs.side_by_side,
        "layer": outputs.layer,
        "samples": outputs.samples,
        "uncertainty": outputs.uncertainty is not None,
        "quality": outputs.quality,
    }
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


def _folder(work: Work, outputs: Outputs) -> Path:
    if outputs.place is not None:
        return outputs.place / PurePosixPath(work.relative).parent
    return Path(work.source).parent if work.kind == "file" else Path()


def _of_uncertainty(work: Work, outputs: Outputs, name: str) -> Path | None:
    if outputs.uncertainty is None or is_file_name(outputs.uncertainty):
        return outputs.uncertainty
    return outputs.uncertainty / PurePosixPath(work.relative).parent / name
