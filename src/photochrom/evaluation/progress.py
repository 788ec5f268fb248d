"""How far an evaluation is: a bar on a terminal, a line now and then elsewhere; all on stderr."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Protocol

LINE_EVERY = 30.0  # seconds, where there is no terminal


class Progress(Protocol):
    """Whoever wants to know how far an evaluation is."""

    def begin(self, title: str, total: int) -> None:
        """A stretch of work on so many photographs begins."""

    def advance(self) -> None:
        """One more photograph is done; called from any thread."""

    def end(self) -> None:
        """The stretch is over."""


class Silent:
    """Nobody wants to know."""

    def begin(self, title: str, total: int) -> None:
        """Do nothing."""

    def advance(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class Shown:
    """On stderr, with the time left."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bar: Any = None

    def begin(self, title: str, total: int) -> None:
        """Start the bar, or print the first line."""
        self.title, self.total, self.done = title, total, 0
        self.started = self.last_line = time.monotonic()
        if not sys.stderr.isatty():
            print(f"{title}: {total} photograph{'s' if total > 1 else ''}", file=sys.stderr, flush=True)
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        # A few photographs come at once, from each thread: the speed is taken over some minutes.
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Bar(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=180)
        self.bar.start()
        self.task = self.bar.add_task(title, total=total)

    def advance(self) -> None:
        """Move the bar, or print a line when the last one is long ago."""
        with self.lock:
            self.done += 1
            if self.bar is not None:
                self.bar.advance(self.task)
                return
            now = time.monotonic()
            if now - self.last_line >= LINE_EVERY:
                self.last_line = now
                left = (now - self.started) / self.done * (self.total - self.done)
                line = f"{self.title}: {self.done} of {self.total} photographs, {_minutes(left)} left"
                print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def _minutes(seconds: float) -> str:
    """A time to go, as roughly as it is known.

    Example:
        >>> _minutes(42), _minutes(200)
        ('42 s', '3 min')
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
