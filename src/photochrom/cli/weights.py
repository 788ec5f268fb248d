"""`photochrom weights`: which there are, where they lie, and the authors' own as ONNX."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photochrom.cli.extras import train_extra
from photochrom.cli.reports import refuse_existing

if TYPE_CHECKING:
    from photochrom.inference.weights import Weights

weights = typer.Typer(help="Weights: list them, find them, import the authors' own.", rich_markup_mode=None)


class Annealed(StrEnum):
    """Where the released weights keep the factor 2.606 of the annealed mean."""

    auto = "auto"
    folded = "folded"
    not_folded = "not-folded"


@weights.command("list")
def list_weights(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List the weights that have a name."""
    from photochrom.inference.weights import registry

    entries = list(registry().values())
    if as_json:
        rows = [asdict(entry) | {"path": str(entry.path), "installed": entry.installed} for entry in entries]
        print(json.dumps({"weights": rows}, indent=2))
        return
    for entry in entries:
        print(_row(entry))
    if not entries:
        print("No weights are embedded in this build; --model takes the path of an .onnx file.")


@weights.command("path")
def weights_path(
    model: Annotated[str, typer.Argument(metavar="NAME", help="A name that `weights list` shows, or a file.")],
) -> None:
    """Print the path of the verified file, downloaded when it is not there yet."""
    from photochrom.inference.weights import WeightsError, find_weights

    try:
        print(find_weights(model))
    except WeightsError as error:
        raise typer.BadParameter(str(error)) from None


@weights.command("import")
def import_weights(
    released: Annotated[Path, typer.Argument(metavar="FILE.pth", help="The weights that the authors released.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.onnx", help="The file to write.")],
    annealed: Annotated[
        Annealed, typer.Option("--annealed", help="Whether 2.606 is folded into the last layer; auto looks at it.")
    ] = Annealed.auto,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Turn the authors' released weights into an ONNX file (needs the extra `train`)."""
    if not released.is_file():
        raise typer.BadParameter(f"there is no file {released}; check the path")
    refuse_existing(output, force=force)
    with train_extra():
        from photochrom.training.release import import_release
    for key, value in import_release(released, output, annealed=annealed.value).items():
        print(f"{key}: {value}")


def _row(entry: Weights) -> str:
    place = "installed" if entry.installed else ("missing" if entry.url is None else "to download")
    size = f"{entry.size / 1e6:.1f} MB"
    return f"{entry.name:<12} {entry.system:<10} {size:>9}  {place:<11}  {entry.license}  {entry.description}".rstrip()
