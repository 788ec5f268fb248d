"""`photochrom weights`."""

import json

import pytest

from photochrom.inference import registry


def test_the_list_names_every_entry(command):
    ended = command("weights", "list")
    assert ended.code == 0
    for name in registry():
        assert name in ended.out


def test_the_list_as_json_carries_license_and_hash(command):
    rows = json.loads(command("weights", "list", "--json").out)["weights"]
    assert [row["name"] for row in rows] == list(registry())
    for row in rows:
        assert len(row["sha256"]) == 64
        assert row["license"]


def test_a_path_is_printed_once_verified(command, tiny_model):
    ended = command("weights", "path", tiny_model)
    assert (ended.code, ended.out) == (0, f"{tiny_model}\n")


def test_an_unknown_name_has_no_path(command):
    ended = command("weights", "path", "colourful")
    assert ended.code == 2
    assert "colourful" in ended.err
    assert ended.err.count("\n") == 1


def test_importing_a_file_that_is_not_there_is_a_usage_error(command, tmp_path):
    ended = command("weights", "import", tmp_path / "gone.pth", "-o", tmp_path / "new.onnx")
    assert ended.code == 2
    assert "gone.pth" in ended.err


def test_importing_does_not_replace_a_file_unasked(command, tmp_path):
    released, there = tmp_path / "released.pth", tmp_path / "there.onnx"
    released.write_bytes(b"")
    there.write_text("mine")
    ended = command("weights", "import", released, "-o", there)
    assert ended.code == 2
    assert "--force" in ended.err
    assert there.read_text() == "mine"


def test_importing_without_torch_gives_the_line_to_type(command, tmp_path, unimport):
    released = tmp_path / "released.pth"
    released.write_bytes(b"")
    unimport("photochrom.training", without="torch")
    ended = command("weights", "import", released, "-o", tmp_path / "new.onnx")
    assert ended.code == 2
    assert "pip install 'photochrom[train]'" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("choice", ["auto", "folded", "not-folded"])
def test_the_place_of_the_annealed_mean_is_handed_on(command, tmp_path, monkeypatch, choice):
    release = pytest.importorskip("photochrom.training.release", reason="the extra `train` is not installed")
    released = tmp_path / "released.pth"
    released.write_bytes(b"")
    calls = []

    def import_release(pth, out, *, annealed):
        calls.append((pth, out, annealed))
        return {"annealed": annealed}

    monkeypatch.setattr(release, "import_release", import_release)
    ended = command("weights", "import", released, "-o", tmp_path / "new.onnx", "--annealed", choice)
    assert (ended.code, ended.out) == (0, f"annealed: {choice}\n")
    assert calls == [(released, tmp_path / "new.onnx", choice)]


def test_a_file_that_is_not_the_released_network_is_told_in_one_line(command, tmp_path):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    released = tmp_path / "released.pth"
    released.write_text("<html>Google Drive: quota exceeded</html>")
    ended = command("weights", "import", released, "-o", tmp_path / "new.onnx")
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "unexpected" not in ended.err
    assert not (tmp_path / "new.onnx").exists()
