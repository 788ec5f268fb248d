"""Server-sent events: how a job goes on, as a stream that a browser's EventSource reads.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from photochrom.web.jobs import Job

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0  # proxies close what is silent for longer


def event(name: str, data: Any, number: int) -> bytes:
    r"""One event on the wire.

    Example:
        >>> event("progress", {"done": 1}, 7)
        b'id: 7\nevent: progress\ndata: {"done": 1}\n\n'
    """
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def job_events(job: Job, say: Callable[[], Any], stopping: Callable[[], bool]) -> AsyncIterator[bytes]:
    """`progress` now and after each change; in the end `ended`, or `stopped` when the server is told to stop.

    Args:
        job: whose changes are told.
        say: the job as JSON knows it.
        stopping: whether the server was told to stop.
    """
    version, silent = -1, 0.0
    while True:
        if job.version > version:
            version, silent = job.version, 0.0
            yield event("progress", say(), version)
        if job.ended or stopping():
            yield event("ended" if job.ended else "stopped", say(), version)
            return
        # In short waits: a stream must not hold up a server that was told to stop.
        await job.change_after(version, 0.5)
        silent += 0.5
        if silent >= HEARTBEAT_SECONDS:
            silent = 0.0
            yield b": still here\n\n"
