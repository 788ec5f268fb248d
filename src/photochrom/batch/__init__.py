"""Many photographs: finding them, coloring several at a time, and a record by which an ended run goes on.

Names are looked up when they are used: a single photograph needs neither the record nor the report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.batch.errors import BatchError, NoRoom
    from photochrom.batch.finding import find_photographs
    from photochrom.batch.outputs import Outputs
    from photochrom.batch.rehearsing import rehearse_all
    from photochrom.batch.run import colorize_all, default_jobs
    from photochrom.batch.work import Outcome, Work

_HOMES = {
    "BatchError": "errors",
    "NoRoom": "errors",
    "Outcome": "work",
    "Outputs": "outputs",
    "Work": "work",
    "colorize_all": "run",
    "default_jobs": "run",
    "find_photographs": "finding",
    "rehearse_all": "rehearsing",
}

__all__ = [
    "BatchError",
    "NoRoom",
    "Outcome",
    "Outputs",
    "Work",
    "colorize_all",
    "default_jobs",
    "find_photographs",
    "rehearse_all",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'photochrom.batch' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"photochrom.batch.{_HOMES[name]}"), name)
