"""Photographs that crash, never end or take all memory cost themselves alone."""

import sys
import time
from pathlib import Path

import pytest

from photochrom.archive import ArchiveError, ColorizeBatch, Limits


@pytest.fixture
def faulty_batch(options, faulty):
    made = []

    def make(**limits):
        made.append(ColorizeBatch(options, limits=Limits(**{"seconds": 60.0, **limits}), at_once=2, program=faulty))
        return made[-1]

    yield make
    for batch in made:
        batch.close()


def test_a_crash_is_named_and_those_beside_it_are_colored(faulty_batch, with_fault, picture):
    batch = faulty_batch()
    contents = [picture(1), with_fault(2, "crash"), picture(3), picture(4)]
    result = batch({"path": [f"{number}.jpg" for number in range(1, 5)], "bytes": contents})
    assert result["state"].tolist() == ["colored", "failed", "colored", "colored"]
    assert "SIGSEGV" in result["error"][1]
    assert "alone in a process of its own too" in result["error"][1]
    healthy = ColorizeBatch(batch._settings.options)
    assert result["bytes"][2] == healthy.color("3.jpg", contents[2]).content
    healthy.close()


def test_one_that_never_ends_is_given_up_after_its_time(faulty_batch, with_fault, picture):
    batch = faulty_batch(seconds=2.0)
    assert batch.color("0.jpg", picture(0)).error is None
    start = time.monotonic()
    assert "it took longer than 2 seconds" in batch.color("1.jpg", with_fault(1, "endless")).error
    assert time.monotonic() - start >= 4  # in company, and alone
    assert batch.color("2.jpg", picture(2)).state == "colored"


def test_one_that_takes_all_memory_meets_the_limit(faulty_batch, with_fault, picture):
    batch = faulty_batch(memory=1.0)
    assert "not enough memory in 1 GiB" in batch.color("1.jpg", with_fault(1, "memory")).error
    assert batch.color("2.jpg", picture(2)).state == "colored"


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "told"), [("exit", "exit code 3"), ("killed", "as it does when memory runs out")])
def test_other_ends_are_told_by_what_is_known_of_them(faulty_batch, with_fault, fault, told):
    assert told in faulty_batch().color("1.jpg", with_fault(1, fault)).error


def test_a_process_that_cannot_start_ends_the_batch_rather_than_every_photograph(options, picture):
    batch = ColorizeBatch(options, program=(sys.executable, "-c", "raise SystemExit(9)"))
    with pytest.raises(ArchiveError, match=r"not ready: .*exit code 9"):
        batch.color("1.jpg", picture(1))


def test_the_process_ends_when_whoever_started_it_is_killed(options, picture, tmp_path):
    import os
    import signal
    import subprocess

    (tmp_path / "old.jpg").write_bytes(picture(1))
    code = f"""
import sys, time
from pathlib import Path
from photochrom.archive import ColorizeBatch
from photochrom.inference import Options
batch = ColorizeBatch(Options(model={str(options.model)!r}))
assert batch.color("old.jpg", Path({str(tmp_path / "old.jpg")!r}).read_bytes()).error is None
print(batch._colorizer._shared._process.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 20
    while _is_running(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
