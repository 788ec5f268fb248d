"""Help in plain text with the options in groups, without Rich, whose import takes longer than all else of `--help`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from typer.core import TyperCommand

OTHER = "Options"  # of an option that names no panel


class PanelCommand(TyperCommand):
    """A command whose help shows each option under the `rich_help_panel` it names, in the order of their first options.

    Example:
        >>> app.command(cls=PanelCommand)(colorize)  # doctest: +SKIP
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the panels: the arguments first, then the options."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            panel = getattr(parameter, "rich_help_panel", None)
            is_argument = parameter.param_type_name == "argument"
            panels.setdefault(panel or ("Arguments" if is_argument else OTHER), []).append(record)
        for title, records in panels.items():
            with formatter.section(title):
                formatter.write_dl(records)


def panel(title: str, option: Callable[..., Any]) -> Callable[..., Any]:
    """`typer.Option` for one panel: `panel("Color", typer.Option)("--temperature", help="...")`."""
    return partial(option, rich_help_panel=title)
