"""Going on with a run: only as it was begun, and from its last whole checkpoint."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from photochrom.training.checkpoint import STATE, Run, RunError
from photochrom.training.settings import Settings

FREE = ("checkpoint_minutes", "keep_last")  # settings that change nothing of what is computed


def check_as_begun(run: Run, settings: Settings, *, minutes: float | None, start: Path | None) -> None:
    """Refuse to go on with other settings, another length or another beginning than the run was begun with.

    How often to checkpoint and how many to keep may change, for a disk that was full.

    Raises: RunError, naming each difference and both values.
    """
    begun, now = dataclasses.asdict(run.settings()), dataclasses.asdict(settings)
    changed = [
        f"{key} was {begun[key]!r}, is {now[key]!r}" for key in now if now[key] != begun[key] and key not in FREE
    ]
    data = run.data()
    if minutes is not None and minutes != data.get("minutes"):
        changed.append(f"minutes was {data.get('minutes')}, is {minutes:g}")
    begun_from = (data.get("start") or {}).get("run")
    if start is None and begun_from is not None and not run.checkpoints():
        raise RunError(
            f"{run.folder} was begun from {begun_from} and has no checkpoint yet: name it again with --start"
        )
    if start is not None and start.name != begun_from:
        changed.append(f"start was {begun_from}, is {start.name}")
    if changed:
        raise RunError(
            f"{run.folder} was begun otherwise: {'; '.join(changed)}. Give what it was begun with, "
            f"or begin a new run from its weights: --start {run.folder} --out OTHER"
        )
    if (run.folder / STATE).exists() and not run.checkpoints():
        raise RunError(
            f"{run.folder} is of an earlier version, which kept other checkpoints; "
            f"begin a new run from its weights: --start {run.folder} --out OTHER"
        )


def check_same_photographs(run: Run, record: dict[str, Any]) -> None:
    """Refuse to go on with other photographs than the run was begun with. Raises: RunError."""
    begun = run.data()
    if record["sha256"] != begun["sha256"]:
        raise RunError(
            f"the photographs are not those that {run.folder} was begun with ({begun['photographs']} of "
            f"{', '.join(begun['sources'])}; now {record['photographs']} of {', '.join(record['sources'])}): "
            f"bring them back, or begin a new run from its weights: --start {run.folder} --out OTHER"
        )


def check_start(start: Run, settings: Settings) -> None:
    """Refuse to begin with the weights of a run of another system or backbone. Raises: RunError."""
    begun = start.settings()
    theirs, ours = (begun.system, begun.backbone), (settings.system, settings.backbone)
    if theirs != ours:
        names = [system + (f" on {backbone}" if backbone else "") for system, backbone in (theirs, ours)]
        raise RunError(f"{start.folder} trained {names[0]}, not {names[1]}; start from a run of the same system")
