"""A run on Ray Data: list, give chunks to a pool of actors, add up what they tell, make the ledger whole.

Ray schedules, restarts actors and gives their work to others; what it retries is a chunk, which is the same however
often it is done. There is no queue here.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from photochrom.archive.errors import ArchiveError
from photochrom.archive.ledger import STATES, Ledger
from photochrom.archive.listing import list_photographs
from photochrom.archive.manifest import CHUNK, Counted, Manifest, pending
from photochrom.archive.run import Run, begin
from photochrom.archive.store import shown
from photochrom.archive.summary import STAGES, Progress, Summary, add
from photochrom.archive.worker import ArchiveWorker
from photochrom.storage.causes import cause

BLOCKS = 4096  # pieces of work that Ray knows of at most
_OBJECT_STORE = 128 << 20  # bytes: only numbers pass through it


@dataclass(frozen=True)
class Resources:
    """What the run may use of the cluster.

    Raises: ValueError in one line.

    Example:
        >>> Resources(cpus=0)
        Traceback (most recent call last):
        ...
        ValueError: cpus of an actor must be above 0, got 0; try 1
    """

    cluster: str | None = None  # "auto" or an address; None: a Ray of its own, or the one whose job this is
    actors: int | None = None  # None: as many as the cores allow
    cpus: float = 1.0  # of one actor; fractions are fine
    gpus: float = 0.0  # of one actor, where the options' device is one
    metrics_port: int | None = None  # of Prometheus metrics, on a Ray of its own

    def __post_init__(self) -> None:
        if not self.cpus > 0:
            raise ValueError(f"cpus of an actor must be above 0, got {self.cpus:g}; try 1")
        if self.gpus < 0:
            raise ValueError(f"gpus of an actor must be 0 or above, got {self.gpus:g}")
        if self.actors is not None and self.actors < 1:
            raise ValueError(f"actors must number at least 1, got {self.actors}")


def colorize_archive(
    run: Run,
    resources: Resources | None = None,
    *,
    retry_failed: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Color everything in a source that is not done yet.

    Args:
        run: what to color, how, and where to.
        resources: what to use.
        retry_failed: of a run that has ended, try again what failed.
        progress: called when work was done.
    Returns: a Summary. The ledger is whole then: it has one row for each photograph.
    Raises: ArchiveError, in one line; the same call goes on where it ended.
    """
    start = time.perf_counter()
    begin(run)
    ledger = Ledger(run.target, run.control, run.named("photochrom-ledger", ".parquet"))
    manifest = Manifest(run.target, run.control)
    if retry_failed and ledger.is_complete and ledger.counts()["failed"]:
        _reopen(run, ledger, manifest)
    if not ledger.is_complete:
        counted = manifest.counted() or manifest.write(_listed(run))
        listing = time.perf_counter() - start
        todo = list(pending(counted, ledger.done()))
        total, actors = _work(run, resources or Resources(), counted, todo, progress)
        states = ledger.complete(counted)
    else:
        listing, total, actors, todo, states = 0.0, Counter[str](), 0, [], ledger.counts()
    made = round(sum(total[state] for state in STATES))
    summary = Summary(
        {state: states[state] for state in STATES},
        states.total() - made,
        time.perf_counter() - start,
        listing,
        float(total["core_seconds"]),
        {stage: float(total[stage]) for stage in STAGES},
        float(total["seconds"]),
        actors,
        f"{shown(run.target)}/{ledger.name}",
    )
    if made:
        run.target.put(run.named("photochrom-summary", ".json"), summary.to_json().encode("ascii"))
    _tidy(run, retry=bool(states["failed"]))
    return summary


def _reopen(run: Run, ledger: Ledger, manifest: Manifest) -> None:
    if manifest.counted() is None:
        raise ArchiveError(
            f"{shown(run.target)}: the list of its photographs is gone; color those that failed into a new target"
        )
    ledger.reopen()


def _tidy(run: Run, *, retry: bool) -> None:
    """Remove what was needed to go on. A run that is killed before this finds its ledger whole, and comes here again.

    Args:
        retry: the manifest stays, by which what failed may be tried again.
    """
    if not retry:
        run.target.remove(run.control)
        return
    for entry in list(run.target.entries(run.control)):
        if entry.name != "manifest":
            run.target.remove(f"{run.control}/{entry.name}")


