"""A short run of fuzz/images.py, and that it would see a crash and a hang."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"

# A worker that colors one case, dies of the next, and hangs at the one after.
STAND_IN = """
import os, sys, time
first = int(sys.argv[sys.argv.index("--first") + 1])
print("ready", flush=True)
if first == 0:
    print("colored", flush=True)
    os.abort()
if first == 2:
    time.sleep(60)
print("decoded", flush=True)
"""


@pytest.fixture
def images(monkeypatch):
    monkeypatch.syspath_prepend(str(FUZZ))
    return importlib.import_module("images")


@pytest.mark.parametrize("cases", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_damaged_photographs_end_in_a_picture_or_one_line(tmp_path, cases):
    command = [sys.executable, str(FUZZ / "images.py"), "--cases", str(cases), "--seed", "7", "--keep", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert not list(tmp_path.iterdir())
    last = run.stdout.strip().splitlines()[-1]
    assert last.startswith(f"{cases:,} cases in ")
    counts = {line[:28].strip(): line.split()[-1] for line in run.stdout.splitlines()}
    assert int(counts["decoded"]) > cases / 15  # the damage does not stop every file at the door
    assert int(counts["refused, DamagedPhoto"]) > cases / 15


def test_crashes_and_hangs_are_seen_and_the_run_goes_on(images, monkeypatch, tmp_path):
    stand_in = tmp_path / "worker.py"
    stand_in.write_text(STAND_IN)
    monkeypatch.setattr(images, "__file__", str(stand_in))
    seen = dict(images.outcomes(0, 4, 0.5))
    assert seen[0] == "colored"
    assert seen[1].startswith("crash: exit status -6")
    assert seen[2].startswith("hang")
    assert seen[3] == "decoded"


def test_a_case_is_the_same_each_time_and_its_file_is_kept(images, tmp_path):
    files = images.sound_files()
    assert images.damaged(files, 0, 17) == images.damaged(files, 0, 17)
    assert images.damaged(files, 0, 17)[1] != images.damaged(files, 1, 17)[1]
    kind, content = images.damaged(files, 0, 17)
    assert images._keep(tmp_path, 0, 17).read_bytes() == content
    assert kind == images.FORMATS[17 % len(images.FORMATS)]


def test_what_is_not_one_line_is_a_fault(images, monkeypatch):
    from photochrom.photos import DamagedPhoto

    def fail(error):
        def open_pages(*_, **__):
            raise error

        monkeypatch.setattr(images, "open_pages", open_pages)
        return images.outcome_of(b"", 0)

    assert fail(DamagedPhoto("a: two\nlines; of text")).startswith("fault")
    assert fail(KeyError("surprise")).startswith("fault: KeyError")
    assert fail(DamagedPhoto("a: one line; of text")) == "refused, DamagedPhoto"
