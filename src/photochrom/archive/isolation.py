"""Coloring beside this process, so that a poisonous photograph costs itself alone.

Several photographs at a time go to one process, which keeps the network. When that process ends, because a decoder
crashed, took all memory or took too long, each photograph that was in it is tried once more, alone in a process of its
own: what is innocent is colored, and what is not is named.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import IO, Any, NamedTuple, cast

from photochrom.archive.coloring_process import outputs_to_json
from photochrom.archive.errors import ArchiveError
from photochrom.archive.frames import Closed, read_frame, write_frame
from photochrom.archive.limits import Limits
from photochrom.batch import Outputs
from photochrom.inference.options import Options
from photochrom.inference.weights import WeightsError

PROGRAM = (sys.executable, "-m", "photochrom.archive.coloring_process")
_ALONE = "alone in a process of its own too"
STARTING = 180.0  # seconds until a process has loaded its network, on a machine with much else to do


class ColoredFile(NamedTuple):
    """What became of one photograph.

    Attributes:
        target: of its result, from the target's root; None when there is none.
        content: the result's file.
        extras: further files: target and content of each.
        state: "colored", "copied" (it was in color, and keeps it) or "failed".
        error: what went wrong and what to do, in one line; None when nothing did.
        width, height: pixels of the result.
        source_sha256: of the photograph's file.
        looking, writing: seconds for decoding it small and the network, and for making the full-size file.
    """

    target: str | None = None
    content: bytes = b""
    extras: tuple[tuple[str, bytes], ...] = ()
    state: str = "failed"
    error: str | None = None
    width: int | None = None
    height: int | None = None
    source_sha256: str | None = None
    looking: float = 0.0
    writing: float = 0.0


@dataclass(frozen=True)
class Isolation:
    """What a coloring process is told when it starts."""

    options: Options
    outputs: Outputs
    limits: Limits
    at_once: int
    program: tuple[str, ...] = PROGRAM


class IsolatedColorizer:
    """A colorizer in a process of its own; threads may share it."""

    def __init__(self, settings: Isolation) -> None:
        self._settings = settings
        self._shared: _Process | None = None
        self._lock = Lock()
        self._alone = Lock()  # one at a time: what is tried alone is alone with the memory, too
        self._spent = 0.0

    def color(self, path: str, content: bytes, *, distinct: bool = False) -> ColoredFile:
        """Color one photograph.

        Args:
            path: its place from the source's root, by which its result is named.
            content: of its file.
            distinct: another photograph's result has the plain name.
        Raises: WeightsError or ArchiveError when no photograph can be colored.
        """
        try:
            answer, blocks = self._running().ask(path, content, distinct)
            if "again" not in answer:
                return _colored(answer, blocks)
        except _Ended:
            pass
        with self._alone:
            return self._try_alone(path, content, distinct)

    @property
    def processor_seconds(self) -> float:
        """Of all the coloring processes so far."""
        with self._lock:
            return self._spent + (self._shared.processor if self._shared is not None else 0.0)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._shared is not None:
                self._spent += self._shared.close()
                self._shared = None

    def _running(self) -> _Process:
        with self._lock:
            if self._shared is not None and self._shared.ended:
                self._spent += self._shared.close()
                self._shared = None
            if self._shared is None:
                self._shared = _Process(self._settings, self._settings.at_once)
            return self._shared

    def _try_alone(self, path: str, content: bytes, distinct: bool) -> ColoredFile:
        process = _Process(self._settings, 1)
        try:
            answer, blocks = process.ask(path, content, distinct)
        except _Ended as ended:
            return ColoredFile(error=f"{ended}, {_ALONE}; look at this file by hand")
        finally:
            spent = process.close()
            with self._lock:
                self._spent += spent
        if "again" in answer:
            limit = self._settings.limits.memory
            return ColoredFile(error=f"there is not enough memory in {limit:g} GiB, {_ALONE}; allow it more")
        return _colored(answer, blocks)


class _Ended(Exception):
    """The coloring process ended while it had a photograph."""


class _Process:
    """One coloring process, and the thread that listens to it."""

    def __init__(self, settings: Isolation, at_once: int) -> None:
        self._limits = settings.limits
        self.processor = 0.0  # seconds, as it said last
        self._late: float | None = None
        self._answers: dict[int, Future[tuple[dict[str, Any], list[bytes]]]] = {0: Future()}
        self._number = 0
        self._lock, self._writing = Lock(), Lock()
        self._process = subprocess.Popen(
            settings.program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        self._ready = self._answers[0]
        Thread(target=self._listen, name="photochrom-listen", daemon=True).start()
        header = {
            "options": settings.options.to_json(),
            "outputs": outputs_to_json(settings.outputs),
            "at_once": at_once,
            "memory": settings.limits.memory,
        }
        with suppress(Closed):
            write_frame(self._pipe, header)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, path: str, content: bytes, distinct: bool) -> tuple[dict[str, Any], list[bytes]]:
        """Raises: _Ended, told for this photograph; WeightsError, ArchiveError."""
        self._wait_until_ready()
        answer: Future[tuple[dict[str, Any], list[bytes]]] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            self._answers[number] = answer
        try:
            with self._writing:
                write_frame(self._pipe, {"id": number, "path": path, "distinct": distinct}, [content])
        except Closed:
            answer.cancel()
            raise _Ended(self._why()) from None
        try:
            return answer.result(self._limits.seconds)
        except TimeoutError:
            self._late = self._limits.seconds
            self._process.kill()
            raise _Ended(self._why()) from None

    def close(self) -> float:
        """End it. Returns: the seconds of processor that it took."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        return self.processor

    @property
    def _pipe(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    def _wait_until_ready(self) -> None:
        try:
            answer, _ = self._ready.result(STARTING)
        except (TimeoutError, _Ended):
            self._process.kill()
            raise ArchiveError(
                f"the coloring process was not ready: {self._why()}; give it more memory, or fewer at a time"
            ) from None
        if "fatal" in answer:
            raise WeightsError(answer["fatal"])

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                answer, blocks = read_frame(self._process.stdout)
            except Closed:
                break
            self.processor = float(answer.pop("processor", self.processor))
            with self._lock:
                waiting = self._answers.pop(int(answer.pop("id", 0)), None)
            if waiting is not None and waiting.set_running_or_notify_cancel():
                waiting.set_result((answer, blocks))
        self._process.wait()
        with self._lock:
            left, self._answers = list(self._answers.values()), {}
        for waiting in left:
            if waiting.set_running_or_notify_cancel():
                waiting.set_exception(_Ended(self._why()))

    def _why(self) -> str:
        """The end of the process, told of the photograph that was in it."""
        if self._late is not None:
            return f"it took longer than {self._late:g} seconds"
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return "the system ended the process that colored it, as it does when memory runs out"
        if code < 0:
            return f"it crashed the process that colored it ({signal.Signals(-code).name})"
        return f"it ended the process that colored it (exit code {code})"


def _colored(answer: dict[str, Any], blocks: list[bytes]) -> ColoredFile:
    if "error" in answer:
        return ColoredFile(error=str(answer["error"]))
    (target, *others), (content, *more) = answer["targets"], blocks
    return ColoredFile(
        target,
        content,
        tuple(zip(others, more, strict=True)),
        answer["state"],
        None,
        answer["width"],
        answer["height"],
        answer["source_sha256"],
        answer["looking"],
        answer["writing"],
    )


def _environment() -> dict[str, str]:
    """One thread for each library: several photographs at a time use the cores, and threads would fight for them."""
    single = dict.fromkeys(("VIPS_CONCURRENCY", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **single}
