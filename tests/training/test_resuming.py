"""What may go on, and what is a new run. The rest is tested with the whole loop, in test_train."""

import dataclasses

import numpy as np
import pytest

from photochrom.training.checkpoint import Run, RunError
from photochrom.training.resuming import check_as_begun, check_same_photographs, check_start
from photochrom.training.settings import Settings

SETTINGS = Settings(system="lite", steps=1000)
DATA = {"sources": ["a.parquet"], "photographs": 5, "sha256": "aa", "minutes": 30.0, "start": {"run": "first"}}


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "run")
    run.begin(SETTINGS, np.full(313, 1 / 313), DATA, np.zeros((1, 1, 32, 32), np.float32))
    run.save({}, {}, step=3)
    return run


def test_what_is_as_begun_may_go_on(run, tmp_path):
    check_as_begun(run, SETTINGS, minutes=None, start=None)
    check_as_begun(run, SETTINGS, minutes=30.0, start=tmp_path / "first")
    check_same_photographs(run, {"sha256": "aa"})


def test_what_changes_no_figure_may_change(run):
    check_as_begun(run, dataclasses.replace(SETTINGS, keep_last=1, checkpoint_minutes=60.0), minutes=None, start=None)


def test_every_difference_is_named_with_both_values(run, tmp_path):
    other = dataclasses.replace(SETTINGS, rate=0.5, batch=8)
    with pytest.raises(RunError) as told:
        check_as_begun(run, other, minutes=10.0, start=tmp_path / "second")
    for words in (
        "batch was 32, is 8",
        "rate was 0.002, is 0.5",
        "minutes was 30.0, is 10",
        "start was first, is second",
    ):
        assert words in str(told.value)
    assert "--start" in str(told.value)


def test_a_run_without_a_checkpoint_needs_its_beginning_again(tmp_path):
    run = Run(tmp_path / "run")
    run.begin(SETTINGS, np.full(313, 1 / 313), DATA, np.zeros((1, 1, 32, 32), np.float32))
    with pytest.raises(RunError, match="name it again with --start"):
        check_as_begun(run, SETTINGS, minutes=None, start=None)
    check_as_begun(run, SETTINGS, minutes=None, start=tmp_path / "first")


def test_a_run_of_an_earlier_version_is_told_what_to_do(tmp_path):
    run = Run(tmp_path / "run")
    run.begin(SETTINGS, np.full(313, 1 / 313), {}, np.zeros((1, 1, 32, 32), np.float32))
    (run.folder / "state.pt").write_bytes(b"")
    with pytest.raises(RunError, match=r"earlier version.*--start"):
        check_as_begun(run, SETTINGS, minutes=None, start=None)


def test_a_run_on_another_backbone_is_no_beginning(run):
    check_start(run, SETTINGS)
    with pytest.raises(RunError, match="trained lite, not lite on lite2"):
        check_start(run, dataclasses.replace(SETTINGS, backbone="lite2"))
