"""Run the application on a socket until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from photochrom.web.app import create_app
from photochrom.web.settings import Settings

MAX_HEADER_BYTES = 16 * 1024
KEEP_ALIVE_SECONDS = 20
CONNECTIONS = 1000  # beyond, uvicorn answers 503 by itself


class ServeError(Exception):
    """The server cannot start; the message is one line with what to do."""


def serve(settings: Settings, host: str, port: int, *, started: Callable[[str], None] | None = None) -> None:
    """Serve the page and the API until SIGTERM or Ctrl-C; what is running is finished first.

    Args:
        settings: of the application.
        host: address to listen on.
        port: 0 takes a free one.
        started: is told the page's address once connections are taken.
    Raises: ServeError where the address cannot be taken; WeightsError for weights that are not there.
    """
    listening = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}/"
    app = create_app(settings)
    config = configuration(app, grace_seconds=settings.grace_seconds)
    server = _Server(config, app.state.service.stopping, lambda: started(address) if started else None)
    with listening:
        server.run(sockets=[listening])


def configuration(app: FastAPI, *, grace_seconds: float) -> uvicorn.Config:
    """How uvicorn serves a page of ours: few words, bounded headers and connections.

    Args:
        app: what answers.
        grace_seconds: that requests have to end when the server stops.
    """
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",  # it warns of each request that does not parse; our own errors are in request_log.py
        access_log=False,  # request_log.py writes lines without anything of the client's
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(grace_seconds)),
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        limit_concurrency=CONNECTIONS,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound. Raises: ServeError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"cannot listen on {host} port {port} ({reason}); choose another with --port") from None
    return listening


class _Server(uvicorn.Server):
    """uvicorn, which tells when it has started, and tells the application at once that it has to stop.

    Streams of events would hold up the end otherwise: uvicorn waits for them before it ends the lifespan.
    """

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._tell_started = started
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        if self.started:
            self._tell_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if sig == signal.SIGTERM:
            # uvicorn would raise the signal again at its end; but an order that was carried out is no failure.
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)
