"""`photochrom train`: a recipe, data, and a folder for the run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photochrom.cli.extras import train_extra
from photochrom.cli.reports import complain


def list_recipes(wanted: bool) -> None:
    """Print the recipes and end, when wanted."""
    if not wanted:
        return
    with train_extra():
        from photochrom.training.recipes import recipe_table
    rows = recipe_table()
    width = max(len(row.name) for row in rows)
    print(f"{'recipe':{width}}  parameters   GFLOP  description")
    for row in rows:
        print(f"{row.name:{width}}  {row.parameters / 1e6:8.1f} M  {row.gflop:6.1f}  {row.description}")
    raise typer.Exit


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="How to train; --list names them all.")],
    data: Annotated[
        list[str],
        typer.Option(
            "--data",
            metavar="SOURCE[:WEIGHT]",
            help="Folder of photographs, Parquet or tar shards, or a URL of them; may be repeated, then with weights.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="RUN", help="Folder of the run: checkpoints, settings, logs, samples.")
    ],
    validation: Annotated[
        list[str] | None,
        typer.Option(
            "--validation",
            metavar="SOURCE",
            help="To measure on; without it the last of several shards, or a fiftieth.",
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="M", help="Plan the whole schedule for this time.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", help="Plan it for so many steps; the recipe has its own.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting; may be repeated.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--start", metavar="RUN", help="Begin with the weights of another run.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN, with what it was begun with.")
    ] = False,
    devices: Annotated[int, typer.Option("--devices", min=1, metavar="N", help="On each machine.")] = 1,
    nodes: Annotated[int, typer.Option("--nodes", min=1, metavar="M", help="Machines.")] = 1,
    accelerator: Annotated[
        str, typer.Option("--accelerator", metavar="NAME", help="auto (GPUs where there are any), cpu or cuda.")
    ] = "auto",
    _list: Annotated[
        bool,
        typer.Option("--list", callback=list_recipes, is_eager=True, help="Print the recipes with their size and end."),
    ] = False,
) -> None:
    """Train a system by a recipe (needs the extra `train`).

    Exit codes: 0 trained to the end, 1 failed, 2 refused, 130 stopped by Ctrl-C, 143 by SIGTERM. A stopped run has
    written a checkpoint, and --resume goes on.
    """
    if minutes is not None and not minutes > 0:
        raise typer.BadParameter(f"--minutes must be above 0, got {minutes}; try 60")
    if minutes is not None and steps is not None:
        raise typer.BadParameter("--minutes and --steps both say how long to train; give one of them")
    with train_extra():
        from photochrom.training.recipes import RECIPES
        from photochrom.training.settings import override
        from photochrom.training.stopping import TrainingStopped
        from photochrom.training.train import train as run_training
    if recipe not in RECIPES:
        raise typer.BadParameter(f"no recipe is called {recipe!r}; take one of: {', '.join(RECIPES)}")
    length = [] if steps is None else [f"steps={steps}"]
    try:
        settings = override(RECIPES[recipe](), [*(changes or []), *length])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        run_training(
            settings,
            data=data,
            out=out,
            validation=validation,
            minutes=minutes,
            resume=resume,
            start=start,
            devices=devices,
            nodes=nodes,
            accelerator=accelerator,
        )
    except ModuleNotFoundError as missing:
        if missing.name is not None:  # an import that failed; without a name, weights that are a package of their own
            raise
        complain(str(missing))
        raise typer.Exit(1) from None
    except TrainingStopped as stopped:
        complain(str(stopped))
        raise typer.Exit(128 + stopped.signal) from None
