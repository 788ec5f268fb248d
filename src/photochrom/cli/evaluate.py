"""`photochrom evaluate`: the paper's table, re-measured on any photographs for any colorizer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from photochrom.cli.extras import needs_extra
from photochrom.cli.reports import complain, one_line

DEFAULT_MODELS = ("truth", "gray", "random", "lite")
NONE = "none"  # for a network that is left out


def evaluate(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="Folder of photographs, Parquet or tar shards, or one file; only read."),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="[NAME=]MODEL",
            help="Embedded name, ONNX file, run, folder of colored pictures, or truth, gray, random, mean-color; "
            "may be repeated. Truth and gray are always measured.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="Only the first N photographs.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the report: HTML, Markdown and JSON.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="The report as JSON.")] = None,
    size: Annotated[int, typer.Option("--size", metavar="PIXELS", help="Side of the middle square.")] = 256,
    temperatures: Annotated[
        list[float] | None,
        typer.Option("--temperature", "-t", metavar="T", help="In (0, 1]; may be repeated. Else each model's own."),
    ] = None,
    classifier: Annotated[
        str,
        typer.Option("--classifier", metavar="NAME[=FILE]", help="Judges what is shown; none leaves it out."),
    ] = "efficientnet-lite2",
    features: Annotated[
        str,
        typer.Option("--features", metavar="NAME[=FILE]", help="Network of the Frechet distance; none leaves it out."),
    ] = "efficientnet-lite2",
    sweep: Annotated[bool, typer.Option("--sweep/--no-sweep", help="Measure against the temperature too.")] = True,
    sweep_classification: Annotated[
        bool, typer.Option("--sweep-classification", help="Top-1 in the sweep too: takes several times as long.")
    ] = False,
    cost: Annotated[bool, typer.Option("--cost/--no-cost", help="Time the networks and measure their memory.")] = True,
    convention: Annotated[
        str, typer.Option("--convention", metavar="NAME", help="Of the AuC: thresholds (0..150) or integral.")
    ] = "thresholds",
    weights: Annotated[
        str,
        typer.Option("--weights", metavar="NAME|FILE", help="Of the rebalanced AuC: set, set-s5, or a prior (.npy)."),
    ] = "set",
    resamples: Annotated[int, typer.Option("--resamples", metavar="N", help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the bootstrap and of Random.")] = 0,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="WORD",
            help="Leave out photographs with WORD in their license; source=WORD: in their source. May be repeated.",
        ),
    ] = None,
    without_gray: Annotated[
        bool, typer.Option("--without-gray", help="Leave out photographs that have no color.")
    ] = False,
    human: Annotated[
        Path | None, typer.Option("--human", metavar="FILE", help="Results of a study with people (JSON).")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, metavar="N", help="Threads; else one for each core.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again, even what is kept from before.")] = False,
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Where that is kept; else photochrom's cache.")
    ] = None,
) -> None:
    """Measure colorizers on photographs (needs the extra `eval`).

    An evaluation that was interrupted goes on where it was: type the same again. Exit codes: 0 done, 1 failed,
    2 refused before anything was measured, 130 interrupted.
    """
    _check_places(out, json_file)
    # Each worker is one thread; NumPy's own would fight with the other workers'.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with needs_extra("eval"):
        import torch  # noqa: F401  # evaluation imports it where it is needed, which would be late to say so

        from photochrom.data.locations import DataError
        from photochrom.evaluation import EvaluationError, Settings
        from photochrom.evaluation.evaluate import evaluate as run_evaluation
        from photochrom.evaluation.human import HumanResultsError
        from photochrom.evaluation.page import write_page
        from photochrom.evaluation.progress import Shown
        from photochrom.evaluation.table import terminal_table
        from photochrom.inference import WeightsError
    try:
        settings = Settings(
            size=size,
            limit=limit,
            without=tuple(without or ()),
            without_gray=without_gray,
            temperatures=tuple(temperatures or ()),
            convention=convention,  # type: ignore[arg-type]  # Settings refuses others
            weights=weights,
            classifier=None if classifier == NONE else classifier,
            features=None if features == NONE else features,
            sweep=sweep,
            sweep_classification=sweep_classification,
            cost=cost,
            resamples=resamples,
            seed=seed,
        )
        report = run_evaluation(
            data,
            models or DEFAULT_MODELS,
            settings,
            human=human,
            work=work,
            fresh=fresh,
            jobs=jobs,
            progress=Shown(),
        )
    except (EvaluationError, HumanResultsError, DataError, WeightsError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        complain("interrupted; type the same again and it goes on where it was")
        raise
    print(terminal_table(report))
    for warning in report.warnings:
        complain(f"note: {one_line(warning)}")
    try:
        if json_file is not None:
            json_file.parent.mkdir(parents=True, exist_ok=True)
            report.save(json_file)
        if out is not None:
            print(f"report: {write_page(report, out)}")
    except OSError as error:
        complain(f"the report cannot be written ({error}); the measurements are kept: give the same with another place")
        raise typer.Exit(1) from None


def _check_places(out: Path | None, json_file: Path | None) -> None:
    """Refuse places that cannot be written before anything is measured. Raises: typer.BadParameter."""
    if out is not None and out.exists() and not out.is_dir():
        raise typer.BadParameter(f"--out {out} is a file; name a folder")
    if json_file is not None and json_file.is_dir():
        raise typer.BadParameter(f"--json {json_file} is a folder; name a file")
    for option, place in (("--out", out), ("--json", json_file)):
        if place is not None:
            near = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
            if place != near and not near.is_dir():
                raise typer.BadParameter(f"{option} {place}: {near} is a file; name another place")
            if not os.access(near, os.W_OK):
                raise typer.BadParameter(f"{option} {place}: {near} cannot be written; name another place")
