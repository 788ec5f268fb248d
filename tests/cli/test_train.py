"""`photochrom train` and `photochrom export`: what they hand to the rooms, and what they refuse."""

import sys

import pytest


@pytest.fixture
def without_torch(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("photochrom.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture
def calls(monkeypatch):
    """Calls that reach the room `training`, which does nothing here."""
    # By name, because a package may offer a function under its module's name.
    train = pytest.importorskip("photochrom.training.train", reason="the extra `train` is not installed")
    export = pytest.importorskip("photochrom.training.export", reason="the extra `train` is not installed")
    calls = []
    monkeypatch.setattr(train, "train", lambda settings, **rest: calls.append((settings, rest)))
    monkeypatch.setattr(export, "export_run", lambda *run, **rest: calls.append((run, rest)) or {"bytes": 4})
    return calls


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize("words", ["train smoke --data d --out r", "export r -o new.onnx"])
def test_without_torch_the_line_to_type_is_given(command, words):
    ended = command(*words.split())
    assert ended.code == 2
    assert "torch" in ended.err
    assert "pip install 'photochrom[train]'" in ended.err
    assert ended.err.count("\n") == 1


def test_a_recipe_is_changed_and_handed_on(command, calls, tmp_path):
    from photochrom.training.recipes import RECIPES

    words = ["--data", tmp_path, "--data", tmp_path / "more", "--out", tmp_path / "run", "--minutes", 2.5]
    ended = command("train", "smoke", *words, "--set", "seed=7", "--resume")
    assert (ended.code, ended.err) == (0, "")
    [(settings, rest)] = calls
    assert settings.seed == 7
    assert settings.system == RECIPES["smoke"]().system
    assert rest == {
        "data": [tmp_path, tmp_path / "more"],
        "out": tmp_path / "run",
        "validation": None,
        "minutes": 2.5,
        "resume": True,
        "start": None,
    }


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such-recipe"], "smoke"),
        (["smoke", "--set", "sead=7"], "sead"),
        (["smoke", "--set", "seed=seven"], "seven"),
        (["smoke", "--minutes", "0"], "minutes"),
        (["smoke", "--minutes", "nan"], "minutes"),
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
