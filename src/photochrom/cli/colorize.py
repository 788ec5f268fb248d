"""`photochrom colorize`: color photographs, each into a file of its own; the originals are only read."""

from __future__ import annotations

import logging
import os
import sys

import typer

from photochrom.cli import colorize_flags as flags
from photochrom.cli.colorize_checks import (
    check_files,
    check_outputs,
    goes_to_stdout,
    hints_of,
    white_balance_of,
    working_size_of,
)
from photochrom.cli.outcomes import tell
from photochrom.cli.reports import debugging, unexpected


def colorize(
    photos: flags.Photos,
    output: flags.Output = None,
    temperature: flags.Temperature = None,
    saturation: flags.Saturation = 1.0,
    white_balance: flags.WhiteBalance = "0",
    detail: flags.Detail = "256",
    hint: flags.HintTexts = None,
    hints: flags.HintsFile = None,
    mask: flags.Mask = None,
    keep_color: flags.KeepColor = False,
    model: flags.Model = "lite",
    side_by_side: flags.SideBySide = False,
    samples: flags.Samples = 0,
    seed: flags.Seed = 0,
    layer: flags.Layer = False,
    uncertainty: flags.Uncertainty = None,
    quality: flags.Quality = 90,
    provenance: flags.Note = True,
    mark: flags.Mark = False,
    force: flags.Force = False,
    resume: flags.Resume = False,
    dry_run: flags.DryRun = False,
    jobs: flags.Jobs = None,
    report: flags.Report = None,
    device: flags.DeviceName = "auto",
    as_json: flags.AsJson = False,
    max_megapixels: flags.MaxMegapixels = 500.0,
) -> None:
    """Color photographs.

    A run over folders or patterns, or with --resume, keeps photochrom-manifest.jsonl in the folder of results and
    lists what failed in photochrom-failures.jsonl. Hidden files, links to folders and its own results are left out.

    Exit codes: 0 all done, 1 some failed (each named on stderr), 2 refused before any photograph was touched.
    """
    # NumPy's matrix products here are tiny; its threads would only stand in the way of libvips' and the network's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from photochrom.batch import Outputs, colorize_all, find_photographs
    from photochrom.batch.finding import is_listing, listed_folders
    from photochrom.inference import Options
    from photochrom.inference.devices import DeviceError, check_available, check_device

    if not debugging():
        logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # libvips' warnings would break "one line on stderr"
    to_stdout = goes_to_stdout(photos, output)
    place = None if to_stdout else output
    try:
        outputs = Outputs(place, side_by_side, layer, samples, uncertainty, quality, to_stdout)
        options = Options(
            model=model,
            temperature=temperature,
            working_size=working_size_of(detail),
            max_megapixels=max_megapixels,
            device=check_device(device),
            saturation=saturation,
            white_balance=white_balance_of(white_balance),
            hints=hints_of(hint or (), hints),
            mask=mask,
            seed=seed,
            keep_color=keep_color,
            provenance=provenance,
            mark=mark,
        )
        check_available(device)
    except (ValueError, DeviceError) as error:
        raise typer.BadParameter(str(error)) from None
    listing = any(map(is_listing, photos))
    check_outputs(outputs, listed_folders(photos), count=2 if listing else len(photos))
    check_files(mask, report, outputs.place)
    if to_stdout and (as_json or resume or dry_run or report or outputs.extras):
        raise typer.BadParameter("standard output takes the picture and nothing else; name a file with -o")
    left_out = [folder for folder in (place, uncertainty) if folder is not None]
    works = list(find_photographs(photos, exclude=left_out, together=place is not None))
    if dry_run:
        from photochrom.batch import rehearse_all

        outcomes = rehearse_all(works, options, outputs, resume=resume, force=force)
    else:
        outcomes = colorize_all(
            works,
            options,
            outputs,
            jobs=jobs,
            resume=resume,
            force=force,
            recorded=listing,
            report=report,
            unexpected=_unexpected,
            stdin=getattr(sys.stdin, "buffer", None),
            stdout=getattr(sys.stdout, "buffer", None),
        )
    counted = len(works) > 1 and (listing or resume or dry_run)
    code = tell(outcomes, total=len(works), model=model, as_json=as_json, summary=counted)
    if code:
        raise typer.Exit(code)


def _unexpected(error: Exception) -> str:
    if debugging():
        raise error
    return unexpected(error)
