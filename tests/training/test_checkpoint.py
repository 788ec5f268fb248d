"""A run on disk appears whole or not at all."""

import numpy as np
import pytest
import torch

from photochrom.training.checkpoint import Run, RunError, write_whole
from photochrom.training.settings import Settings

PRIOR = np.full(313, 1 / 313)
PHOTOGRAPHS = np.full((2, 1, 32, 32), 37.5, np.float32)


def test_what_is_written_is_read_back(tmp_path):
    run = Run(tmp_path / "run")
    run.begin(Settings(system="lite", steps=1000, seed=4), PRIOR, {"photographs": 3}, PHOTOGRAPHS)
    run.save({"w": torch.arange(3.0)}, {"step": 7, "network": {"w": torch.ones(2)}})
    assert run.settings().seed == 4
    assert run.data() == {"photographs": 3}
    np.testing.assert_array_equal(run.prior(), PRIOR)
    np.testing.assert_array_equal(run.photographs(), PHOTOGRAPHS)
    assert run.weights()["w"].tolist() == [0, 1, 2]
    assert run.state()["step"] == 7


def test_a_folder_with_a_run_is_not_begun_again(tmp_path):
    Run(tmp_path).begin(Settings(system="lite", steps=1000), PRIOR, {}, PHOTOGRAPHS)
    with pytest.raises(RunError, match="--resume"):
        Run(tmp_path).begin(Settings(system="lite", steps=1000), PRIOR, {}, PHOTOGRAPHS)


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
