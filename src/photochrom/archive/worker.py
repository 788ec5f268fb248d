"""What an actor does: read the photographs of a chunk, color them, put the results in place, tell the ledger."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from photochrom.archive.colorize_batch import ColorizeBatch
from photochrom.archive.errors import ArchiveError, BadPlace
from photochrom.archive.isolation import ColoredFile
from photochrom.archive.ledger import STATES, Ledger, Row
from photochrom.archive.listing import Listed
from photochrom.archive.manifest import Manifest
from photochrom.archive.metrics import Metrics
from photochrom.archive.parquet import arrow_text, to_parquet
from photochrom.archive.run import Run
from photochrom.archive.shards import ParquetRows
from photochrom.archive.summary import STAGES
from photochrom.batch.coloring import named
from photochrom.batch.work import Work
from photochrom.inference.weights import WeightsError, locate_weights
from photochrom.storage.causes import cause

_WAITS = (0.5, 2.0)  # seconds before a photograph is asked for again


class ArchiveWorker:
    """Colors chunks of a run; what Ray Data keeps in an actor.

    Args:
        run: what it belongs to.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._colorize = ColorizeBatch(
            run.options, run.outputs, limits=run.limits, at_once=run.at_once, program=run.program
        )
        self._manifest = Manifest(run.target, run.control)
        self._ledger = Ledger(run.target, run.control, run.named("photochrom-ledger", ".parquet"))
        self._rows = ParquetRows(run.source)
        self._reading = Lock()  # of rows, which share one open file
        self._metrics = Metrics()
        self._checked = False  # the weights
        self._again = False  # whether what failed before is tried again
        self._spent = 0.0  # seconds of processor that were told already

    def __call__(self, batch: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, npt.NDArray[Any]]:
        """Do some chunks.

        Args:
            batch: `chunk`, their numbers.
        Returns: for each chunk: `chunk`, how many photographs have each state, how long the stages took together, in
            seconds, `seconds` on the clock and `core_seconds` of all processes; `kept`, of how many the rows of an
            earlier ledger stay; and `fatal`, the one line of what no photograph could be colored by, empty otherwise.
            Raised, it would come to the driver as a traceback's text.
        """
        told = [self._tell(int(number)) for number in batch["chunk"]]
        return {name: np.array([each[name] for each in told]) for name in told[0]}

    def _tell(self, number: int) -> dict[str, Any]:
        try:
            self._check_weights()
            return {**self._chunk(number), "fatal": ""}
        except (ArchiveError, WeightsError) as error:
            nothing = dict.fromkeys((*STATES, *STAGES, "kept", "seconds", "core_seconds"), 0.0)
            return {"chunk": number, **nothing, "fatal": str(error)}

    def _check_weights(self) -> None:
        if not self._checked and locate_weights(self._run.options.model).sha256 != self._run.weights_sha256:
            raise ArchiveError("an actor has other weights than the machine that began the run; install the same")
        self._checked = True

    def _chunk(self, number: int) -> dict[str, float]:
        start = time.perf_counter()
        stages: Counter[str] = Counter()
        rows = self._ledger.of_chunk(number)
        kept = 0
        if rows is not None:  # by an actor that ended after it
            states = Counter(row["state"] for row in rows)
        else:
            made = self._made(number)
            self._put_together(number, made)
            states = Counter(each.row.state for each in made if not each.kept)
            kept = sum(each.kept for each in made)
            for each in made:
                stages.update(each.stages)
            self._ledger.put(number, [each.row for each in made])
        self._metrics.count(states, stages)
        spent = time.process_time() + self._colorize.processor_seconds
        used, self._spent = spent - self._spent, spent
        return {
            "chunk": number,
            **{state: states[state] for state in STATES},
            **{stage: stages[stage] for stage in STAGES},
            "kept": kept,
            "seconds": time.perf_counter() - start,
            "core_seconds": used,
        }

    def _made(self, number: int) -> list[_Made]:
        """All photographs of a chunk; of an earlier run only those that failed, where each has a file of its own."""
        listed = self._manifest.chunk(number)
        kept = self._ledger.kept(number)
        self._again = bool(kept)
        if not kept or self._run.form != "tree":
            kept = [None] * len(listed)
        with ThreadPoolExecutor(self._run.at_once) as pool:
            return list(pool.map(self._photograph, listed, kept))

    def _photograph(self, listed: Listed, kept: Row | None) -> _Made:
        """One photograph, to its result in place. Raises: WeightsError or ArchiveError where all others would fail."""
        if kept is not None:
            return _Made(kept, ColoredFile(), kept=True)
        made = _Made(Row(listed.key, "skipped", error=listed.refusal), ColoredFile())
        if listed.refusal:
            return made
        start = time.perf_counter()
        try:
            with made.timing("reading"):
                content = self._read(listed)
        except Exception as error:  # each file system has its own
            reason = str(error) if type(error) is ValueError else f"it cannot be read ({cause(error)}); check it"
            return made.failed(listed, reason, start)
        colored = self._colorize.color(listed.key, content, distinct=listed.distinct)
        made.stages.update(looking=colored.looking, writing=colored.writing)
        if colored.error is not None or colored.target is None:
            return made.failed(listed, colored.error or "", start)
        if self._run.form == "tree":
            try:
                with made.timing("putting"):
                    for target, data in ((colored.target, colored.content), *colored.extras):
                        self._run.target.put(target, data)
            except BadPlace as error:
                return made.failed(listed, str(error), start)
        made.row = Row(
            listed.key,
            colored.state,
            colored.target,
            len(colored.content),
            hashlib.sha256(colored.content).hexdigest(),
            colored.source_sha256,
            colored.width,
            colored.height,
            time.perf_counter() - start,
            extras=tuple(target for target, _ in colored.extras),
        )
        # In a tree the result is in its place: nothing of it is kept in memory.
        made.colored = colored if self._run.form == "parquet" else ColoredFile()
        return made

    def _read(self, listed: Listed) -> bytes:
        """Raises: ValueError for what is no longer what was listed; what the file system raises, the third time."""
        for wait in (*_WAITS, None):
            try:
                return self._read_once(listed)
            except (ValueError, FileNotFoundError, PermissionError):
                raise
            except Exception:  # a moment's trouble of the net
                if wait is None:
                    raise
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _read_once(self, listed: Listed) -> bytes:
        source = self._run.source
        if not listed.shard:
            content = source.read(listed.key)
            if self._again:  # it may have been mended meanwhile
                return content
        elif listed.shard.lower().endswith(".tar"):
            content = source.read(listed.shard, listed.offset, listed.offset + listed.size)
        else:
            with self._reading:
                return self._rows.read(listed.shard, listed.offset)
        if len(content) != listed.size:
            raise ValueError("it changed after it was listed; once it rests, --retry-failed colors it")
        return content

    def _put_together(self, number: int, made: list[_Made]) -> None:
        """Into a Parquet target: the results of a chunk in one file, the same however often it is made."""
        if self._run.form != "parquet":
            return
        name = f"{self._run.named('colored', '')}-{number:08d}.parquet"
        rows = [
            {
                "image": {"bytes": each.colored.content, "path": arrow_text(each.row.target)},
                "key": arrow_text(each.row.key),
            }
            for each in made
            if each.row.target is not None
        ]
        if rows:
            self._run.target.put(name, to_parquet(rows, _image_schema()))


@dataclass
class _Made:
    """One photograph on its way."""

    row: Row
    colored: ColoredFile
    stages: dict[str, float] = field(default_factory=dict)
    kept: bool = False  # from an earlier ledger

    def timing(self, stage: str) -> _Timing:
        return _Timing(self.stages, stage)

    def failed(self, listed: Listed, reason: str, start: float) -> _Made:
        message = named(Work(listed.key, listed.key, None, "url"), reason)
        self.row = Row(listed.key, "failed", seconds=time.perf_counter() - start, error=message)
        return self


class _Timing:
    """Adds the seconds of a with block to a stage."""

    def __init__(self, stages: dict[str, float], stage: str) -> None:
        self._stages, self._stage = stages, stage

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._stages[self._stage] = time.perf_counter() - self._start


def _image_schema() -> Any:
    import pyarrow as pa

    return pa.schema([("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("key", pa.string())])
