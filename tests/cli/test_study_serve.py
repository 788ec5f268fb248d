"""`photochrom study serve`, `forget`: what is refused before anything starts, and a person who is forgotten."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from photochrom.cli.study import study as app
from photochrom.study.design import Design
from photochrom.study.exclusions import Exclusions
from photochrom.study.identity import Identity
from photochrom.study.manifest import MANIFEST, PICTURES, Photograph, Study, manifest_bytes
from photochrom.study.store import open_store
from photochrom.study.tokens import new_token


@pytest.fixture
def folder(tmp_path):
    """A study of two photographs."""
    place = tmp_path / "study"
    (place / PICTURES).mkdir(parents=True)
    photographs = []
    for name in ("a", "b"):
        files = {}
        for level, kind in enumerate(("truth", "lite", "random")):
            file = tmp_path / "picture.png"
            Image.fromarray(np.full((16, 16, 3), 40 * level + ord(name), np.uint8)).save(file)
            content = file.read_bytes()
            files[kind] = place / PICTURES / f"{hashlib.sha256(content).hexdigest()}.png"
            files[kind].write_bytes(content)
        photographs.append(Photograph(name, 16, 16, {kind: file.stem for kind, file in files.items()}, files))
    design = Design(pairs=2, practice=0, vigilance=0.0, duration_ms=None)
    content = manifest_bytes(
        design=design,
        exclusions=Exclusions(),
        systems=("lite",),
        photographs=tuple(photographs),
        plates=(),
        seed=0,
        version="test",
    )
    (place / MANIFEST).write_bytes(content)
    return place


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--allow-host"),
        (["--mode", "prolific"], "completion code"),
        (["--port", "70000"], "port"),
        (["--host", "no.such.host.invalid", "--allow-host", "*"], "cannot listen"),
        (["--database", "mysql://user:secret@host/name"], "SQLite or PostgreSQL"),
        (["--consent", "absent.txt"], "absent.txt"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(folder, words, said):
    ended = CliRunner().invoke(app, ["serve", str(folder), *words])
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert said in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_is_no_study_is_refused(tmp_path):
    ended = CliRunner().invoke(app, ["serve", str(tmp_path)])
    assert ended.exit_code == 2
    assert "is no study" in ended.stderr


def test_forgetting_says_whether_there_was_somebody(folder):
    study = Study.read(folder)
    store = open_store(None, study)
    store.sessions.admit(Identity("local", "P07"), new_token(), consent="c" * 64, simulated=False)
    store.close()
    first, again, nobody = (CliRunner().invoke(app, ["forget", str(folder), name]) for name in ("P07", "P07", "P08"))
    assert (first.exit_code, again.exit_code, nobody.exit_code) == (0, 1, 1)
    assert "forgotten" in first.stdout
    store = open_store(None, study, create=False)
    assert [person.number for person in store.participants()] == [0]
    store.close()


def test_forgetting_in_a_study_nobody_took_part_in_makes_no_database(folder):
    ended = CliRunner().invoke(app, ["forget", str(folder), "P07"])
    assert ended.exit_code == 2
    assert "nobody has taken part" in ended.stderr
    assert json.loads((folder / MANIFEST).read_bytes())["photochrom"] == "study"
    assert not (folder / "answers.sqlite").exists()
