"""A dry run: what would be colored, what is done, what would be refused, and where everything would go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from photochrom.batch.coloring import named, refuse_existing
from photochrom.batch.errors import BatchError
from photochrom.batch.outputs import Outputs, choices_sha256
from photochrom.batch.planning import Task, plan, root_of
from photochrom.batch.record import Known
from photochrom.batch.snapshot import take_snapshot
from photochrom.batch.work import Outcome, State, Work
from photochrom.inference import Options
from photochrom.inference.weights import locate_weights
from photochrom.photos import PhotoError


def rehearse_all(
    works: Iterable[Work], options: Options, outputs: Outputs, *, resume: bool = False, force: bool = False
) -> Iterator[Outcome]:
    """What `colorize_all` would do, without doing it: nothing is fetched, decoded or written.

    Args:
        works, options, outputs, resume, force: as for `colorize_all`. With `resume` the files are read, because what is
            done is known by their content.
    Yields: outcomes that are "planned", "done" or "failed".
    Raises: BatchError for a manifest that cannot be read; WeightsError for weights that are not there.
    """
    works = list(works)
    weights = locate_weights(options.model)
    choices = choices_sha256(options, outputs, weights.sha256) if resume else ""
    known: dict[Path, Known] = {}
    for task in plan(works, outputs, replacing=force):
        root = root_of(task.work, outputs)
        if resume and root not in known:
            known[root] = Known(root)
        try:
            yield _rehearse(task, known.get(root), choices)
        except (BatchError, PhotoError) as error:
            work = task.work
            yield Outcome(work.shown, state="failed", error=named(work, str(error)), relative=work.relative)


def _rehearse(task: Task, known: Known | None, choices: str) -> Outcome:
    work, targets = task.work, task.targets
    if task.refusal:
        raise BatchError(task.refusal)
    if work.kind == "file" and not os.path.lexists(work.source):
        raise BatchError("there is no such file; check the name")
    state: State = "planned"
    if known is not None and work.kind == "file":
        if known.is_done(work.relative, take_snapshot(work).sha256, choices):
            state = "done"
    elif not (task.replacing or targets.pending):
        refuse_existing(work, targets)
    extras = tuple(map(str, targets.extras))
    return Outcome(work.shown, str(targets.picture), state=state, extras=extras, relative=work.relative)
