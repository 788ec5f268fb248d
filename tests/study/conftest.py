"""A small study on disk, a database of each kind, and a server in this process, asked without a network."""

import asyncio
import hashlib
import io
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from photochrom.study.design import Design
from photochrom.study.exclusions import Exclusions
from photochrom.study.manifest import MANIFEST, PICTURES, PLATES, Photograph, Plate, Study, manifest_bytes

QUICK = {"blank_ms": 0, "between_ms": 0, "buttons_ms": 0, "feedback_ms": 0}
# Chosen so that a test of a few trials meets every kind: 2 practice, 4 test trials of which 1 is vigilance.
SMALL = Design(pairs=4, practice=2, vigilance=0.25, duration_ms=None, **QUICK)


@pytest.fixture(scope="session")
def make_study(tmp_path_factory):
    """make_study(design, systems=("one", "two"), photographs=12, seed=0) -> Study, of small smooth pictures."""

    def make(design=SMALL, systems=("one", "two"), photographs=12, seed=0, size=(48, 32)):
        folder = tmp_path_factory.mktemp("study")
        kinds = ("truth", *systems, "random")
        written = []
        for index in range(photographs):
            files = {}
            for place, kind in enumerate(kinds):
                files[kind] = _write(folder / PICTURES, _png(index, 30 * place + 5 * index, size))
            sha256s = {kind: file.stem for kind, file in files.items()}
            written.append(Photograph(f"photograph-{index:02}", *size, sha256s, files))
        plates = []
        for place, kind in enumerate(("control", "protan", "deutan")):
            file = _write(folder / PLATES, _png(100 + place, 200, (90, 90)))
            plates.append(Plate(kind, str(3 + place), file.stem, file))
        content = manifest_bytes(
            design=design,
            exclusions=Exclusions(),
            systems=tuple(systems),
            photographs=tuple(written),
            plates=tuple(plates),
            seed=seed,
            version="test",
        )
        (folder / MANIFEST).write_bytes(content)
        return Study.read(folder)

    return make


def _png(seed, warmth, size):
    across = np.linspace(40, 200, size[0])[None].repeat(size[1], axis=0)
    red, blue = across + warmth / 10, across - warmth / 10 + seed
    pixels = np.stack([red, across, blue], axis=-1).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _write(folder, content):
    folder.mkdir(exist_ok=True)
    file = folder / f"{hashlib.sha256(content).hexdigest()}.png"
    file.write_bytes(content)
    return file


@pytest.fixture(scope="session")
def small_study(make_study):
    """Two practice trials, four test trials, one of them vigilance; pictures without a set time."""
    return make_study()


def _postgres_programs():
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The URL of a real PostgreSQL server in a temporary folder, for as long as the tests run."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server: install Debian's package postgresql")
    as_user, folder = {}, tmp_path_factory.mktemp("postgresql")
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
        folder = (
            Path(tempfile.gettempdir()) / f"photochrom-postgresql-{os.getpid()}"
        )  # whose parents that user may enter
        folder.mkdir(mode=0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"} | as_user
    data = folder / "data"
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-F -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    try:
        subprocess.run([programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8"], **quiet)
        start = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
        subprocess.run(start, **quiet)
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **(quiet | {"check": False}))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The address of an empty database; every test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return str(tmp_path / "answers.sqlite")
    url = request.getfixturevalue("postgresql")
    import psycopg

    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def ask(small_study, tmp_path):
    """ask(story, study=..., database=..., **settings) runs `story(client)` against a fresh server in this process."""

    def run(story, *, study=small_study, database=None, **settings):
        return asyncio.run(_told(story, study, database or str(tmp_path / "answers.sqlite"), settings))

    return run


async def _told(story, study, database, settings):
    async with serving(study, database, settings) as client:
        return await story(client)


@asynccontextmanager
async def serving(study, database, settings):
    """An httpx client of a running application; `client.service` is what the server keeps."""
    from photochrom.study.app import create_study_app
    from photochrom.study.settings import ServerSettings
    from photochrom.study.store import open_store

    app = create_study_app(study, open_store(database, study), ServerSettings(**settings))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as client,
    ):
        client.service = app.state.service
        yield client


_SERVE = """
import json, logging, sys
from photochrom.study.serving import serve
from photochrom.study.settings import ServerSettings

study, database, settings = sys.argv[1:4]
logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
serve(study, ServerSettings(**json.loads(settings)), database=database, port=port,
      started=lambda address: print(address, flush=True))
"""


class RunningServer:
    """A study's server in a process of its own, which can be killed and started again at the same address."""

    def __init__(self, study, database, settings, log):
        self.words = [str(study.folder), database, json.dumps(settings)]
        self.log = log
        self.address = self.start()

    def start(self, port=None):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, *self.words, *([] if port is None else [str(port)])],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        address = self.process.stdout.readline().strip()
        assert address, self.log.read_text()
        return address

    def again(self):
        return self.start(int(self.address.rstrip("/").rpartition(":")[2]))

    def kill(self):
        self.process.kill()  # SIGKILL: nothing is tidied up
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture
def study_server(tmp_path):
    """study_server(study, database=None, **settings) -> RunningServer; they end with the test."""
    started = []

    def start(study, database=None, **settings):
        log = tmp_path / f"server-{len(started)}.log"
        started.append(RunningServer(study, database or str(tmp_path / "answers.sqlite"), settings, log))
        return started[-1]

    yield start
    for server in started:
        server.end()
