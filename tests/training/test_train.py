"""The loop: it learns, leaves a whole run, and goes on after any end as if there had been none."""

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from photochrom.data.locations import DataError
from photochrom.training.checkpoint import Run, RunError
from photochrom.training.journal import LossError, Window
from photochrom.training.objectives import Classification
from photochrom.training.recipes import larsson16, lite_full, lite_l2, smoke
from photochrom.training.stopping import TrainingStopped
from photochrom.training.train import train

TEN = {"steps": 10, "precision": "32-true", "checkpoint_minutes": 0.02, "seed": 5}


def losses(run):
    """The loss of every step in the log; log_every is 1."""
    records = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    return {record["step"]: record["loss"] for record in records if "loss" in record}


def validations(run):
    records = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    return [record for record in records if "validation" in record]


def words(settings):
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture
def one_thread():
    """As many threads as the processes of `training_process` have: sums are then added up in the same order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def training_process(photographs):
    """training_process(out, *words) -> Popen of the command on the eight pictures."""
    processes = []

    def begin(out, *more):
        line = [sys.executable, "-m", "photochrom", "train", "smoke", "--data", photographs, "--out", out, *more]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [str(word) for word in line], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def wait_for_steps(process, run, count):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        path = run.folder / "metrics.jsonl"
        if path.exists() and len(path.read_text().splitlines()) >= count:
            return
        time.sleep(0.005)
    raise AssertionError(f"ended or hung before {count} steps: {process.communicate(timeout=5)}")


@pytest.fixture(scope="module")
def ten(photographs, tmp_path_factory):
    """Ten steps without an interruption, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    settings = dataclasses.replace(smoke(), **TEN)
    run = train(settings, data=[photographs], out=tmp_path_factory.mktemp("runs") / "ten", accelerator="cpu")
    torch.set_num_threads(before)
    return settings, run


def test_a_run_leaves_settings_prior_checkpoint_metrics_and_a_sheet(run):
    names = {path.name for path in run.folder.iterdir()}
    assert {"settings.json", "prior.npy", "data.json", "checkpoints", "metrics.jsonl", "best.json"} <= names
    assert list((run.folder / "samples").glob("*.png"))
    assert list(losses(run)) == [1, 2, 3, 4]
    assert [record["step"] for record in validations(run)] == [4]
    assert run.prior().sum() == pytest.approx(1)
    assert run.finished()


def test_it_learns_the_colors_of_a_few_photographs(photographs, tmp_path):
    settings = dataclasses.replace(smoke(), steps=30, batch=8, smallest_region=1.0, final_region=1.0, tone_jitter=0.0)
    seen = list(losses(train(settings, data=[photographs], out=tmp_path / "run")).values())
    assert settings.precision == "bf16-mixed"
    assert sum(seen[-5:]) < 0.9 * sum(seen[:5])


@pytest.mark.parametrize("recipe", [lite_full, lite_l2, larsson16])
def test_half_precision_is_the_networks_alone_and_asks_for_the_same_colors(recipe, photographs, tmp_path):
    """Fabric once rounded ab to bfloat16 on its way to the loss, which made other bins of it."""
    settings = dataclasses.replace(smoke(recipe), steps=1, warmup_steps=0)
    first = [
        losses(train(dataclasses.replace(settings, precision=precision), data=[photographs], out=tmp_path / precision))
        for precision in ("32-true", "bf16-mixed")
    ]
    assert first[1][1] == pytest.approx(first[0][1], rel=0.01)


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGKILL, signal.SIGINT))],
)
@pytest.mark.usefixtures("one_thread")
def test_a_run_that_a_signal_ended_goes_on_to_the_same_losses_bit_for_bit(
    number, ten, photographs, training_process, tmp_path
):
    settings, whole = ten
    run = Run(tmp_path / "stopped")
    process = training_process(run.folder, *words(TEN), "--accelerator", "cpu")
    wait_for_steps(process, run, random.Random(number).randint(2, 5))
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert not run.finished()
    if number != signal.SIGKILL:
        assert "--resume" in err
        assert run.state()["step"] == max(losses(run))
    train(settings, data=[photographs], out=run.folder, resume=True, accelerator="cpu")
    assert losses(run) == losses(whole)
    for name, value in whole.weights().items():
        assert torch.equal(run.weights()[name], value), name
    assert run.finished()


def train_alone_and_by_two(settings, photographs, training_process, tmp_path):
    """The same run by one process in this one, and by two with half the batch each."""
    alone = train(dataclasses.replace(smoke(), **settings), data=[photographs], out=tmp_path / "1", accelerator="cpu")
    process = training_process(tmp_path / "2", *words(settings), "--accelerator", "cpu", "--devices", 2)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return alone, Run(tmp_path / "2")


def largest_difference(one, other):
    """Of any weight or batch statistic, in the trained network and in the averaged one."""
    first, second = one.state(), other.state()
    return max(
        float((value.double() - second[kind][name].double()).abs().max())
        for kind in ("network", "average")
        for name, value in first[kind].items()
    )


