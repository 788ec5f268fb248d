"""`photochrom colorize`: where results go, what is printed, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.color.lab import rgb_to_lightness


def files_in(folder):
    """Every file under a folder with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def color(command, tiny_model):
    """color(photo, ...) is `photochrom colorize` with the tiny network."""
    return lambda *words: command("colorize", *words, "--model", tiny_model)


def test_the_result_lies_beside_the_photograph_under_a_name_of_its_own(color, photo):
    original = photo.read_bytes()
    ended = color(photo)
    result = photo.with_name("old.color.jpg")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{photo} -> {result}\n"
    assert sorted(files_in(photo.parent)) == ["old.color.jpg", "old.jpg"]
    assert photo.read_bytes() == original
    picture = np.asarray(Image.open(result)).astype(int)
    assert picture.shape == (128, 128, 3)
    assert np.abs(picture[..., 0] - picture[..., 2]).max() > 20  # it has color


def test_a_lossless_result_keeps_the_lightness(color, astronaut, tmp_path):
    path = tmp_path / "old.png"
    Image.fromarray(astronaut).save(path)
    assert color(path).code == 0
    colored = np.asarray(Image.open(tmp_path / "old.color.png"))
    assert np.abs(rgb_to_lightness(colored) - rgb_to_lightness(astronaut)).max() <= 1


def test_a_folder_that_is_not_there_is_made_for_the_results(color, photo, tmp_path):
    assert color(photo, "-o", tmp_path / "new" / "results").code == 0
    assert sorted(files_in(tmp_path / "new")) == ["results/old.color.jpg"]


def test_a_file_name_chooses_the_format(color, photo, tmp_path):
    assert color(photo, "-o", tmp_path / "new.webp").code == 0
    assert Image.open(tmp_path / "new.webp").format == "WEBP"


def test_a_format_that_is_only_read_becomes_png(color, astronaut, tmp_path):
    Image.fromarray(astronaut).convert("P").save(tmp_path / "old.gif")
    assert color(tmp_path / "old.gif").code == 0
    assert Image.open(tmp_path / "old.color.png").format == "PNG"


def test_temperature_changes_the_color(color, photo, tmp_path):
    def chroma(name):
        picture = np.asarray(Image.open(tmp_path / name)).astype(int)
        return (picture.max(axis=2) - picture.min(axis=2)).mean()

    assert color(photo, "-o", tmp_path / "calm.png", "--temperature", 1).code == 0
    assert color(photo, "-o", tmp_path / "vivid.png", "-t", 0.1).code == 0
    assert chroma("calm.png") < chroma("vivid.png")


def test_side_by_side_shows_both(color, photo):
    assert color(photo, "--side-by-side").code == 0
    both = Image.open(photo.with_name("old.before-after.jpg"))
    assert both.height == 128
    assert both.width >= 256


def test_quality_changes_the_size_of_the_file(color, photo, tmp_path):
    for quality in (20, 95):
        assert color(photo, "-o", tmp_path / f"{quality}.jpg", "--quality", quality).code == 0
    assert (tmp_path / "20.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size


def test_json_is_one_document_about_every_photograph(color, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photograph")
    ended = color(photo, bad, "--json")
    assert ended.code == 1
    good, failed = json.loads(ended.out)["photos"]
    assert good["source"] == str(photo)
    assert good["target"] == str(photo.with_name("old.color.jpg"))
    assert (good["width"], good["height"], good["error"]) == (128, 128, None)
    assert good["seconds"] > 0
    assert failed["target"] is None
    assert failed["error"] in ended.err


def test_one_bad_photograph_does_not_stop_the_others(color, photo, astronaut, tmp_path):
    second = tmp_path / "album" / "second.jpg"
    Image.fromarray(astronaut[::-1]).save(second)
    ended = color(photo, tmp_path / "gone.jpg", second)
    assert ended.code == 1
    assert ended.out.count("->") == 2
    assert ended.err.count("\n") == 1
    assert str(tmp_path / "gone.jpg") in ended.err


def test_a_result_that_is_there_is_kept_unless_forced(color, photo):
    assert color(photo, "--temperature", 1).code == 0
    before = files_in(photo.parent)
    ended = color(photo)
    assert ended.code == 1
    assert "--force" in ended.err
    assert files_in(photo.parent) == before
    assert color(photo, "--force").code == 0
    assert files_in(photo.parent) != before


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("way", ["itself", "symlink", "hard link"])
def test_an_original_is_never_written_to(color, photo, way, force):
    target = photo if way == "itself" else photo.with_name("other.jpg")
    if way == "symlink":
        target.symlink_to(photo)
    elif way == "hard link":
        target.hardlink_to(photo)
    before = files_in(photo.parent)
    ended = color(photo, "-o", target, *force)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_photographs_of_one_name_do_not_overwrite_each_others_result(color, photo, astronaut, tmp_path, force):
    other = tmp_path / "other" / "old.jpg"
    other.parent.mkdir()
    Image.fromarray(astronaut[::-1]).save(other)
    alone = tmp_path / "alone.jpg"
    color(photo, "-o", alone)
    ended = color(photo, other, "-o", tmp_path / "results", *force)
    assert ended.code == 1
    assert str(other) in ended.err
    assert (tmp_path / "results" / "old.color.jpg").read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_result_never_replaces_another_photograph_of_the_same_run(color, photo, astronaut, force):
    other = photo.with_name("old.color.jpg")
    Image.fromarray(astronaut[::-1]).save(other)
    original = other.read_bytes()
    ended = color(photo, other, *force)
    assert ended.code == 1
    assert f"{photo}: " in ended.err
    assert other.read_bytes() == original
    assert photo.with_name("old.color.color.jpg").exists()


# What cannot be colored: one line that says what to do, and nothing left behind.


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


def one_pixel(folder):
    Image.new("RGB", (1, 1)).save(folder / "bad.jpg")


def strip(folder):
    Image.new("RGB", (1, 5000)).save(folder / "bad.jpg")


def animation(folder):
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "green", "blue")]
    frames[0].save(folder / "bad.jpg", format="GIF", save_all=True, append_images=frames[1:])


