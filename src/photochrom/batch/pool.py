"""Work in several threads, its results in the order of the work, and an end to it at any moment.

Threads rather than processes: libvips and ONNX Runtime let go of Python's lock while they work, and threads share one
network. `benchmarks/folder.py` measures both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Condition, Thread
from typing import Generic, TypeVar

from photochrom.batch.stopping import Stop

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 256  # results that may wait for one that takes longer
_LOOK_AROUND = 0.1  # seconds: on Windows a wait hears of Ctrl-C only when it is over
_ASK_AGAIN = 0.02  # seconds


def in_order(items: Sequence[Item], work: Callable[[Item], Result], *, jobs: int, stop: Stop) -> Iterator[Result]:
    """The results of some work on each item, in the order of the items.

    The work is done beside the main thread, with one job too, so that Ctrl-C is heard. When the iteration ends early,
    by an error, an interruption or because nobody asks for more, what is running is told to stop and waited for.

    Args:
        items: what to work on.
        work: called in several threads at once.
        jobs: how many, at least 1.
        stop: told when the iteration ends early; the work looks at it.
    Yields: what the work returns.
    Raises: what the work raises, at that item's turn.

    Example:
        >>> list(in_order([3, 1, 2], lambda number: number * 7, jobs=2, stop=Stop()))
        [21, 7, 14]
    """
    bench = _Bench(items, work)
    threads = [
        Thread(target=bench.run, name=f"photochrom-job-{number}", daemon=True)
        for number in range(min(jobs, len(items)))
    ]
    try:
        for thread in threads:
            thread.start()
        for index in range(len(items)):
            result, error = bench.take(index)
            if error is not None:
                raise error
            yield result[0]
    finally:
        bench.close()
        # Not join(): up to Python 3.12, a thread whose join was interrupted counts as ended while it still runs.
        while not bench.wait_for_workers(_ASK_AGAIN):
            stop.ask()


class _Bench(Generic[Item, Result]):
    """Where threads take the next item, and leave what they made of it."""

    def __init__(self, items: Sequence[Item], work: Callable[[Item], Result]) -> None:
        self._items = items
        self._work = work
        self._next = 0
        self._taken = 0
        self._working = 0
        self._closed = False
        self._finished: dict[int, tuple[list[Result], BaseException | None]] = {}
        self._changed = Condition()

    def run(self) -> None:
        while (index := self._begin()) is not None:
            results: list[Result] = []
            error: BaseException | None = None
            try:
                results.append(self._work(self._items[index]))
            except BaseException as raised:  # raised again where the result is asked for
                error = raised
            with self._changed:
                self._finished[index] = (results, error)
                self._working -= 1
                self._changed.notify_all()

    def take(self, index: int) -> tuple[list[Result], BaseException | None]:
        with self._changed:
            while index not in self._finished:
                self._changed.wait(_LOOK_AROUND)
            self._taken = index + 1
            self._changed.notify_all()
            return self._finished.pop(index)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_for_workers(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._working == 0, seconds)

    def _begin(self) -> int | None:
        with self._changed:
            while not self._closed and self._next >= self._taken + AHEAD and self._next < len(self._items):
                self._changed.wait()
            if self._closed or self._next >= len(self._items):
                return None
            self._next += 1
            self._working += 1
            return self._next - 1
