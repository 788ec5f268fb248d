"""Millions of photographs: the same coloring on Ray Data, from and to folders or object stores.

Names are looked up when they are used: Ray takes seconds to import, and `ColorizeBatch` does not need it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.archive.colorize_batch import ColorizeBatch
    from photochrom.archive.engine import Resources, colorize_archive
    from photochrom.archive.errors import ArchiveError
    from photochrom.archive.limits import Limits
    from photochrom.archive.run import Run, plan_run
    from photochrom.archive.summary import Summary

_HOMES = {
    "ArchiveError": "errors",
    "ColorizeBatch": "colorize_batch",
    "Limits": "limits",
    "Resources": "engine",
    "Run": "run",
    "Summary": "summary",
    "colorize_archive": "engine",
    "plan_run": "run",
}

__all__ = ["ArchiveError", "ColorizeBatch", "Limits", "Resources", "Run", "Summary", "colorize_archive", "plan_run"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'photochrom.archive' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"photochrom.archive.{_HOMES[name]}"), name)
