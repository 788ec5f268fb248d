"""Stopping a run from outside: Ctrl-C, and the SIGTERM of a scheduler that wants the machine back."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class TrainingStopped(Exception):
    """A run that a signal ended early, whole on disk.

    Attributes:
        signal: its number; the command's exit code is 128 + it, as a shell reports it: 130 or 143.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


class StopSignal:
    """Turns the first Ctrl-C or SIGTERM into a request to stop after the step, so that a checkpoint is written.

    Attributes:
        received: the signal's number, 0 before any.
    """

    def __init__(self) -> None:
        self.received = 0
        self.before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():  # signals are the main thread's
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self.remember)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def remember(self, number: int, frame: FrameType | None) -> None:
        """Keep the request; the next signal of the kind acts as usual."""
        self.received = number
        signal.signal(number, signal.SIG_DFL)
