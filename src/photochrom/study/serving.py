"""Serve a study on a socket: until told to stop, or for as long as a block runs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import FrameType

import uvicorn

from photochrom.study.app import create_study_app
from photochrom.study.manifest import Study
from photochrom.study.settings import ServerSettings
from photochrom.study.store import open_store
from photochrom.web.server import CONNECTIONS, configuration, listen

GRACE_SECONDS = 10  # to answer what has been asked when the order to stop comes


def serve(
    study_folder: Path,
    settings: ServerSettings | None = None,
    *,
    database: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve the participants' page until SIGTERM or Ctrl-C; what was asked is answered first.

    Args:
        study_folder: of `photochrom study build`.
        settings: None for the defaults: a local study without an administrator's page.
        database: URL of PostgreSQL or path of a SQLite file; None for `answers.sqlite` in the study's folder.
        host: address to listen on.
        port: 0 takes a free one.
        started: is told the page's address once connections are taken.
    Raises: StudyError for a folder that is no study; StoreError for a database that cannot be used; ServeError where
        the address cannot be taken.
    """
    study = Study.read(study_folder)
    with listen(host, port) as listening:
        server = _server(study, settings or ServerSettings(), database, listening)
        if started is not None:
            started(_address(host, listening))
        server.run(sockets=[listening])


@contextmanager
def served(study: Study, settings: ServerSettings, *, database: str | None = None) -> Iterator[str]:
    """The address of a server on this machine, which runs in a thread for as long as the block.

    Raises: StoreError.
    """
    with listen("127.0.0.1", 0) as listening:
        server = _server(study, settings, database, listening)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="study server")
        thread.start()
        try:
            yield _address("127.0.0.1", listening)
        finally:
            server.should_exit = True
            thread.join()


def _server(study: Study, settings: ServerSettings, database: str | None, listening: socket.socket) -> uvicorn.Server:
    app = create_study_app(study, open_store(database, study), settings)
    listening.listen(CONNECTIONS)  # whoever comes before uvicorn is ready waits, and is not sent away
    return _Server(configuration(app, grace_seconds=GRACE_SECONDS))


def _address(host: str, listening: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"


class _Server(uvicorn.Server):
    """uvicorn, for which SIGTERM is an order: it is carried out, and not raised again at the end."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True