def directory(folder):
    (folder / "bad.jpg").mkdir()


def missing(folder):
    pass


@pytest.mark.parametrize("make", [empty, text, truncated, one_pixel, strip, animation, directory, missing])
def test_what_is_no_photograph_ends_in_one_line_and_leaves_nothing(color, tmp_path, make):
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


def test_a_picture_over_the_limit_is_refused(color, photo):
    before = files_in(photo.parent)
    ended = color(photo, "--max-megapixels", 0.01)
    assert ended.code == 1
    assert "limit" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before
    assert color(photo, "--max-megapixels", 0.02).code == 0


@pytest.mark.parametrize("temperature", ["0", "7", "-1", "nan", "inf"])
def test_a_temperature_outside_0_to_1_is_refused_before_anything_is_done(color, photo, temperature):
    before = files_in(photo.parent)
    ended = color(photo, "--temperature", temperature)
    assert (ended.code, ended.out) == (2, "")
    assert "temperature must be above 0 and at most 1" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


def test_weights_that_are_missing_corrupt_or_no_network_are_refused_before_anything_is_done(command, photo, tmp_path):
    text_file = tmp_path / "text.onnx"
    text_file.write_text("<html>Quota exceeded</html>")
    before = files_in(photo.parent)
    for model in ("no-such-name", tmp_path / "gone.onnx", text_file, tmp_path):
        ended = command("colorize", photo, "--model", model)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert "unexpected" not in ended.err
        assert files_in(photo.parent) == before


def test_named_weights_with_another_hash_are_refused(command, photo, tmp_path, monkeypatch, tiny_model):
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


# What depends on the system.


def test_a_cold_process_colors_a_photograph_and_keeps_quiet(cold_command, photo, tiny_model):
    ended = cold_command("colorize", photo, "--model", tiny_model)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(files_in(photo.parent)) == ["old.color.jpg", "old.jpg"]


def test_a_cold_process_tells_a_bad_photograph_in_one_line(cold_command, tmp_path, tiny_model):
    truncated(tmp_path)
    before = files_in(tmp_path)
    ended = cold_command("colorize", tmp_path / "bad.jpg", "--model", tiny_model)
    assert ended.code == 1
    assert ended.err.count("\n") == 1  # libvips and the JPEG decoder print nothing of their own
    assert files_in(tmp_path) == before


def test_a_full_disk_leaves_nothing_behind(cold_command, photo, tiny_model):
    """A limit on file sizes stands for the full disk: writing fails in the middle of the file."""
    resource = pytest.importorskip("resource", reason="limits on file sizes are a thing of Unix")
    before = files_in(photo.parent)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    ended = cold_command("colorize", photo, "--model", tiny_model, preexec_fn=limit)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "no room" in ended.err
    assert files_in(photo.parent) == before


@pytest.fixture
def as_stranger(photo, color):
    """A context in which this process has no special rights: root, who may do anything, steps down in it."""
    if os.name != "posix":
        pytest.skip("permissions as on Unix")
    if os.geteuid() != 0:
        return nullcontext()
    # What is imported late must be there before: the packages may lie where only root can read.
    assert color(photo).code == 0
    photo.with_name("old.color.jpg").unlink()
    for folder in list(photo.parents)[:-2]:  # pytest's folders are closed to others
        folder.chmod(folder.stat().st_mode | 0o055)

    @contextmanager
    def step_down():
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return step_down()


@pytest.fixture
def open_model(photo, tiny_model):
    """The tiny network, where everybody may read it."""
    path = photo.with_name("model.onnx")
    path.write_bytes(tiny_model.read_bytes())
    return path


def test_a_file_that_may_not_be_read_is_told(command, photo, open_model, as_stranger):
    photo.chmod(0)
    with as_stranger:
        ended = command("colorize", photo, "--model", open_model)
    assert ended.code == 1
    assert "permissions" in ended.err
    assert ended.err.count("\n") == 1


def test_a_folder_that_may_not_be_written_is_told(command, photo, open_model, as_stranger):
    photo.parent.chmod(0o555)
    before = files_in(photo.parent)
    with as_stranger:
        ended = command("colorize", photo, "--model", open_model)
    photo.parent.chmod(0o755)
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


def test_control_c_ends_with_130_and_leaves_nothing(tmp_path, tiny_model):
    """Interrupted while the result is being written: its temporary file is there, and must go."""
    large = np.tile(skimage.data.astronaut(), (6, 6, 1))  # 9 megapixels
    path = tmp_path / "large.jpg"
    Image.fromarray(large).save(path)
    process = subprocess.Popen(
        [sys.executable, "-m", "photochrom", "colorize", path, "--model", tiny_model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(tmp_path.iterdir())) == 1 and process.poll() is None:
        time.sleep(0.002)
    assert "large.color.jpg" not in files_in(tmp_path), "too quick to be interrupted: take a larger photograph"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "")
    assert sorted(files_in(tmp_path)) == ["large.jpg"]
