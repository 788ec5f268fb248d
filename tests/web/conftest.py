"""A server in this process, asked without a network; and one in a process of its own, for browsers and signals."""

import asyncio
import io
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from photochrom.web import Settings, create_app

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def examples():
    """The folder of photographs that the repository carries."""
    return EXAMPLES


@pytest.fixture
def ask(tiny_model):
    """ask(story, **settings) runs `story(client)` against a fresh server with the tiny network."""

    def run(story, *, app_changed=None, **settings):
        return asyncio.run(_told(story, Settings(**{"models": (tiny_model,), "workers": 2} | settings), app_changed))

    return run


async def _told(story, settings, app_changed):
    async with serving(settings, app_changed) as client:
        return await story(client)


@asynccontextmanager
async def serving(settings, app_changed=None):
    """An httpx client of a running application; `client.service` is what the server keeps."""
    app = create_app(settings)
    if app_changed is not None:
        app_changed(app)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as client,
    ):
        client.service = app.state.service
        yield client


@pytest.fixture(scope="session")
def gray_file():
    """gray_file(level=128, size=(64, 48), format="PNG") -> bytes of a gray photograph with a slope."""

    def make(level=128, size=(64, 48), format="PNG"):
        slope = np.linspace(-40, 40, size[0])[None].repeat(size[1], axis=0)
        pixels = np.clip(level + slope, 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format)
        return file.getvalue()

    return make


@pytest.fixture
def running_server():
    """running_server(*words, **environment) -> (process, address) of `photochrom serve` on a free port."""
    with server_starter() as start:
        yield start


@contextmanager
def server_starter():
    """The same for fixtures of another scope; the servers end with the block."""
    started = []

    def start(*words, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "photochrom", "serve", "--port", "0", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        started.append(process)
        line = process.stdout.readline()
        assert "http://" in line, process.stderr.read()
        address = line.split()[-1]
        for _ in range(300):
            if httpx.get(f"{address}readyz").status_code == 200:
                return process, address
            time.sleep(0.02)
        raise AssertionError("the server was never ready")

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()


@pytest.fixture(scope="module")
def page_address(tiny_model):
    """The address of a server for a whole module: the tiny network, or the embedded one where pictures are kept."""
    model = "lite" if os.environ.get("PHOTOCHROM_SCREENSHOTS") else tiny_model
    with server_starter() as start:
        yield start("--model", model)[1]
