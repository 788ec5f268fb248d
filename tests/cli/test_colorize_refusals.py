"""What `photochrom colorize` does not color: one line that says what to do, and nothing left behind."""

import json

import numpy as np
import pytest
import skimage.data
from PIL import Image


def jpeg(tmp_path, name="whole.jpg"):
    path = tmp_path / name
    Image.fromarray(np.ascontiguousarray(skimage.data.astronaut())).save(path)
    return path


def empty(folder):
    (folder / "bad.jpg").write_bytes(b"")


def text(folder):
    (folder / "bad.jpg").write_text("Dear diary, today I renamed a file.\n")


def truncated(folder):
    whole = jpeg(folder).read_bytes()
    (folder / "whole.jpg").unlink()
    (folder / "bad.jpg").write_bytes(whole[: len(whole) // 2])


def animation(folder):
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "green", "blue")]
    frames[0].save(folder / "bad.jpg", format="GIF", save_all=True, append_images=frames[1:])


def directory(folder):
    (folder / "bad.jpg").mkdir()


def missing(folder):
    pass


@pytest.mark.parametrize("make", [empty, text, truncated, animation, directory, missing])
def test_what_is_no_photograph_ends_in_one_line_and_leaves_nothing(color, tmp_path, make, files_in):
    folder = tmp_path / "album"
    folder.mkdir()
    make(folder)
    before = files_in(tmp_path)
    ended = color(folder / "bad.jpg")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert ended.err.startswith(f"photochrom: {folder / 'bad.jpg'}: ")
    assert ended.err.count("bad.jpg") == 1  # named once
    assert "unexpected" not in ended.err
    assert ";" in ended.err  # what is wrong; what to do
    assert files_in(tmp_path) == before


def test_a_picture_over_the_limit_is_refused(color, photo, files_in):
    before = files_in(photo.parent)
    ended = color(photo, "--max-megapixels", 0.01)
    assert ended.code == 1
    assert "limit" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before
    assert color(photo, "--max-megapixels", 0.02).code == 0


@pytest.mark.parametrize("temperature", ["0", "7", "-1", "nan", "inf"])
def test_a_temperature_outside_0_to_1_is_refused_before_anything_is_done(color, photo, temperature, files_in):
    before = files_in(photo.parent)
    ended = color(photo, "--temperature", temperature)
    assert (ended.code, ended.out) == (2, "")
    assert "temperature must be above 0 and at most 1" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


def test_weights_that_are_missing_corrupt_or_no_network_are_refused_before_anything_is_done(
    command, photo, tmp_path, files_in
):
    text_file = tmp_path / "text.onnx"
    text_file.write_text("<html>Quota exceeded</html>")
    before = files_in(photo.parent)
    for model in ("no-such-name", tmp_path / "gone.onnx", text_file, tmp_path):
        ended = command("colorize", photo, "--model", model)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert "unexpected" not in ended.err
        assert files_in(photo.parent) == before


def test_named_weights_with_another_hash_are_refused(command, photo, tmp_path, monkeypatch, tiny_model, files_in):
    from photochrom.inference import weights

    entry = {"name": "lite", "file": "lite.onnx", "sha256": "0" * 64, "size": 1, "license": "CC0-1.0", "system": "lite"}
    (tmp_path / "registry.json").write_text(json.dumps({"format": 1, "models": [entry]}))
    (tmp_path / "lite.onnx").write_bytes(tiny_model.read_bytes())
    monkeypatch.setattr(weights, "EMBEDDED", tmp_path)
    weights.registry.cache_clear()
    before = files_in(photo.parent)
    ended = command("colorize", photo)
    weights.registry.cache_clear()
    assert ended.code == 2
    assert "damaged" in ended.err
    assert "reinstall" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


def test_one_file_for_several_photographs_is_a_usage_error(color, photo, tmp_path):
    ended = color(photo, photo, "-o", tmp_path / "one.jpg")
    assert ended.code == 2
    assert "folder" in ended.err


def test_a_format_that_cannot_be_written_is_a_usage_error(color, photo, tmp_path):
    ended = color(photo, "-o", tmp_path / "new.bmp")
    assert ended.code == 2
    assert ".png" in ended.err
    assert not (tmp_path / "new.bmp").exists()


@pytest.mark.parametrize("words", [[], ["--no-such-option"], ["--quality", "0"], ["--quality", "many"], ["-t"]])
def test_words_that_are_not_understood_are_a_usage_error_in_one_line(command, photo, words):
    ended = command("colorize", *([photo] if words else []), *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "--help` explains" in ended.err


def test_an_error_nobody_foresaw_is_one_line_with_its_traceback_on_request(color, photo, monkeypatch):
    def break_down(*_, **__):
        raise ZeroDivisionError("in a\nfar corner")

    monkeypatch.setattr("photochrom.inference.predictor.Predictor.predict_ab", break_down)
    ended = color(photo)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "ZeroDivisionError: in a far corner" in ended.err
    assert "PHOTOCHROM_DEBUG" in ended.err
    monkeypatch.setenv("PHOTOCHROM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        color(photo)
