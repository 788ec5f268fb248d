"""What the command says when something goes wrong: one line each, on stderr."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer


def complain(line: str) -> None:
    """Print one line on stderr, whatever line breaks the text had."""
    print(f"photochrom: {one_line(line)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """The text without line breaks and runs of blanks."""
    return " ".join(text.split())


def unexpected(error: BaseException) -> str:
    """The line for an error that nobody foresaw.

    Example:
        >>> unexpected(KeyError("x"))
        "unexpected KeyError: 'x'; PHOTOCHROM_DEBUG=1 shows where, please report it"
    """
    return (
        f"unexpected {type(error).__name__}: {one_line(str(error))}; PHOTOCHROM_DEBUG=1 shows where, please report it"
    )


def debugging() -> bool:
    """Whether tracebacks were asked for, with PHOTOCHROM_DEBUG=1."""
    return os.environ.get("PHOTOCHROM_DEBUG", "") not in ("", "0")


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to replace a file without --force. Raises: typer.BadParameter."""
    if path.exists() and not force:
        raise typer.BadParameter(f"{path} exists already; --force replaces it")
