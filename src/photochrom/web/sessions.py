"""Photographs that the page is working on: predicted once, kept for the next choice, forgotten in the end.

A session's id is 128 random bits: whoever knows it may look at the photograph, nobody else can find it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from photochrom.web.coloring import KeptPhoto
from photochrom.web.problems import Problem

ID_PATTERN = "^[A-Za-z0-9_-]{22}$"  # 16 bytes in base64
PREVIEW_BYTES = 1024 * 1024 * 3  # of the small copy that a PredictedPhoto keeps, at most


def new_id() -> str:
    """An id that nobody can guess.

    Example:
        >>> len(new_id())
        22
    """
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class PhotoSession:
    """One photograph, predicted; its file is kept in memory for the full-size result."""

    photo: KeptPhoto
    model: str  # the name under which the server offers it
    name: str  # the client's; for the name of the result alone
    file_bytes: int
    id: str = field(default_factory=new_id)

    @property
    def bytes(self) -> int:
        """Memory that it holds: the file, what the network said, and a small copy."""
        try:
            said = self.photo.predicted.distribution.logits.nbytes
        except ValueError:  # a regression says two numbers, not 313
            said = self.photo.predicted.lightness.nbytes
        return self.file_bytes + said + self.photo.predicted.lightness.nbytes + PREVIEW_BYTES


class PhotoSessions:
    """The least recently used give way when memory is full, or when nobody has asked for so long; threads may share it.

    Args:
        limit: bytes of all sessions together.
        seconds: after the last use.
        clock: seconds that only go forward.
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.limit = limit
        self.seconds = seconds
        self._clock = clock
        self._sessions: OrderedDict[str, tuple[PhotoSession, float]] = OrderedDict()  # oldest use first
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def bytes(self) -> int:
        """Memory that all sessions hold."""
        return self._bytes

    def add(self, session: PhotoSession) -> None:
        """Keep a session. Raises: Problem with 413 for one that is larger than all of the memory."""
        if session.bytes > self.limit:
            raise Problem(413, "the photograph is too large to work on in the page; use /api/v1/colorize")
        with self._lock:
            self._drop_expired()
            while self._bytes + session.bytes > self.limit:
                self._drop(next(iter(self._sessions)))
            self._sessions[session.id] = session, self._clock()
            self._bytes += session.bytes

    def get(self, id: str) -> PhotoSession:
        """The session of this id, used now. Raises: Problem with 404 when it is not, or no longer, there."""
        with self._lock:
            self._drop_expired()
            if id not in self._sessions:
                raise Problem(404, "this photograph is no longer kept here; send it again")
            session, _ = self._sessions[id]
            self._sessions[id] = session, self._clock()
            self._sessions.move_to_end(id)
            return session

    def remove(self, id: str) -> None:
        """Forget a session. Raises: Problem with 404 when it is not there."""
        with self._lock:
            self._drop_expired()
            if id not in self._sessions:
                raise Problem(404, "this photograph is no longer kept here; nothing is left to forget")
            self._drop(id)

    def drop_expired(self) -> None:
        """Forget what nobody has asked for; called now and then, for a server that nobody uses."""
        with self._lock:
            self._drop_expired()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._sessions.clear()
            self._bytes = 0

    def _drop_expired(self) -> None:
        limit = self._clock() - self.seconds
        while self._sessions:
            id, (_, used) = next(iter(self._sessions.items()))
            if used >= limit:
                return
            self._drop(id)

    def _drop(self, id: str) -> None:
        session, _ = self._sessions.pop(id)
        self._bytes -= session.bytes