def _listed(run: Run) -> Iterator[Any]:
    if not run.only and run.source.kind() != "folder":
        raise ArchiveError(f"{shown(run.source)} is not there, or holds nothing; check the name and the access to it")
    return list_photographs(run.source, run.outputs, only=run.only, exclude=run.exclude, part=run.part)


def _work(
    run: Run,
    resources: Resources,
    counted: Counted,
    todo: list[int],
    progress: Callable[[Progress], None] | None,
) -> tuple[Counter[str], int]:
    """Do the chunks. Returns: the sums of what the actors told, and how many actors there were."""
    total: Counter[str] = Counter()
    if not todo:
        return total, 0
    before = counted.photographs - sum(_size(number, counted) for number in todo)
    with _ray(resources) as cores:
        actors = resources.actors or max(1, int(cores / resources.cpus))
        actors = min(actors, len(todo))
        start = time.perf_counter()
        try:
            for told in _told(run, resources, todo, actors):
                if fatal := next(filter(None, told.pop("fatal")), None):
                    raise ArchiveError(str(fatal))
                add(total, told)
                made = round(sum(total[state] for state in STATES))
                done = before + made + round(total["kept"])
                if progress is not None:
                    failed = round(total["failed"] + total["skipped"])
                    seconds = time.perf_counter() - start
                    progress(Progress(counted.photographs, done, failed, made, seconds))
        except ArchiveError:
            raise
        except Exception as error:  # Ray's, whose texts hold tracebacks, and whatever was in them
            raise ArchiveError(
                f"the run was ended by Ray ({cause(error)}); its logs say more, and the same command goes on"
            ) from None
    return total, actors


def _size(number: int, counted: Counted) -> int:
    return min(CHUNK, counted.photographs - number * CHUNK)


def _told(run: Run, resources: Resources, todo: list[int], actors: int) -> Iterator[dict[str, Any]]:
    """What the actors tell of chunks, as they are done."""
    import pyarrow as pa
    import ray.data
    from ray.data import ActorPoolStrategy

    a_block = -(-len(todo) // BLOCKS)
    blocks = [pa.table({"chunk": todo[first : first + a_block]}) for first in range(0, len(todo), a_block)]
    work = ray.data.from_arrow(blocks).map_batches(
        ArchiveWorker,
        fn_constructor_args=(run,),
        batch_size=1,
        compute=ActorPoolStrategy(min_size=1, max_size=actors, initial_size=actors),
        num_cpus=resources.cpus,
        num_gpus=resources.gpus or None,
    )
    yield from work.iter_batches(batch_size=None, prefetch_batches=0)


@contextmanager
def _ray(resources: Resources) -> Iterator[float]:
    """A connection to a cluster, or a Ray of our own, which ends with us. Gives the number of its cores."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what it says on stderr, beside our lines
    import ray
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # ours counts photographs
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ours = not ray.is_initialized()
    if ours:
        _connect(resources)
    try:
        yield float(ray.cluster_resources().get("CPU", 1))  # type: ignore[no-untyped-call]  # Ray leaves it untyped
    finally:
        if ours:
            ray.shutdown()


def _connect(resources: Resources) -> None:
    import ray
    from ray.exceptions import AuthenticationError

    where = resources.cluster or "Ray"
    try:
        if resources.cluster is None and "RAY_ADDRESS" not in os.environ:
            ray.init(
                address="local",
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE,
                log_to_driver=False,
                logging_level=logging.ERROR,
                _metrics_export_port=resources.metrics_port,
            )
        else:
            ray.init(address=resources.cluster, log_to_driver=False, logging_level=logging.ERROR)
    except AuthenticationError:
        raise ArchiveError(
            f"{where} wants its token; copy it to ~/.ray/auth_token here, or give it by RAY_AUTH_TOKEN"
        ) from None
    except Exception as error:  # Ray has many
        raise ArchiveError(
            f"{where} cannot be reached ({cause(error)}); check the address, or start a cluster"
        ) from None
