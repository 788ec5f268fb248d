"""Ctrl-C while libvips works: end at once, and leave no half-written file.

Python runs the handler of an interruption in the main thread, between two of its own steps; a call into libvips is one
step, however long, and an exception in a callback from it is lost. So the work is done beside the main thread, which
waits, and tells libvips to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


def interruptible(work: Callable[[Callable[[Any], None]], Result]) -> Result:
    """Run some work so that Ctrl-C stops it.

    Args:
        work: is given a function to call with each pyvips.Image before it is written. When the work is interrupted,
            that image's pixels stop with an error, and what was writing them cleans up.
    Returns: what the work returns.
    Raises: what the work raises, or KeyboardInterrupt once the work has stopped.

    Example:
        >>> interruptible(lambda stoppable: 6 * 7)
        42
    """
    job = _Job(work)
    thread = Thread(target=job.run, name="photochrom-color")
    try:
        thread.start()
        # Not join(): up to Python 3.12, a thread whose join was interrupted counts as ended while it still runs.
        # In short waits, because on Windows a wait hears of Ctrl-C only when it is over.
        while not job.done.wait(0.1):
            pass
    except KeyboardInterrupt:
        job.stop()
        # libvips forgets the order once it has met it, and some of its steps only pass on to the next: say it again.
        while not job.done.wait(0.02) and thread.ident is not None:  # None: interrupted before it had begun
            job.stop()
        raise
    if job.error is not None:
        raise job.error
    return job.results[0]


class _Job(Generic[Result]):
    def __init__(self, work: Callable[[Callable[[Any], None]], Result]) -> None:
        self.work = work
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self.stopped = False
        self.images: list[Any] = []
        self.done = Event()

    def run(self) -> None:
        try:
            self.results.append(self.work(self.stoppable))
        except BaseException as error:  # raised again where the work was asked for
            self.error = error
        finally:
            self.done.set()

    def stoppable(self, image: Any) -> None:
        self.images.append(image)
        if self.stopped:
            image.set_kill(True)

    def stop(self) -> None:
        self.stopped = True
        for image in self.images:
            image.set_kill(True)
