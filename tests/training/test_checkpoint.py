"""A run on disk appears whole or not at all."""

import errno
import json
import os

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from photochrom.training.checkpoint import Run, RunError, write_whole
from photochrom.training.settings import Settings

SETTINGS = Settings(system="lite", steps=1000, seed=4)
PRIOR = np.full(313, 1 / 313)
PHOTOGRAPHS = np.full((2, 1, 32, 32), 37.5, np.float32)


@pytest.fixture
def run(tmp_path):
    """With checkpoints of steps 10 and 20, whose weight is the step."""
    run = Run(tmp_path / "run")
    run.begin(SETTINGS, PRIOR, {"photographs": 3}, PHOTOGRAPHS)
    for step in (10, 20):
        weights = {"w": torch.full((3,), float(step))}
        run.save(weights, {"spent": 1.5}, network={"w": weights["w"] + 1}, step=step)
    return run


def damage(run, step, name):
    path = run.folder / "checkpoints" / f"step-{step:07d}" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_what_is_written_is_read_back(run):
    assert run.settings() == SETTINGS
    assert run.data() == {"photographs": 3}
    np.testing.assert_array_equal(run.prior(), PRIOR)
    np.testing.assert_array_equal(run.photographs(), PHOTOGRAPHS)
    assert run.weights()["w"].tolist() == [20, 20, 20]
    state = run.state()
    assert (state["step"], state["spent"], state["network"]["w"].tolist()) == (20, 1.5, [21, 21, 21])
    assert not run.finished()


def test_settings_that_came_later_have_their_defaults(run):
    path = run.folder / "settings.json"
    known = json.loads(path.read_text())
    del known["gray_limit"], known["compile"], known["optimizer"]
    path.write_text(json.dumps(known))
    assert run.settings() == SETTINGS
    path.write_text(json.dumps(known | {"unheard_of": 1}))
    with pytest.raises(RunError, match="does not fit this version"):
        run.settings()


def test_a_run_of_the_first_version_still_gives_its_weights(tmp_path):
    save_file({"w": torch.ones(2)}, tmp_path / "weights.safetensors")
    assert Run(tmp_path).weights()["w"].tolist() == [1, 1]
    assert Run(tmp_path).state() is None


@pytest.mark.parametrize("name", ["weights.safetensors", "network.safetensors", "state.pt", "sums.json"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning(run, name, caplog):
    if name == "sums.json":
        (run.folder / "checkpoints" / "step-0000020" / name).write_text('{"step": 2')
    else:
        damage(run, 20, name)
    assert run.weights()["w"].tolist() == [10, 10, 10]
    assert run.state()["step"] == 10
    assert "step-0000020 is damaged" in caplog.text


def test_a_missing_file_of_a_checkpoint_counts_as_damage(run):
    (run.folder / "checkpoints" / "step-0000020" / "state.pt").unlink()
    assert run.state()["step"] == 10


def test_a_run_without_any_whole_checkpoint_says_so(run):
    damage(run, 10, "state.pt")
    damage(run, 20, "state.pt")
    with pytest.raises(RunError, match=r"no checkpoint .* is whole"):
        run.state()


def test_the_last_few_and_the_best_are_kept(run):
    run.judge(10, 2.0)
    run.judge(20, 3.0)
    run.judge(20, float("nan"))
    for step in (30, 40, 50):
        run.save({"w": torch.zeros(1)}, {}, step=step, keep_last=2)
        run.judge(step, 4.0)
    assert [place.name for place in run.checkpoints()] == ["step-0000010", "step-0000040", "step-0000050"]
    assert run.best() == {"step": 10, "loss": 2.0}
    assert run.weights(best=True)["w"].tolist() == [10, 10, 10]


def test_going_back_forgets_what_came_later(run):
    run.judge(20, 1.0)
    for step in (9, 10, 11):
        run.log({"step": step, "loss": 0.5})
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 12, "lo')  # killed while it wrote
    run.rewind(10)
    assert [json.loads(line)["step"] for line in (run.folder / "metrics.jsonl").read_text().splitlines()] == [9, 10]
    assert [place.name for place in run.checkpoints()] == ["step-0000010"]
    assert run.best() is None


def test_a_checkpoint_of_the_same_step_is_replaced(run):
    run.save({"w": torch.zeros(3)}, {}, step=20, finished=True)
    assert run.weights()["w"].tolist() == [0, 0, 0]
    assert run.finished()


def test_the_state_on_disk_holds_no_code(run):
    class Code:
        def __reduce__(self):
            return (os.getcwd, ())

    run.save({}, {"evil": Code()}, step=30)
    with pytest.raises(Exception, match="Weights only load failed"):
        run.state()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_checkpoints_there_are_and_no_scraps(run, number, monkeypatch):
    def full(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"no room to write.*--resume"):
        run.save({"w": torch.zeros(3)}, {}, step=30)
    assert run.state()["step"] == 20
    assert {path.name for path in (run.folder / "checkpoints").iterdir()} == {"step-0000010", "step-0000020"}


def test_a_folder_with_a_run_is_not_begun_again(run):
    with pytest.raises(RunError, match="--resume"):
        run.begin(SETTINGS, PRIOR, {}, PHOTOGRAPHS)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "kept.txt"
    file.write_text("old")

    def half(path):
        path.write_text("ne")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_whole(file, half)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_run_says_so(tmp_path):
    with pytest.raises(RunError, match="no run"):
        Run(tmp_path).settings()
    with pytest.raises(RunError, match="--calibration"):
        Run(tmp_path).photographs()
    with pytest.raises(RunError, match="checkpoint"):
        Run(tmp_path).weights()
