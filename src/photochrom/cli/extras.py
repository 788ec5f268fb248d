"""Commands that need PyTorch say so in one line when it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import typer

from photochrom.cli.reports import complain


def train_extra() -> AbstractContextManager[None]:
    """Around the imports of a command that trains or exports: `needs_extra("train")`."""
    return needs_extra("train")


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Around the imports of a command that needs one of the package's extras.

    Raises: typer.Exit with code 2 when a package of the extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "photochrom":
            raise
        complain(f"this command needs {error.name}, which is not installed; type: pip install 'photochrom[{extra}]'")
        raise typer.Exit(2) from None
