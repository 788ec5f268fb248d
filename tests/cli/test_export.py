"""`photochrom export`."""

import pytest


@pytest.fixture
def calls(monkeypatch):
    export = pytest.importorskip("photochrom.training.export", reason="the extra `train` is not installed")
    calls = []
    monkeypatch.setattr(export, "export_run", lambda *run, **rest: calls.append((run, rest)) or {"bytes": 4})
    return calls


def test_a_run_is_handed_on_and_the_report_printed(command, calls, tmp_path):
    words = [tmp_path, "-o", tmp_path / "new.onnx", "--quantize", "--calibration", tmp_path / "photos"]
    words += ["--license", "CC0", "--moderation", "0.25", "--temperature", "0.6"]
    ended = command("export", *words)
    assert (ended.code, ended.out, ended.err) == (0, "bytes: 4\n", "")
    told = {"quantize": True, "calibration": tmp_path / "photos", "license": "CC0", "average": []}
    told |= {"moderation": 0.25, "temperature": 0.6}
    assert calls == [((tmp_path, tmp_path / "new.onnx"), told)]


def test_quantizing_needs_photographs(command, calls, tmp_path):
    ended = command("export", tmp_path, "-o", tmp_path / "new.onnx", "--quantize")
    assert ended.code == 2
    assert "--calibration" in ended.err
    assert calls == []


def test_a_file_that_is_there_is_not_replaced_unasked(command, calls, tmp_path):
    there = tmp_path / "there.onnx"
    there.write_text("mine")
    ended = command("export", tmp_path, "-o", there)
    assert ended.code == 2
    assert "--force" in ended.err
    assert calls == []
    assert command("export", tmp_path, "-o", there, "--force").code == 0


def test_a_folder_that_is_no_run_is_told_in_one_line(command, tmp_path):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    ended = command("export", tmp_path, "-o", tmp_path / "new.onnx")
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "unexpected" not in ended.err
