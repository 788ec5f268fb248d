"""`photochrom colorize`: color photographs, each into a file of its own; the originals are only read."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from photochrom.cli.interruption import interruptible
from photochrom.cli.reports import complain, debugging, one_line, unexpected

if TYPE_CHECKING:
    from photochrom.inference import Colorizer, Options

WRITTEN = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif")  # extensions that can be saved
OTHERWISE = ".png"  # for a photograph in a format that is only read, such as GIF


@dataclass(frozen=True)
class Outcome:
    """What became of one photograph; the fields of --json."""

    source: str
    target: str | None = None
    width: int | None = None  # pixels of the result
    height: int | None = None
    seconds: float | None = None
    error: str | None = None


def colorize(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photographs; only read.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR|FILE",
            help="Folder for the results, or the file for a single one. Without it: old.color.jpg beside old.jpg.",
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", "-t", metavar="T", help="In (0, 1]: 1 is calm, 0.1 vivid; the paper's is 0.38."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="NAME|FILE", help="Weights by name, or an ONNX file.")
    ] = "lite",
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="Gray on the left and color on the right, in one picture.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document about all photographs on stdout.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace results that are there. Never an original.")] = False,
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="Of JPEG, WebP and AVIF.")] = 90,
    max_megapixels: Annotated[
        float, typer.Option("--max-megapixels", metavar="N", help="Refuse larger photographs before decoding them.")
    ] = 500.0,
) -> None:
    """Color photographs.

    Exit codes: 0 all done, 1 some failed (each named on stderr), 2 refused before any photograph was touched.
    """
    targets = _targets(photos, output, side_by_side=side_by_side)
    # NumPy's matrix products here are tiny; its threads would only stand in the way of libvips' and the network's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from photochrom.inference import Colorizer, Options, WeightsError

    if not debugging():
        logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # libvips' warnings would break "one line on stderr"
    options = _options(Options, model, temperature, max_megapixels)
    outcomes: list[Outcome] = []
    originals, done = {photo.resolve() for photo in photos}, set[Path]()
    try:
        colorizer = Colorizer.from_options(options)
        for photo, target in _with_progress(list(zip(photos, targets, strict=True))):
            # Neither an original nor a result of this very run is replaced, --force or not.
            if target.resolve() in originals or target in done:
                taken = f"{target} is a photograph or a result of this run already; color this one on its own with -o"
                outcome = Outcome(str(photo), error=f"{photo}: {taken}")
            else:
                outcome = interruptible(partial(_color_one, colorizer, photo, target, side_by_side, force, quality))
                if outcome.error is None:
                    done.add(target)
            outcomes.append(outcome)
            if outcome.error is not None:
                complain(outcome.error)
            elif not as_json:
                print(f"{photo} -> {target}", flush=True)
    except WeightsError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    if as_json:
        print(json.dumps({"model": model, "photos": [asdict(outcome) for outcome in outcomes]}, indent=2))
    if any(outcome.error is not None for outcome in outcomes):
        raise typer.Exit(1)


def _color_one(
    colorizer: Colorizer,
    photo: Path,
    target: Path,
    side_by_side: bool,
    force: bool,
    quality: int,
    stoppable: Callable[[Any], None],
) -> Outcome:
    from photochrom.inference import WeightsError
    from photochrom.photos import PhotoError, save_photograph

    start = perf_counter()
    try:
        if target.exists() and not force and photo.exists() and not target.samefile(photo):
            raise PhotoError(f"{target} exists already; --force replaces it, -o chooses another place")
        colored = colorizer.colorize(photo)
        image = colored.before_after() if side_by_side else colored.image()
        width, height = image.width, image.height
        stoppable(image)
        target.parent.mkdir(parents=True, exist_ok=True)
        save_photograph(image, target, overwrite=force, quality=quality)
    except WeightsError:
        raise  # no photograph can be colored without them
    except PhotoError as error:
        return Outcome(str(photo), error=_named(photo, str(error)))
    except OSError as error:  # of making the folder
        reason = error.strerror or str(error)
        return Outcome(
            str(photo), error=_named(photo, f"{target} cannot be written ({reason}); choose another with -o")
        )
    except Exception as error:
        if debugging():
            raise
        return Outcome(str(photo), error=_named(photo, unexpected(error)))
    return Outcome(str(photo), str(target), width, height, round(perf_counter() - start, 3))


def _named(photo: Path, message: str) -> str:
    """The message in one line, begun with the photograph's path exactly once."""
    message = one_line(message)
    for name in (str(photo), photo.name):
        message = message.removeprefix(f"{name}: ")
    return f"{photo}: {message}"


def _options(make: type[Options], model: str, temperature: float | None, max_megapixels: float) -> Options:
    try:
        return make(model=model, temperature=temperature, max_megapixels=max_megapixels)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _targets(photos: list[Path], output: Path | None, *, side_by_side: bool) -> list[Path]:
    """Where each result goes. Raises: typer.BadParameter for a FILE that cannot hold what was asked."""
    if output is not None and output.suffix and not output.is_dir():  # a FILE
        if output.suffix.lower() not in WRITTEN:
            raise typer.BadParameter(
                f"-o {output}: {output.suffix} is no format that can be written ({', '.join(WRITTEN)}); "
                f"for a folder of that name, make it first"
            )
        if len(photos) > 1:
            raise typer.BadParameter(f"-o {output} is one file for {len(photos)} photographs; name a folder")
        return [output]
    return [(output or photo.parent) / _result_name(photo, side_by_side=side_by_side) for photo in photos]


def _result_name(photo: Path, *, side_by_side: bool) -> str:
    extension = photo.suffix if photo.suffix.lower() in WRITTEN else OTHERWISE
    return f"{photo.stem}.{'before-after' if side_by_side else 'color'}{extension}"


def _with_progress(pairs: list[tuple[Path, Path]]) -> Iterable[tuple[Path, Path]]:
    """The pairs, with a bar on stderr when somebody watches and there is more than one."""
    return _bar(pairs) if len(pairs) > 1 and sys.stderr.isatty() else pairs


def _bar(pairs: list[tuple[Path, Path]]) -> Iterator[tuple[Path, Path]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Lines on stdout pass above the bar when stdout is the same terminal, and stay on stdout when it is a file.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
    ) as progress:
        task = progress.add_task("", total=len(pairs))
        for photo, target in pairs:
            progress.update(task, description=photo.name)
            yield photo, target
            progress.advance(task)
