"""Commands that need PyTorch say so in one line when it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from photochrom.cli.reports import complain


@contextmanager
def train_extra() -> Iterator[None]:
    """Around the imports of a command that trains or exports.

    Raises: typer.Exit with code 2 when a package of the extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "photochrom":
            raise
        complain(f"this command needs {error.name}, which is not installed; type: pip install 'photochrom[train]'")
        raise typer.Exit(2) from None
