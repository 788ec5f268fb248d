"""Ctrl-C while libvips works: end at once, and leave no half-written file.

Python runs the handler of an interruption in the main thread, between two of its own steps; a call into libvips is one
step, however long, and an exception in a callback from it is lost. So the work is done beside the main thread, which
waits, and tells libvips to stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any


class Stopped(Exception):
    """The work was told to stop; nothing of it counts."""


class Stop:
    """An order to stop, which threads look at between their steps, and libvips in the middle of a picture."""

    def __init__(self) -> None:
        self._asked = False
        self._images: dict[int, Any] = {}  # by id: pyvips compares pixels where Python would compare images
        self._lock = Lock()

    def ask(self) -> None:
        """Stop all that is watched. To be repeated: libvips forgets the order once it has met it on the way."""
        with self._lock:
            self._asked = True
            for image in self._images.values():
                image.set_kill(True)

    def check(self) -> None:
        """Raises: Stopped when it was asked for."""
        if self._asked:
            raise Stopped

    @contextmanager
    def watching(self, image: Any) -> Iterator[None]:
        """Around the writing of a pyvips.Image, whose pixels end in an error when the stop is asked for.

        Raises: Stopped in place of that error.
        """
        with self._lock:
            self._images[id(image)] = image
        try:
            self.check()
            yield
        except Exception:
            self.check()
            raise
        finally:
            with self._lock:
                del self._images[id(image)]
        self.check()
