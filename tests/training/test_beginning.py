"""How a run begins: from fresh weights, from those of another run, or not at all."""

import dataclasses

import pytest
import torch

from photochrom.networks.vgg16 import WeightFileError
from photochrom.training.checkpoint import RunError
from photochrom.training.recipes import smoke
from photochrom.training.settings import SettingsError
from photochrom.training.systems import BuildError
from photochrom.training.train import train


def test_a_run_begins_with_the_weights_of_another(run, photographs, tmp_path):
    still = dataclasses.replace(smoke(), rate=0.0, encoder_rate=0.0)
    begun = train(still, data=[photographs], out=tmp_path / "tuned", start=run.folder)
    for name in ("predict.weight", "head.0.weight", "encoder.blocks.9.expand.conv.weight"):
        torch.testing.assert_close(begun.weights()[name], run.weights()[name], rtol=0, atol=1e-6)
    assert begun.data()["start"]["run"] == run.folder.name


def test_a_run_of_another_system_is_no_beginning_and_nothing_is_written(run, photographs, tmp_path):
    other = dataclasses.replace(smoke(), system="eccv16")
    with pytest.raises(RunError, match="trained lite, not eccv16"):
        train(other, data=[photographs], out=tmp_path / "other", start=run.folder)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"backbone": "lite7"}, BuildError, "lite7"),
        ({"system": "dahl16", "backbone": "vgg16"}, BuildError, "backbone_file=vgg16-397923af.pth"),
        ({"system": "dahl16", "backbone": "vgg16", "backbone_file": "gone.pth"}, WeightFileError, r"gone\.pth"),
        (
            {"system": "dahl16", "backbone": "vgg16", "backbone_file": "random"},
            SettingsError,
            "frozen_blocks=3.*set it 0",
        ),
    ],
)
def test_what_cannot_be_built_is_refused_before_anything_is_written(changes, error, says, photographs, tmp_path):
    settings = dataclasses.replace(smoke(), **changes)
    with pytest.raises(error, match=says):
        train(settings, data=[photographs], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
