"""The commands together, and how they end.

Exit codes: 0 all done, 1 some failed, 2 refused before anything was done, 130 interrupted.
Every error is one line on stderr. With PHOTOCHROM_DEBUG=1 an unexpected one comes with its traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from photochrom.cli.panels import PanelCommand
from photochrom.cli.reports import complain, debugging, unexpected

REFUSED = 2
INTERRUPTED = 130

COMMANDS = ("colorize", "archive", "serve", "train", "export", "evaluate", "weights", "data", "study")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `photochrom`; None for this process's own.
    Returns: the exit code.

    Example:
        >>> main(["colorize", "old.jpg"])  # doctest: +SKIP
        old.jpg -> old.color.jpg
        0
    """
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        # Not standalone: usage errors come here, to be one line rather than three.
        code = typer.main.get_command(app_for(words)).main(args=words, prog_name="photochrom", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, USAGE_ERROR):
            complain(_usage(error))
            return REFUSED
        if debugging():
            raise
        # The package's own errors carry their line: what is wrong and what to do.
        ours = type(error).__module__.startswith("photochrom.")
        complain(str(error) if ours else unexpected(error))
        return 1


def app_for(words: Sequence[str]) -> typer.Typer:
    """The command that is asked for, alone: making them all takes a tenth of a cold start. All, where none is named.

    Args:
        words: after `photochrom`.

    Example:
        >>> len(app_for(["export"]).registered_commands)
        1
        >>> len(app_for(["--help"]).registered_commands) + len(app_for(["--help"]).registered_groups) == len(COMMANDS)
        True
    """
    # Rich would draw boxes around help and errors; importing it takes longer than everything else `--help` needs.
    app = typer.Typer(name="photochrom", rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.callback()(photochrom)
    for name in words[:1] if words[0] in COMMANDS else COMMANDS:
        command = getattr(import_module(f"photochrom.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(cls=PanelCommand if name in ("colorize", "archive") else None)(command)
    return app


def run() -> NoReturn:
    """What the console script calls: `main`, then the end of the process without Python's own clearing up.

    Letting go of libvips, the network and its threads one by one takes a tenth of a second; the system does it at once.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever read them has gone
            stream.flush()
    os._exit(code)


def print_version(wanted: bool) -> None:
    """Print the version and end, when wanted."""
    if wanted:
        from photochrom import __version__

        print(f"photochrom {__version__}")
        raise typer.Exit


def photochrom(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Believable color for black-and-white photographs."""


# What Typer raises for a word it does not understand. Typer brings its own copy of click, older ones use the package:
# the way to the class that works with both is through a name that Typer exports.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


def _usage(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "photochrom"
    message: str = error.format_message()  # type: ignore[attr-defined]  # of click's UsageError
    return f"{message.rstrip('.')} (`{command} --help` explains)"
