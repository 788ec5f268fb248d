"""`photochrom train`: a recipe, data, and a folder for the run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photochrom.cli.extras import train_extra


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="How to train, such as lite-full.")],
    data: Annotated[
        list[Path],
        typer.Option("--data", metavar="DIR", help="Parquet shards or a folder of photographs; may be repeated."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="RUN", help="Folder of the run: checkpoints, settings, logs, samples.")
    ],
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            "--validation", metavar="DIR", help="To measure on; without it the last of several shards, or a fiftieth."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="M", help="Plan the whole schedule for this time.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting; may be repeated.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--start", metavar="RUN", help="Begin with the weights of another run.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN.")] = False,
) -> None:
    """Train a system by a recipe (needs the extra `train`)."""
    if minutes is not None and not minutes > 0:
        raise typer.BadParameter(f"--minutes must be above 0, got {minutes}; try 60")
    with train_extra():
        from photochrom.training.recipes import RECIPES
        from photochrom.training.settings import override
        from photochrom.training.train import train as run_training
    if recipe not in RECIPES:
        raise typer.BadParameter(f"no recipe is called {recipe!r}; take one of: {', '.join(RECIPES)}")
    try:
        settings = override(RECIPES[recipe](), changes or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    run_training(settings, data=data, out=out, validation=validation, minutes=minutes, resume=resume, start=start)
