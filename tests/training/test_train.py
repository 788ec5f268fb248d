"""The loop: it learns, leaves a whole run, and goes on after a stop as if there had been none."""

import dataclasses
import json
import signal

import pytest
import torch

from photochrom.training.checkpoint import Run, RunError
from photochrom.training.recipes import smoke
from photochrom.training.train import (
    StopSignal,
    build_optimizer,
    freeze,
    schedule,
    set_training_mode,
    train,
    update_average,
)


def test_a_run_leaves_settings_prior_weights_metrics_and_a_sheet(run):
    names = {path.name for path in run.folder.iterdir()}
    assert {"settings.json", "prior.npy", "data.json", "weights.safetensors", "state.pt", "metrics.jsonl"} <= names
    assert list((run.folder / "samples").glob("*.png"))
    records = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [1, 2, 3, 4, 4]
    assert "validation" in records[-1]
    assert run.prior().sum() == pytest.approx(1)


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(photographs, tmp_path, monkeypatch):
    settings = dataclasses.replace(smoke(), precision="32-true")
    whole = train(settings, data=[photographs], out=tmp_path / "whole")

    class StopAfterTwoSteps:
        def __init__(self):
            self.questions = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        @property
        def asked(self):
            self.questions += 1
            return self.questions > 2

    with monkeypatch.context() as patched:
        patched.setitem(train.__globals__, "StopSignal", StopAfterTwoSteps)
        stopped = train(settings, data=[photographs], out=tmp_path / "stopped")
    assert stopped.state()["step"] == 2
    resumed = train(settings, data=[photographs], out=tmp_path / "stopped", resume=True)
    assert resumed.state()["step"] == 4
    for name, value in whole.weights().items():
        torch.testing.assert_close(resumed.weights()[name], value, rtol=0, atol=0)


def test_ctrl_c_asks_to_stop_after_the_step_and_is_given_back_afterwards():
    usual = signal.getsignal(signal.SIGINT)
    with StopSignal() as stopping:
        assert not stopping.asked
        signal.raise_signal(signal.SIGINT)
        assert stopping.asked
    assert signal.getsignal(signal.SIGINT) is usual


def test_a_folder_with_a_run_is_not_trained_over(run, photographs):
    before = (run.folder / "weights.safetensors").read_bytes()
    with pytest.raises(RunError, match="resume"):
        train(smoke(), data=[photographs], out=run.folder)
    assert (run.folder / "weights.safetensors").read_bytes() == before


def test_a_run_begins_with_the_weights_of_another(run, photographs, tmp_path):
    still = dataclasses.replace(smoke(), rate=0.0, encoder_rate=0.0)
    begun = train(still, data=[photographs], out=tmp_path / "tuned", start=run.folder)
    for name in ("predict.weight", "head.0.weight", "encoder.blocks.9.expand.conv.weight"):
        torch.testing.assert_close(begun.weights()[name], run.weights()[name], rtol=0, atol=1e-6)
    assert begun.data()["start"]["run"] == run.folder.name


def test_a_run_of_another_system_is_no_beginning(run, photographs, tmp_path):
    other = dataclasses.replace(smoke(), system="eccv16")
    with pytest.raises(RunError, match="trained lite, not eccv16"):
        train(other, data=[photographs], out=tmp_path / "other", start=run.folder)


def test_resuming_nothing_is_refused(photographs, tmp_path):
    with pytest.raises(RunError, match="no run"):
        train(smoke(), data=[photographs], out=tmp_path / "nothing", resume=True)


def test_the_rate_warms_up_and_then_falls_to_its_last_share():
    settings = dataclasses.replace(smoke(), steps=1000, warmup_steps=10, final_rate=0.01)
    assert schedule(0, 0.0, settings) == pytest.approx(0.1)
    assert schedule(500, 0.5, settings) == pytest.approx(0.505)
    assert schedule(1000, 1.0, settings) == pytest.approx(0.01)


def test_averaged_weights_follow_the_decay():
    average = {"w": torch.zeros(2), "count": torch.tensor(0)}
    update_average(average, {"w": torch.ones(2), "count": torch.tensor(5)}, 0.75)
    assert average["w"].tolist() == [0.25, 0.25]
    assert average["count"] == 5


def test_frozen_blocks_take_no_gradient_and_encoder_statistics_stay():
    from photochrom.networks.lite import Lite

    network = Lite()
    freeze(network, 3)
    set_training_mode(network)
    assert not any(value.requires_grad for value in network.encoder.blocks[2].parameters())
    assert all(value.requires_grad for value in network.encoder.blocks[3].parameters())
    assert not network.encoder.blocks[5].depthwise.norm.training
    assert network.head[1].training
    rates = {(group["peak"], group["weight_decay"] > 0) for group in build_optimizer(network, smoke()).param_groups}
    assert rates == {(4e-4, True), (4e-4, False), (2e-3, True), (2e-3, False)}


def test_the_state_on_disk_holds_no_code(run):
    assert Run(run.folder).state() is not None  # torch.load(weights_only=True) refuses anything but plain values
