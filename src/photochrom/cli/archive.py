"""`photochrom archive`: color millions of photographs, from and to folders or object stores, on Ray."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from photochrom.cli import colorize_flags as flags
from photochrom.cli.colorize_checks import hints_of, white_balance_of, working_size_of
from photochrom.cli.extras import needs_extra
from photochrom.cli.panels import panel
from photochrom.cli.reports import complain, debugging

if TYPE_CHECKING:
    from photochrom.archive.summary import Progress

FORMS = ("tree", "parquet")
_EVERY = 5.0  # seconds between two lines of progress in a file
_cluster = panel("Cluster", typer.Option)
_results = panel("Results", typer.Option)
_running = panel("Running", typer.Option)


def archive(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Folder with all under it, Parquet file, WebDataset tar or a folder of those; a path or a URL such as "
            "s3://bucket/scans. It is only read.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A new folder or prefix; or one that an earlier run began, which then goes on.",
            show_default=False,
        ),
    ],
    cluster: Annotated[
        str | None,
        _cluster("--cluster", metavar="auto|ADDRESS", help="A Ray cluster. Without it, a Ray of its own."),
    ] = None,
    actors: Annotated[
        int | None,
        _cluster("--actors", min=1, metavar="N", help="Processes that color. Without it: as many as cores allow."),
    ] = None,
    actor_cpus: Annotated[float, _cluster("--actor-cpus", metavar="X", help="Cores of one; fractions are fine.")] = 1.0,
    actor_gpus: Annotated[
        float, _cluster("--actor-gpus", metavar="X", help="GPUs of one, for --device cuda; fractions are fine.")
    ] = 0.0,
    at_once: Annotated[int, _cluster("--at-once", min=1, metavar="N", help="Photographs at a time in one.")] = 2,
    shard: Annotated[
        str | None,
        _cluster("--shard", metavar="I/N", help="Only the I-th of N parts, by names: for runs that share a target."),
    ] = None,
    metrics_port: Annotated[
        int | None, _cluster("--metrics-port", metavar="PORT", help="Prometheus metrics, of a Ray of its own.")
    ] = None,
    temperature: flags.Temperature = None,
    saturation: flags.Saturation = 1.0,
    white_balance: flags.WhiteBalance = "0",
    detail: flags.Detail = "256",
    hint: flags.HintTexts = None,
    hints: flags.HintsFile = None,
    mask: flags.Mask = None,
    keep_color: flags.KeepColor = False,
    model: flags.Model = "lite",
    form: Annotated[
        str,
        _results(
            "--form", metavar="FORM", help="tree: files in mirrored folders; parquet: Parquet with an image column."
        ),
    ] = "tree",
    side_by_side: flags.SideBySide = False,
    samples: flags.Samples = 0,
    seed: flags.Seed = 0,
    layer: flags.Layer = False,
    uncertainty: Annotated[
        bool, _results("--uncertainty", help="Also maps of where the colors are unsure, in a folder uncertainty.")
    ] = False,
    quality: flags.Quality = 90,
    provenance: flags.Note = True,
    mark: flags.Mark = False,
    device: flags.DeviceName = "cpu",
    retry_failed: Annotated[
        bool, _running("--retry-failed", help="Of a run that has ended, try again the photographs that failed.")
    ] = False,
    report: Annotated[
        Path | None, _running("--report", metavar="FILE.json", help="The summary as JSON, here as well.")
    ] = None,
    max_megapixels: flags.MaxMegapixels = 500.0,
    max_seconds: Annotated[
        float, _running("--max-seconds", metavar="S", help="For one photograph, before it is given up.")
    ] = 300.0,
    max_memory: Annotated[
        float, _running("--max-memory", metavar="GIB", help="Of the process that colors, before it is ended.")
    ] = 4.0,
) -> None:
    """Color millions of photographs on Ray: on this machine, or on a cluster.

    The target has the results in mirrored folders, and photochrom-ledger.parquet, which tells of each photograph what
    became of it. A run that was ended goes on when the same command is given again.

    Exit codes: 0 all done, 1 some failed (the ledger names them), 2 refused before anything was done.
    """
    if form not in FORMS:
        raise typer.BadParameter(f"--form is {' or '.join(FORMS)}, got {form}")
    if report is not None and not report.parent.is_dir():
        raise typer.BadParameter(f"--report {report}: there is no folder {report.parent}; create it first")
    part = part_of(shard)
    with needs_extra("archive"):
        import fsspec  # noqa: F401 - told now, rather than in the middle
        import pyarrow  # noqa: F401 - so is this
        import ray  # noqa: F401 - and this

    from photochrom.archive import ArchiveError, Limits, Resources, colorize_archive, plan_run
    from photochrom.archive.coloring_process import UNCERTAINTY
    from photochrom.batch import Outputs
    from photochrom.inference import Options, WeightsError
    from photochrom.inference.devices import check_device

    if not debugging():
        logging.getLogger("pyvips").setLevel(logging.CRITICAL)
    try:
        options = Options(
            model=model,
            temperature=temperature,
            working_size=working_size_of(detail),
            max_megapixels=max_megapixels,
            device=check_device(device),
            saturation=saturation,
            white_balance=white_balance_of(white_balance),
            hints=hints_of(hint or (), hints),
            mask=mask.absolute() if mask is not None else None,
            seed=seed,
            keep_color=keep_color,
            provenance=provenance,
            mark=mark,
        )
        outputs = Outputs(None, side_by_side, layer, samples, UNCERTAINTY if uncertainty else None, quality)
        limits = Limits(max_seconds, max_memory)
        resources = Resources(cluster, actors, actor_cpus, actor_gpus, metrics_port)
        run = plan_run(
            source,
            target,
            options,
            outputs,
            part=part,
            form="tree" if form == "tree" else "parquet",
            limits=limits,
            at_once=at_once,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except (ArchiveError, WeightsError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    try:
        summary = colorize_archive(run, resources, retry_failed=retry_failed, progress=_Shown())
    except (ArchiveError, WeightsError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    for line in summary.lines():
        print(line)
    if report is not None:
        report.write_text(summary.to_json(), encoding="ascii")
    if summary.failed:
        raise typer.Exit(1)


def part_of(shard: str | None) -> tuple[int, int]:
    """Of --shard: which part, counted from 0, of how many. Raises: typer.BadParameter.

    Example:
        >>> part_of("1/4"), part_of(None)
        ((0, 4), (0, 1))
    """
    if shard is None:
        return 0, 1
    found = re.fullmatch(r"(\d+)/(\d+)", shard)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise typer.BadParameter(f"--shard is I/N with I from 1 to N, such as 1/4, got {shard}")
    return int(found[1]) - 1, int(found[2])


class _Shown:
    """Progress on stderr: one line that changes on a terminal, a line now and then in a file."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        finished = progress.done == progress.photographs
        if self._terminal:
            print(f"\r\033[K{progress.line()}", end="\n" if finished else "", file=sys.stderr, flush=True)
        elif finished or monotonic() >= self._next:
            self._next = monotonic() + _EVERY
            complain(progress.line())
