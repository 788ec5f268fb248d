"""What depends on the system: a process of its own, a full disk, permissions, Ctrl-C."""

import io
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


def test_a_cold_process_colors_a_photograph_and_keeps_quiet(cold_command, gray_photo, tiny_model, files_in):
    photo = gray_photo
    ended = cold_command("colorize", photo, "--model", tiny_model)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(files_in(photo.parent)) == ["old.color.jpg", "old.jpg"]


def test_a_cold_process_tells_a_bad_photograph_in_one_line(cold_command, tmp_path, tiny_model, files_in):
    whole = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(skimage.data.astronaut())).save(whole, "JPEG")
    (tmp_path / "bad.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    before = files_in(tmp_path)
    ended = cold_command("colorize", tmp_path / "bad.jpg", "--model", tiny_model)
    assert ended.code == 1
    assert ended.err.count("\n") == 1  # libvips and the JPEG decoder print nothing of their own
    assert files_in(tmp_path) == before


def test_a_full_disk_leaves_nothing_behind(cold_command, photo, tiny_model, files_in):
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


def test_a_folder_that_may_not_be_written_is_told(command, photo, open_model, as_stranger, files_in):
    photo.parent.chmod(0o555)
    before = files_in(photo.parent)
    with as_stranger:
        ended = command("colorize", photo, "--model", open_model)
    photo.parent.chmod(0o755)
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


def test_control_c_ends_with_130_and_leaves_nothing(begun_command, tmp_path, tiny_model, files_in):
    """Interrupted while the result is being written: its temporary file is there, and must go."""
    large = np.tile(skimage.data.astronaut(), (6, 6, 1))  # 9 megapixels
    path = tmp_path / "large.jpg"
    Image.fromarray(large).save(path)
    process = begun_command("colorize", path, "--model", tiny_model)
    while len(list(tmp_path.iterdir())) == 1 and process.poll() is None:
        time.sleep(0.002)
    assert "large.color.jpg" not in files_in(tmp_path), "too quick to be interrupted: take a larger photograph"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "")
    assert sorted(files_in(tmp_path)) == ["large.jpg"]


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 200 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk of its own needs the rights to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_ends_a_folder_and_resume_goes_on(
    cold_command, small_disk, tmp_path, astronaut, tiny_model
):
    for number in range(12):
        (tmp_path / "album").mkdir(exist_ok=True)
        gray = Image.fromarray(np.roll(astronaut, 9 * number, axis=1)).convert("L")
        gray.save(tmp_path / "album" / f"{number:02}.png")
    words = ("colorize", tmp_path / "album", "-o", small_disk / "new", "--model", tiny_model)
    ended = cold_command(*words)
    done = ended.out.count("->")
    assert ended.code == 1
    assert 0 < done < 12
    assert "--resume" in ended.err
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    ended = cold_command(*words, "--resume")
    assert (ended.code, ended.err) == (0, f"photochrom: {12 - done} colored, {done} done already\n")
    assert len(list((small_disk / "new").iterdir())) == 13  # the results and the manifest


def test_a_folder_run_into_a_place_that_may_not_be_written_is_refused(command, photo, open_model, as_stranger):
    photo.parent.chmod(0o555)
    with as_stranger:
        ended = command("colorize", photo.parent, "--model", open_model)
    photo.parent.chmod(0o755)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "cannot be written" in ended.err


def test_control_c_in_a_folder_keeps_what_is_done_and_resume_goes_on(begun_command, cold_command, tmp_path, tiny_model):
    """Interrupted after the first result: the manifest tells of what is there, and nothing is half-written."""
    (tmp_path / "album").mkdir()
    large = np.tile(skimage.data.camera(), (3, 3))
    for number in range(8):
        Image.fromarray(np.roll(large, number)).save(tmp_path / "album" / f"{number}.jpg")
    words = ["colorize", tmp_path / "album", "-o", tmp_path / "new", "--model", tiny_model, "--jobs", "2"]
    process = begun_command(*words)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, "")
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names[-1] == "photochrom-manifest.jsonl"
    assert 1 + rest.count("->") <= len(names) - 1 < 8
    ended = cold_command(*words, "--resume")
    assert (ended.code, ended.err) == (0, f"photochrom: {9 - len(names)} colored, {len(names) - 1} done already\n")
