"""What a person sees while training runs: a bar on a terminal, a line now and then elsewhere; all on stderr."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

LINE_EVERY = 60.0  # seconds, where there is no terminal


class Progress:
    """A bar with loss, photographs a second and the time left."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.bar: Bar | None = None
        self.last_line = 0.0

    def say(self, text: str) -> None:
        """A line that stays; not broken to a width, so that a log can be searched."""
        self.console.print(text, soft_wrap=True, markup=False)

    def begin(self, title: str) -> None:
        """Start the bar."""
        if not self.console.is_terminal:
            self.say(title)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"))
        self.bar = Bar(*columns, console=self.console)
        self.bar.start()
        self.task = self.bar.add_task(title, total=1.0, status="")

    def update(self, done: float, *, loss: float, rate: float, seconds_left: float) -> None:
        """Show how far the run is; `done` in 0..1."""
        status = f"loss {loss:.3f}  {rate:.1f} photos/s  {seconds_left / 60:.0f} min left"
        if self.bar is not None:
            self.bar.update(self.task, completed=done, status=status)
        elif time.monotonic() - self.last_line > LINE_EVERY:
            self.last_line = time.monotonic()
            self.say(f"{done:6.1%}  {status}")

    def end(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.update(self.task, completed=1.0)
            self.bar.stop()
