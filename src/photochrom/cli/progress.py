"""A bar on stderr while somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from photochrom.batch import Outcome
from photochrom.batch.readable import readable


def with_progress(outcomes: Iterable[Outcome], total: int) -> Iterable[Outcome]:
    """The outcomes as they come, with a bar when stderr is a terminal and there are several."""
    return _bar(outcomes, total) if total > 1 and sys.stderr.isatty() else outcomes


def _bar(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),  # names may hold what Rich would take as a style
    )
    # Lines on stdout pass above the bar when stdout is the same terminal, and stay on stdout when it is a file.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
    ) as progress:
        task = progress.add_task("", total=total)
        for outcome in outcomes:
            yield outcome
            progress.update(task, advance=1, description=readable(outcome.relative))
