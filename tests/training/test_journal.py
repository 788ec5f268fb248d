"""What a run tells: losses that wait for the device, and warnings that a person sees."""

import json
import math

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from photochrom.training.checkpoint import Run
from photochrom.training.journal import Journal, LossError, Window
from photochrom.training.objectives import Regression
from photochrom.training.settings import Settings
from photochrom.training.validation import Validator


class Brown(nn.Module):
    """The color of old postcards, everywhere."""

    def __init__(self):
        super().__init__()
        self.ab = nn.Parameter(torch.tensor([8.0, 25.0]) / 110)

    def forward(self, lightness):
        count, _, height, width = lightness.shape
        return self.ab[None, :, None, None].expand(count, 2, height // 4, width // 4)


@pytest.fixture
def validator():
    squares = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8))
    objective = Regression(np.empty(0), Settings(system="lite", steps=1000), torch.device("cpu"))
    return Validator(squares, objective=objective, target="mean", device=torch.device("cpu"))


@pytest.fixture
def fabric():
    return Fabric(accelerator="cpu", devices=1)


def test_a_window_gives_the_mean_loss_and_norm_and_begins_anew(fabric):
    window = Window(10, [4.0])  # a window that a checkpoint interrupted after one step
    window.add(torch.tensor(2.0), torch.tensor(1.0), photographs=8)
    window.add(torch.tensor(3.0), torch.tensor(2.0), photographs=8)
    window.settle(fabric)
    figures = window.close()
    assert figures["loss"] == 3.0
    assert figures["grad_norm"] == 1.5
    assert figures["photos_per_second"] > 0
    assert (window.step, window.losses) == (12, [])


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (2.0, math.inf), (2.0, math.nan)])
def test_the_step_whose_loss_or_gradient_is_no_number_is_named(fabric, loss, norm):
    window = Window(10, [])
    window.add(torch.tensor(2.0), torch.tensor(1.0), photographs=8)
    window.add(torch.tensor(loss), torch.tensor(norm), photographs=8)
    with pytest.raises(LossError, match="step 12"):
        window.settle(fabric)


@pytest.mark.parametrize(("done", "warned"), [(0.02, False), (0.5, True)])
def test_collapsed_colors_are_logged_and_warned_of_once_the_run_is_under_way(validator, tmp_path, capsys, done, warned):
    journal = Journal(Run(tmp_path), speaks=True)
    journal.validate(validator, Brown(), 300, 60.0, done)
    record = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert record["step"] == 300
    assert "one hue" in record["collapse"]
    assert ("collapsed" in capsys.readouterr().err) == warned
    assert (tmp_path / "samples" / "step-0000300.png").exists()


def test_other_processes_than_the_first_keep_quiet(tmp_path, capsys):
    journal = Journal(Run(tmp_path), speaks=False)
    journal.begin("lite", 0)
    journal.steps({"loss": 1.0, "photos_per_second": 5.0}, step=20, spent=3.0, done=0.1, left=4.0)
    journal.end()
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []
