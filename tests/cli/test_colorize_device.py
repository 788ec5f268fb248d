"""`--device`: taken when it is there, refused in one line before anything is colored when it is not."""

import onnxruntime
import pytest


@pytest.fixture
def listed(monkeypatch):
    """As if CUDA were built in, but its libraries were missing."""
    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)


def test_the_cpu_by_name_gives_the_bytes_of_the_default(color, gray_photo, tmp_path):
    for device in ("auto", "cpu"):
        assert color(gray_photo, "-o", tmp_path / f"{device}.png", "--device", device).code == 0
    assert color(gray_photo, "-o", tmp_path / "default.png").code == 0
    written = [(tmp_path / f"{name}.png").read_bytes() for name in ("auto", "cpu", "default")]
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize("further", [[], ["--dry-run"], ["--resume"]])
def test_a_device_that_is_not_installed_is_refused_before_anything_is_colored(
    color, gray_photo, tmp_path, files_in, further
):
    before = files_in(tmp_path)
    ended = color(gray_photo, "-o", tmp_path / "new", "--device", "cuda", *further)
    assert ended.code == 2
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
    assert "device cuda is not available: the installed onnxruntime has cpu" in ended.err
    assert "install onnxruntime-gpu" in ended.err
    assert files_in(tmp_path) == before


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_device_that_does_not_start_is_refused_before_anything_is_colored(
    color, gray_photo, tmp_path, files_in, listed
):
    before = files_in(tmp_path)
    ended = color(gray_photo, "-o", tmp_path / "new", "--device", "cuda")
    assert ended.code == 2
    assert "device cuda is installed but does not start" in ended.err
    assert files_in(tmp_path) == before
    assert color(gray_photo, "-o", tmp_path / "new.jpg").code == 0


def test_an_unknown_device_is_refused_with_the_known_ones(color, gray_photo):
    ended = color(gray_photo, "--device", "tpu")
    assert ended.code == 2
    assert "auto, cpu, cuda, coreml, directml or openvino, got 'tpu'" in ended.err


def test_a_server_is_refused_a_device_that_is_not_there(command, tiny_model):
    for device, said in (("cuda", "device cuda is not available"), ("tpu", "device must be")):
        ended = command("serve", "--model", tiny_model, "--device", device)
        assert ended.code == 2
        assert said in ended.err.splitlines()[-1]
