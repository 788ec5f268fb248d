"""What `photochrom colorize` was asked for, turned into values, and refused in one line where it cannot be."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from photochrom.batch import Outputs
    from photochrom.inference import Hint

STANDARD = "-"
DETAILS = (256, 384, 512)  # pixels of the short side


def goes_to_stdout(photos: Sequence[str], output: Path | None) -> bool:
    """Whether the picture goes to standard output. Raises: typer.BadParameter where it cannot."""
    if photos.count(STANDARD) > 1:
        raise typer.BadParameter("standard input holds one photograph; name - once")
    if str(output) != STANDARD and not (output is None and list(photos) == [STANDARD]):
        return False
    if len(photos) > 1:
        raise typer.BadParameter(f"standard output takes one picture, not {len(photos)}; name a folder with -o")
    if sys.stdout.isatty():
        raise typer.BadParameter("a picture would be poured into the terminal; redirect it, or name a file with -o")
    return True


def working_size_of(detail: str) -> int | Literal["auto"]:
    """Of --detail. Raises: typer.BadParameter."""
    if detail == "auto":
        return "auto"
    if detail not in map(str, DETAILS):
        raise typer.BadParameter(f"--detail is {', '.join(map(str, DETAILS))} or auto, got {detail}")
    return int(detail)


def white_balance_of(text: str) -> float | Literal["auto"]:
    """Of --white-balance. Raises: typer.BadParameter."""
    if text == "auto":
        return "auto"
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"--white-balance is -1 (cool) .. 1 (warm) or auto, got {text}") from None


def hints_of(texts: Sequence[str], file: Path | None) -> tuple[Hint, ...]:
    """Of --hint and --hints together. Raises: ValueError in one line."""
    if not texts and file is None:
        return ()
    from photochrom.inference import Hint, read_hints

    return (*(read_hints(file) if file is not None else ()), *map(Hint.parse, texts))


def check_outputs(outputs: Outputs, folders: Sequence[Path], *, count: int) -> None:
    """Raises: typer.BadParameter for a place that cannot hold what is asked for.

    Args:
        outputs: what is to be written.
        folders: that photographs are listed from.
        count: how many photographs there are; 2 stands for more than are counted.
    """
    from photochrom.batch.outputs import is_file_name
    from photochrom.batch.result_names import WRITTEN

    for option, place in (("-o", outputs.place), ("--uncertainty", outputs.uncertainty)):
        if place is None or not is_file_name(place):
            continue
        if place.suffix.lower() not in WRITTEN:
            raise typer.BadParameter(
                f"{option} {place}: {place.suffix} is no format that can be written ({', '.join(WRITTEN)}); "
                f"for a folder of that name, make it first"
            )
        if count > 1:
            raise typer.BadParameter(f"{option} {place} is one file for several photographs; name a folder")
    for folder in folders:
        if outputs.place is not None and outputs.place.exists() and folder.is_dir() and outputs.place.samefile(folder):
            raise typer.BadParameter(
                f"-o {outputs.place} is the folder of the photographs; name another, or leave -o out for results "
                f"beside them"
            )


def check_files(mask: Path | None, report: Path | None, results: Path | None) -> None:
    """Refuse files that cannot be read or written later.

    Args:
        mask: that is asked for.
        report: likewise; it may lie in the folder of results, which the run makes.
        results: that folder.
    Raises: typer.BadParameter for a mask that is not there, or a report that is no page or has no folder.
    """
    if mask is not None and not mask.is_file():
        raise typer.BadParameter(f"--mask {mask}: there is no such file")
    if report is not None and report.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"--report {report}: the report is a page; end its name in .html")
    if report is not None and report.parent != results and not report.parent.is_dir():
        raise typer.BadParameter(f"--report {report}: there is no folder {report.parent}; create it first")
