"""The command, run in this process or in one of its own."""

import signal
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.cli import main


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capfd):
    """command("colorize", path, ...) -> Ended, in this process, with everything that reached the two streams."""

    def run(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def begun_command():
    """The command in a process of its own that is still running: a Popen. Control-C reaches it.

    A shell that starts the tests in the background hands its deafness to SIGINT on to them.
    """

    def begin(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "photochrom", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    return begin


@pytest.fixture
def cold_command():
    """The same in a process of its own; keywords go to subprocess.run."""

    def run(*words, **options):
        result = subprocess.run(
            [sys.executable, "-m", "photochrom", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        return Ended(result.returncode, result.stdout, result.stderr)

    return run


@pytest.fixture
def unimport(monkeypatch):
    """unimport("photochrom.training", without="torch"): imported anew for this test, as where `torch` is missing.

    A module is also an attribute of the package above it, which importing it anew sets: that is put back as well.
    """

    def forget(room, *, without):
        for name in [name for name in sys.modules if name == room or name.startswith(f"{room}.")]:
            parent, _, child = name.rpartition(".")
            if hasattr(sys.modules.get(parent), child):
                monkeypatch.setattr(sys.modules[parent], child, getattr(sys.modules[parent], child))
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, without, None)

    return forget


@pytest.fixture(scope="session")
def astronaut():
    """uint8 [128, 128, 3]."""
    return np.ascontiguousarray(skimage.data.astronaut()[::4, ::4])


@pytest.fixture
def photo(tmp_path, astronaut):
    """A JPEG in a folder of its own."""
    path = tmp_path / "album" / "old.jpg"
    path.parent.mkdir()
    Image.fromarray(astronaut).save(path, quality=90)
    return path


@pytest.fixture
def gray_photo(photo, astronaut):
    """The same without its colors, as most photographs to color are."""
    Image.fromarray(astronaut).convert("L").save(photo, quality=90)
    return photo


@pytest.fixture
def color(command, tiny_model):
    """color(photo, ...) is `photochrom colorize` with the tiny network."""
    return lambda *words: command("colorize", *words, "--model", tiny_model)


@pytest.fixture
def files_in():
    """files_in(folder): every file under it with its content, by its place."""

    def read(folder):
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read
