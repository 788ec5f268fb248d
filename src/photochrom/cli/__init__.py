"""The `photochrom` command: one thin module a command."""

from photochrom.cli.app import main

__all__ = ["main"]