@pytest.mark.usefixtures("one_thread")
def test_two_processes_with_half_the_batch_each_train_as_one(photographs, training_process, tmp_path):
    """In 64 bits, where only a mistake could show: in 32, Adam makes a whole step of a gradient that is rounding."""
    settings = {"steps": 3, "precision": "64-true"}
    assert largest_difference(*train_alone_and_by_two(settings, photographs, training_process, tmp_path)) < 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_processes_have_the_same_weights_after_twenty_steps(photographs, training_process, tmp_path):
    settings = {"steps": 20, "precision": "64-true"}
    assert largest_difference(*train_alone_and_by_two(settings, photographs, training_process, tmp_path)) < 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_processes_have_the_same_losses_in_32_bits(photographs, training_process, tmp_path):
    settings = {"steps": 20, "precision": "32-true"}
    alone, two = train_alone_and_by_two(settings, photographs, training_process, tmp_path)
    assert losses(two) == pytest.approx(losses(alone), rel=1e-4)


def test_a_finished_run_is_left_as_it_is(run, photographs):
    before = (run.folder / "metrics.jsonl").read_bytes()
    assert train(smoke(), data=[photographs], out=run.folder, resume=True) == run
    assert (run.folder / "metrics.jsonl").read_bytes() == before


def test_a_run_ends_when_its_time_is_over_and_goes_on_with_the_same_limit(photographs, tmp_path):
    settings = dataclasses.replace(smoke(), steps=100_000, warmup_steps=1)
    run = train(settings, data=[photographs], out=tmp_path / "run", minutes=0.01)
    assert run.finished()
    assert 1 <= run.state()["step"] < 1000
    assert run.data()["minutes"] == 0.01


def test_a_folder_with_a_run_is_not_trained_over(run, photographs):
    before = run.weights()
    with pytest.raises(RunError, match="resume"):
        train(smoke(), data=[photographs], out=run.folder)
    assert all(torch.equal(value, before[name]) for name, value in run.weights().items())


def test_a_run_keeps_batch_statistics_by_its_momentum(photographs, tmp_path):
    """At rates of 0 no weight moves, so the statistics of two steps are a mix of those of each, in shares known."""
    still = dataclasses.replace(smoke(), rate=0.0, encoder_rate=0.0, precision="32-true", norm_momentum=0.25)
    name, means = "head.1.running_mean", {}
    for steps, momentum in ((2, 0.25), (2, 1.0)):
        settings = dataclasses.replace(still, steps=steps, norm_momentum=momentum, warmup_steps=1)
        run = train(settings, data=[photographs], out=tmp_path / f"{steps}-{momentum}")
        means[momentum] = run.state()["network"][name]
    settings = dataclasses.replace(still, steps=1, warmup_steps=0, final_share=0.0)
    first = train(settings, data=[photographs], out=tmp_path / "first").state()["network"][name]
    torch.testing.assert_close(means[0.25], (0.75 * first + means[1.0]) / 1.75, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_compiled_network_learns_what_the_plain_one_does(photographs, tmp_path, monkeypatch):
    """Traced and split into forward and backward, but without the C++ compiler, which takes minutes."""
    compiled, compile_it = [], nn.Module.compile

    def without_code(network):
        compiled.append(network)
        compile_it(network, backend="aot_eager")

    monkeypatch.setattr(nn.Module, "compile", without_code)
    settings = dataclasses.replace(smoke(), precision="32-true", steps=2)
    plain = train(settings, data=[photographs], out=tmp_path / "plain")
    assert compiled == []
    run = train(dataclasses.replace(settings, compile=True), data=[photographs], out=tmp_path / "compiled")
    assert len(compiled) == 1
    assert losses(run) == pytest.approx(losses(plain), rel=1e-3)
    assert list(run.weights()) == list(plain.weights())


def test_resuming_nothing_is_refused(photographs, tmp_path):
    with pytest.raises(RunError, match="no run"):
        train(smoke(), data=[photographs], out=tmp_path / "nothing", resume=True)


@pytest.fixture
def stopped(photographs, tmp_path, monkeypatch):
    """A run of eight steps that SIGTERM stopped after four, with a checkpoint after each; and its settings."""
    settings = dataclasses.replace(smoke(), steps=8, precision="32-true", checkpoint_minutes=0.0)
    run, add = Run(tmp_path / "stopped"), Window.add

    def add_and_stop(window, *step):
        add(window, *step)
        if window.step == 4:
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Window, "add", add_and_stop)
        with pytest.raises(TrainingStopped, match="SIGTERM: stopped after step 4") as told:
            train(settings, data=[photographs], out=run.folder)
    assert told.value.signal == signal.SIGTERM
    return settings, run


