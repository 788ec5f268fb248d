"""`photochrom export`: a run becomes one ONNX file that describes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photochrom.cli.extras import train_extra
from photochrom.cli.reports import refuse_existing


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a training run.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.onnx", help="The file to write.")],
    quantize: Annotated[
        bool, typer.Option("--quantize", help="8-bit layers: a third of the size, faster on a CPU.")
    ] = False,
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", metavar="DIR", help="Photographs to measure the ranges of int8 on."),
    ] = None,
    license: Annotated[
        str, typer.Option("--license", metavar="TEXT", help="Of the weights; the file will state it.")
    ] = "not stated",
    moderation: Annotated[
        float, typer.Option("--moderation", min=0, max=1, help="How much of the rarity weighting is taken back.")
    ] = 0.0,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.01, max=1, help="Where the file's user names none; 1 is the mean.")
    ] = 0.38,
    average: Annotated[
        list[Path] | None, typer.Option("--average", metavar="RUN", help="Average with these; may be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Export a run to ONNX (needs the extra `train`)."""
    if quantize and calibration is None:
        raise typer.BadParameter("--quantize needs photographs to measure ranges on; add --calibration DIR")
    refuse_existing(output, force=force)
    with train_extra():
        from photochrom.training.export import export_run
    written = export_run(
        run,
        output,
        quantize=quantize,
        calibration=calibration,
        license=license,
        moderation=moderation,
        temperature=temperature,
        average=average or [],
    )
    for key, value in written.items():
        print(f"{key}: {value}")
