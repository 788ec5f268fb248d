"""Large batches: photographs that are colored one after the other while their client does something else.

A job lives in memory, with a bound on all jobs together: each uploaded file gives way to its result.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from photochrom.batch.stopping import Stop
from photochrom.web.budget import Held
from photochrom.web.choices import Choices
from photochrom.web.coloring import Colored
from photochrom.web.download_names import distinct, result_name
from photochrom.web.problems import Overloaded, Problem, problem_of
from photochrom.web.request_log import unforeseen
from photochrom.web.sessions import new_id
from photochrom.web.uploads import Upload
from photochrom.web.workers import Workers

State = Literal["waiting", "running", "done", "failed"]
RETRY_SECONDS = 0.2
log = logging.getLogger("photochrom.web")
Work = Callable[[bytes, Choices, Stop], Colored]


@dataclass
class JobPhotograph:
    """One photograph of a job."""

    name: str  # the client's; shown, and made harmless for the result's name
    content: bytes | None = field(repr=False)  # the uploaded file, until it is colored
    state: State = "waiting"
    detail: str = ""  # why it failed
    result: Colored | None = field(default=None, repr=False)
    result_name: str = ""


class Job:
    """Photographs, how they are to be colored, and how far that is."""

    def __init__(self, uploads: list[Upload], choices: Choices, held: Held, clock: Callable[[], float]) -> None:
        self.id = new_id()
        self.choices = choices
        self.photographs = [JobPhotograph(upload.name, upload.content) for upload in uploads]
        self.held = held
        self.version = 0  # goes up with each change
        self.ended_at: float | None = None
        self._clock = clock
        self._changed = asyncio.Event()
        self._names: set[str] = set()

    @property
    def ended(self) -> bool:
        """Whether every photograph is done or has failed."""
        return self.ended_at is not None

    def count(self, state: State) -> int:
        """Photographs in this state."""
        return sum(photograph.state == state for photograph in self.photographs)

    async def change_after(self, version: int, seconds: float) -> None:
        """Wait until something has changed since that version, but no longer than so many seconds."""
        if self.version > version:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def begin(self, photograph: JobPhotograph) -> bytes:
        """Mark a photograph as running; returns its file."""
        assert photograph.content is not None
        photograph.state = "running"
        self._tell()
        return photograph.content

    def finish(self, photograph: JobPhotograph, result: Colored) -> None:
        """Keep a result in the place of the file. Raises: Overloaded where the memory of all jobs is full."""
        assert photograph.content is not None
        grown = len(result.content) - len(photograph.content)
        if grown > 0:
            self.held.more(grown)
        else:
            self.held.less(-grown)
        photograph.content, photograph.result = None, result
        photograph.result_name = distinct(result_name(photograph.name, result.extension), self._names)
        photograph.state = "done"
        self._tell()

    def fail(self, photograph: JobPhotograph, detail: str) -> None:
        """Drop a photograph's file and say why."""
        self.held.less(len(photograph.content or b""))
        photograph.content, photograph.detail, photograph.state = None, detail, "failed"
        self._tell()

    def _tell(self) -> None:
        if not any(photograph.state in ("waiting", "running") for photograph in self.photographs):
            self.ended_at = self._clock()
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()


class Jobs:
    """All jobs of a server; to be used from its event loop alone.

    Args:
        lane: the threads in which photographs are colored.
        work: colors one photograph.
        seconds: for one photograph.
        limit: jobs that are kept at the same time.
        keep_seconds: for which an ended job is kept.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        lane: Workers,
        work: Work,
        *,
        seconds: float,
        limit: int,
        keep_seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._lane = lane
        self._work = work
        self._seconds = seconds
        self._limit = limit
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._turns = asyncio.Semaphore(lane.threads)
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def refuse_when_full(self) -> None:
        """Worth asking before an upload is read. Raises: Overloaded."""
        self.drop_expired()
        if len(self._jobs) >= self._limit:
            raise Overloaded("as many jobs as may be are kept; fetch and delete one, or try again later", 30)

    def add(self, uploads: list[Upload], choices: Choices, held: Held) -> Job:
        """Start a job; its share of memory is given back when it is forgotten. Raises: Overloaded."""
        self.refuse_when_full()
        job = Job(uploads, choices, held, self._clock)
        self._jobs[job.id] = job
        self._tasks[job.id] = asyncio.create_task(self._run(job), name=f"job-{job.id}")
        return job

    def get(self, id: str) -> Job:
        """The job of this id. Raises: Problem with 404 when it is not, or no longer, there."""
        self.drop_expired()
        if id not in self._jobs:
            raise Problem(404, "there is no such job, or no longer; send the photographs again")
        return self._jobs[id]

    def remove(self, id: str) -> None:
        """Stop a job and forget it. Raises: Problem with 404."""
        self._forget(self.get(id))

    def drop_expired(self) -> None:
        """Forget jobs that ended long ago."""
        limit = self._clock() - self._keep_seconds
        for job in [job for job in self._jobs.values() if job.ended_at is not None and job.ended_at < limit]:
            self._forget(job)

    async def close(self) -> None:
        """Stop all jobs and wait until they have."""
        tasks = list(self._tasks.values())
        for job in list(self._jobs.values()):
            self._forget(job)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, job: Job) -> None:
        self._tasks.pop(job.id).cancel()
        del self._jobs[job.id]
        job.held.release()

    async def _run(self, job: Job) -> None:
        async with asyncio.TaskGroup() as group:
            for photograph in job.photographs:
                await self._turns.acquire()
                group.create_task(self._color(job, photograph)).add_done_callback(lambda _: self._turns.release())

    async def _color(self, job: Job, photograph: JobPhotograph) -> None:
        content = job.begin(photograph)
        try:
            job.finish(photograph, await self._in_lane(content, job.choices))
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                log.error("%s", unforeseen(error))
            job.fail(photograph, "something unforeseen went wrong" if problem is None else problem.detail)

    async def _in_lane(self, content: bytes, choices: Choices) -> Colored:
        while self._lane.full:  # a thread still works on something that took too long
            await asyncio.sleep(RETRY_SECONDS)
        return await self._lane.run(lambda stop: self._work(content, choices, stop), self._seconds)