def test_the_last_checkpoints_and_the_best_are_kept(stopped):
    _, run = stopped
    steps = {int(place.name.removeprefix("step-")) for place in run.checkpoints()}
    assert steps == {3, 4, run.best()["step"]}
    by_step = {record["step"]: record["validation"]["loss"] for record in validations(run)}
    assert run.best()["loss"] == min(by_step.values()) == by_step[run.best()["step"]]


@pytest.mark.parametrize(
    ("changes", "says"), [({"rate": 1e-4}, "rate was 0.002, is 0.0001"), ({"seed": 9}, "seed was 0, is 9")]
)
def test_other_settings_are_refused_when_resuming(stopped, photographs, changes, says):
    settings, run = stopped
    with pytest.raises(RunError, match=says):
        train(dataclasses.replace(settings, **changes), data=[photographs], out=run.folder, resume=True)
    assert run.state()["step"] == 4


def test_another_length_is_refused_when_resuming(stopped, photographs):
    settings, run = stopped
    with pytest.raises(RunError, match="minutes was None, is 5"):
        train(settings, data=[photographs], out=run.folder, resume=True, minutes=5)


def test_other_photographs_are_refused_when_resuming(stopped, photographs, tmp_path):
    settings, run = stopped
    shutil.copytree(photographs, tmp_path / "fewer")
    (tmp_path / "fewer" / "3.png").unlink()
    with pytest.raises(RunError, match="photographs are not those"):
        train(settings, data=[tmp_path / "fewer"], out=run.folder, resume=True)
    assert run.state()["step"] == 4


def test_a_missing_shard_is_named_and_the_checkpoint_stays(stopped, tmp_path):
    settings, run = stopped
    with pytest.raises(DataError, match=r"gone\.parquet"):
        train(settings, data=[tmp_path / "gone.parquet"], out=run.folder, resume=True)
    assert run.state()["step"] == 4


def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, photographs, tmp_path, caplog):
    settings, run = stopped
    whole = train(settings, data=[photographs], out=tmp_path / "whole")
    file = run.folder / "checkpoints" / "step-0000004" / "network.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    train(settings, data=[photographs], out=run.folder, resume=True)
    assert "step-0000004 is damaged (network.safetensors" in caplog.text
    assert losses(run) == losses(whole)


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(stopped, photographs):
    """A limit on file sizes stands for the full disk: the system refuses to write on in the middle of the weights."""
    resource = pytest.importorskip("resource", reason="limits on file sizes are a thing of Unix")
    settings, run = stopped
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(RunError, match=r"no room to write.*--resume"):
            train(settings, data=[photographs], out=run.folder, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert run.state()["step"] == 4
    assert not list(run.folder.rglob("*.partial"))
    train(settings, data=[photographs], out=run.folder, resume=True)
    assert run.finished()


def test_a_loss_that_is_no_number_stops_the_run_before_it_is_saved(photographs, tmp_path, monkeypatch):
    settings = dataclasses.replace(smoke(), steps=8, checkpoint_minutes=0.0)
    run, asked, loss = Run(tmp_path / "run"), [], Classification.loss

    def third_is_no_number(objective, output, lightness, ab):
        value = loss(objective, output, lightness, ab)
        asked.extend([1] if value.requires_grad else [])
        return value * float("nan") if len(asked) == 3 and value.requires_grad else value

    monkeypatch.setattr(Classification, "loss", third_is_no_number)
    with pytest.raises(LossError, match=r"loss of step 3 is nan.*step-0000002 is whole.*--start.*rate=0\.001"):
        train(settings, data=[photographs], out=run.folder)
    assert run.state()["step"] == 2
    assert all(torch.isfinite(value).all() for value in run.weights().values())


def test_a_rate_far_too_high_is_told(photographs, tmp_path):
    wild = dataclasses.replace(smoke(), steps=50, precision="32-true", rate=1e30, clip_norm=0.0)
    with pytest.raises(LossError, match="begin with --set rate="):
        train(wild, data=[photographs], out=tmp_path / "run")


def test_damaged_photographs_above_the_share_stop_the_run_and_are_named(photographs, tmp_path):
    shutil.copytree(photographs, tmp_path / "mixed")
    (tmp_path / "mixed" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png"):
        train(smoke(), data=[tmp_path / "mixed"], out=tmp_path / "run")
    generous = dataclasses.replace(smoke(), unreadable_share=0.2)
    run = train(generous, data=[tmp_path / "mixed"], out=tmp_path / "generous")
    assert run.data()["unreadable"] == 1
    assert "broken.png" in (run.folder / "unreadable.jsonl").read_text()


def test_photographs_may_stay_on_the_device(photographs, tmp_path):
    settings = dataclasses.replace(smoke(), cache="device", precision="32-true")
    near = train(dataclasses.replace(settings, cache="memory"), data=[photographs], out=tmp_path / "memory")
    run = train(settings, data=[photographs], out=tmp_path / "device")
    assert losses(run)[1] == pytest.approx(losses(near)[1], rel=0.02)  # the two resamplers round differently
