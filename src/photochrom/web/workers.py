"""Work beside the event loop: as many photographs at a time as there are cores, a queue with an end, a limit of time.

A thread cannot be ended from outside. Work that took too long, or whose client has gone, is told to stop: it sees
that between two steps, and libvips sees it while it computes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from photochrom.batch.stopping import Stop
from photochrom.web.problems import Overloaded

Result = TypeVar("Result")
REMEMBERED = 32  # durations from which the wait of a refused client is estimated


class Workers:
    """A fixed number of threads and a queue before them that is never longer than its limit.

    Args:
        threads: pieces of work at the same time.
        waiting: pieces of work that may wait.
        name: of the threads.
    """

    def __init__(self, threads: int, waiting: int, name: str) -> None:
        self.threads = threads
        self.limit = threads + waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"photochrom-{name}")
        self._lock = Lock()
        self._in_flight = 0
        self._busy = 0
        self._durations: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def busy(self) -> int:
        """Threads at work."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Pieces of work that wait for a thread."""
        return max(0, self._in_flight - self._busy)

    @property
    def full(self) -> bool:
        """Whether the next piece of work would be refused."""
        return self._in_flight >= self.limit

    def refuse_when_full(self) -> None:
        """Worth asking before an upload is read. Raises: Overloaded."""
        if self.full:
            raise Overloaded("too many photographs are waiting; try again later", self._wait())

    async def run(self, work: Callable[[Stop], Result], seconds: float) -> Result:
        """Do one piece of work in a thread.

        Args:
            work: is given a Stop, to look at between its steps.
            seconds: until the result must be there, waiting included.
        Returns: what the work returns.
        Raises: what the work raises; Overloaded for a queue that is full, and for work that took too long.
        """
        stop = Stop()
        future = self._submit(work, stop)
        waiting = asyncio.wrap_future(future)
        waiting.add_done_callback(_look_at_error)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(waiting)
        except TimeoutError:
            if future.done() and not future.cancelled() and isinstance(future.exception(), TimeoutError):
                raise  # the work's own
            raise Overloaded(
                f"the photograph was not ready after {seconds:g} seconds; try again later, or send a smaller one",
                self._wait(),
            ) from None
        finally:
            if not future.done() and not future.cancel():
                _insist(stop, future)

    def close(self) -> None:
        """Wait for what is running; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Callable[[Stop], Result], stop: Stop) -> Future[Result]:
        with self._lock:
            self.refuse_when_full()
            self._in_flight += 1
        try:
            future = self._pool.submit(self._timed, work, stop)
        except RuntimeError:  # the pool is closed
            self._leave()
            raise Overloaded("the server is stopping; try again later", 5) from None
        # Counted until the thread is done with it, not until its client has gone: that is what keeps memory bounded.
        future.add_done_callback(self._leave)
        return future

    def _timed(self, work: Callable[[Stop], Result], stop: Stop) -> Result:
        start = monotonic()
        with self._lock:
            self._busy += 1
        try:
            stop.check()
            return work(stop)
        finally:
            with self._lock:
                self._busy -= 1
                self._durations.append(monotonic() - start)

    def _leave(self, _: object = None) -> None:
        with self._lock:
            self._in_flight -= 1

    def _wait(self) -> float:
        """Seconds until what waits now is likely done."""
        durations = list(self._durations)
        return self.waiting / self.threads * (sum(durations) / len(durations)) if durations else 1.0


def _look_at_error(waiting: asyncio.Future[Any]) -> None:
    """An error that comes when nobody waits any more is nobody's: asyncio would complain that it was not looked at."""
    if not waiting.cancelled():
        waiting.exception()


def _insist(stop: Stop, future: Future[Any]) -> None:
    """Say stop until the work has heard it: libvips forgets the order once it has met it."""
    if not future.done():
        stop.ask()
        asyncio.get_running_loop().call_later(0.05, _insist, stop, future)
