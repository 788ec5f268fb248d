"""The `photochrom` command: one thin module a command."""

from photochrom.cli.app import main, run

__all__ = ["main", "run"]
