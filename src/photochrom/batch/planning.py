"""Where every result of a run goes, settled before anything is read: no two to one name, none on an original."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from photochrom.batch.outputs import Outputs, Targets, is_file_name, targets_for
from photochrom.batch.result_names import ONLY_READ, split
from photochrom.batch.work import Work

if TYPE_CHECKING:
    from photochrom.batch.record import Record


class Task(NamedTuple):
    """A photograph, where its results go, and what is known of that folder."""

    work: Work
    targets: Targets
    refusal: str = ""  # why it is not colored at all
    record: Record | None = None  # None: no manifest is kept
    replacing: bool = False  # results that are there may be replaced


def plan(
    works: Sequence[Work], outputs: Outputs, *, records: Mapping[Path, Record] | None = None, replacing: bool = False
) -> list[Task]:
    """Settle where the results go.

    A photograph is refused when a result of it would have the name of one of the photographs, or of an earlier one's
    result. Where old.gif would take the name of old.png's result, it becomes old.gif.color.png.

    Args:
        works: the photographs, in their order.
        outputs: what is written, and where.
        records: of the folders of results, by their paths.
        replacing: results that are there may be replaced.
    Returns: a Task for each Work.
    """
    originals = {place for work in works if (place := _place_of_source(work)) is not None}
    plain = [targets_for(work, outputs) for work in works]
    owned = {targets.picture for work, targets in zip(works, plain, strict=True) if not _only_read(work)}
    taken = set[Path]()
    tasks = []
    for work, targets in zip(works, plain, strict=True):
        if (
            _only_read(work)
            and (targets.picture in owned or targets.picture in taken)
            and not is_file_name(outputs.place)
        ):
            targets = targets_for(work, outputs, distinct=True)
        paths = (targets.picture, *targets.extras)
        refusal = work.refusal
        clash = None if refusal else next((path for path in paths if path in taken or _place(path) in originals), None)
        if clash is not None:
            refusal = f"{clash} is a photograph or a result of this run already; color this one on its own with -o"
        else:
            taken.update(paths)
        record = records.get(root_of(work, outputs)) if records else None
        tasks.append(Task(work, targets, refusal, record, replacing))
    return tasks


def root_of(work: Work, outputs: Outputs) -> Path:
    """The folder whose manifest tells of this photograph's results."""
    if outputs.place is not None:
        return outputs.place.parent if is_file_name(outputs.place) else outputs.place
    return Path(work.root or os.curdir)


def _only_read(work: Work) -> bool:
    return split(work.relative)[1].lower() in ONLY_READ


def _place_of_source(work: Work) -> Path | None:
    return _place(Path(work.source)) if work.kind == "file" else None


def _place(path: Path) -> Path:
    """Where a name really lies; the file itself may be a link, which is a name of its own."""
    return _real_folder(path.parent) / path.name


@lru_cache(maxsize=4096)
def _real_folder(folder: Path) -> Path:
    return folder.resolve()
