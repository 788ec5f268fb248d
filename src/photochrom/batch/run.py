"""A run over many photographs: what goes where is settled first, then several are colored at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from photochrom.batch.outputs import Outputs, choices_sha256
from photochrom.batch.work import Outcome, Work
from photochrom.inference import Colorizer, Options
from photochrom.inference.weights import locate_weights

if TYPE_CHECKING:
    from photochrom.batch.coloring import Coloring
    from photochrom.batch.planning import Task
    from photochrom.batch.record import Record

MOST_JOBS = 16  # unless more are asked for: each needs some 100 MB


def colorize_all(
    works: Iterable[Work],
    options: Options,
    outputs: Outputs,
    *,
    jobs: int | None = None,
    resume: bool = False,
    force: bool = False,
    recorded: bool = False,
    report: Path | None = None,
    unexpected: Callable[[Exception], str] | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> Iterator[Outcome]:
    """Color photographs, several at a time; the originals are only read.

    Each result has the same bytes whatever else is colored and however many jobs there are. A result that is there is
    kept, and its photograph refused, unless `force` or `resume` says otherwise. Two photographs never go to one name.

    Args:
        works: as `find_photographs` yields them.
        options: how to color.
        outputs: what to write, and where.
        jobs: photographs at a time; None for as many as there are cores, up to 16.
        resume: skip what the manifest says is done with the same content and choices; what is not done, or was made of
            other content or with other choices, is colored, and its older result replaced.
        force: replace results that are there, never an original.
        recorded: keep a manifest and a ledger of failures in each folder of results; `resume` implies it.
        report: write a page with every photograph before and after to this file.
        unexpected: gives the line for an error that nobody foresaw, or raises it; None raises.
        stdin, stdout: where "-" is read from, and written to.
    Yields: what became of each photograph, in the order of the works.
    Raises: BatchError when no photograph can be written any more, or a record is in use; WeightsError.

    Example:
        >>> works = find_photographs(["scans"])  # doctest: +SKIP
        >>> for outcome in colorize_all(works, Options(), Outputs(Path("colored")), resume=True):  # doctest: +SKIP
        ...     print(outcome.source, outcome.state)
    """
    works = list(works)
    jobs = min(default_jobs() if jobs is None else jobs, max(1, len(works)))
    if jobs > 1 and options.threads is None:
        options = replace(options, threads=1)  # the jobs share the cores: one thread for each
    colorizer = Colorizer.from_options(options)
    # Here, so that the network loads meanwhile: of a single photograph's time this is a part that counts.
    from photochrom.batch.coloring import Coloring
    from photochrom.batch.planning import plan, root_of
    from photochrom.batch.pool import in_order
    from photochrom.batch.stopping import Stop

    stop = Stop()
    with ExitStack() as cleanup:
        records: dict[Path, Record] = {}
        choices = ""
        if resume or recorded:
            colorizer.predictor  # noqa: B018 - without a network no record is begun
            choices = choices_sha256(options, outputs, locate_weights(options.model).sha256)
            for root in dict.fromkeys(root_of(work, outputs) for work in works if work.kind != "refused"):
                records[root] = _opened(root, cleanup)
        if jobs > 1:
            cleanup.enter_context(_one_thread_each())
        tasks = plan(works, outputs, records=records, replacing=force)
        coloring = Coloring(colorizer, outputs, choices, stop, resume, unexpected or _raise, stdin, stdout)
        if report is None:
            yield from in_order(tasks, coloring, jobs=jobs, stop=stop)
        else:
            yield from _reported(report, tasks, coloring, jobs)


def default_jobs() -> int:
    """As many photographs at a time as this process has cores, up to 16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_JOBS)


def _opened(root: Path, cleanup: ExitStack) -> Record:
    from photochrom.batch.record import Record

    record = Record(root)
    cleanup.callback(record.close)
    return record


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let libvips take one thread for each picture, while several are made at a time: more would stand in the way."""
    import pyvips

    before = pyvips.concurrency_get()
    pyvips.concurrency_set(1)
    try:
        yield
    finally:
        pyvips.concurrency_set(before)


def _reported(report: Path, tasks: list[Task], coloring: Coloring, jobs: int) -> Iterator[Outcome]:
    from photochrom.batch.pool import in_order
    from photochrom.batch.report import ReportPage
    from photochrom.batch.thumbnails import Thumbnails, thumbnails_of

    def color_and_show(task: Task) -> tuple[Outcome, Thumbnails | None]:
        outcome = coloring(task)
        return outcome, thumbnails_of(task.work, outcome, side_by_side=coloring.outputs.side_by_side)

    report.parent.mkdir(parents=True, exist_ok=True)  # the folder of results may be new
    with ReportPage(report, coloring.colorizer.options, coloring.outputs) as page:
        for outcome, thumbnails in in_order(tasks, color_and_show, jobs=jobs, stop=coloring.stop):
            page.add(outcome, thumbnails)
            yield outcome


def _raise(error: Exception) -> str:
    raise error
