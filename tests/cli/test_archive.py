"""The command: what it refuses, what it says, how it ends. What it does is tested in tests/archive."""

import json

import pytest

from photochrom.cli.archive import part_of


@pytest.fixture(scope="module")
def one_ray():
    """A Ray that commands of this process share: it takes seconds to start."""
    ray = pytest.importorskip("ray", reason="ray is not installed")
    started = not ray.is_initialized()
    if started:
        ray.init(
            address="local", num_cpus=2, include_dashboard=False, object_store_memory=128 << 20, log_to_driver=False
        )
    yield
    if started:
        ray.shutdown()


def test_a_folder_is_colored_as_colorize_colors_it_and_told_in_lines_and_json(
    command, photo, tiny_model, tmp_path, files_in, one_ray
):
    (photo.parent / "cut.jpg").write_bytes(photo.read_bytes()[:300])
    folder = ("colorize", photo.parent, "-o", tmp_path / "one", "--model", tiny_model, "--saturation", 1.2)
    assert command(*folder).code == 1
    words = ("archive", photo.parent, tmp_path / "many", "--model", tiny_model, "--saturation", 1.2)
    report = tmp_path / "report.json"
    ended = command(*words, "--report", report, "--actors", 1)
    assert ended.code == 1
    assert "1 colored, 1 failed" in ended.out
    assert "core-seconds a photograph" in ended.out
    assert "2 of 2 photographs (100.0 %), 1 failed" in ended.err
    assert (tmp_path / "many" / "old.color.jpg").read_bytes() == (tmp_path / "one" / "old.color.jpg").read_bytes()
    told = json.loads(report.read_text())
    assert told["states"] == {"colored": 1, "copied": 0, "failed": 1, "skipped": 0}
    assert told["core_seconds_a_photograph"] > 0

    before = files_in(tmp_path / "many")
    again = command(*words)
    assert (again.code, again.err) == (1, "")
    assert "all of it done before" in again.out
    assert files_in(tmp_path / "many") == before

    (photo.parent / "cut.jpg").write_bytes(photo.read_bytes())
    retried = command(*words, "--retry-failed")
    assert retried.code == 0
    assert "2 colored (1 of them before)" in retried.out

    other = command("archive", photo.parent, tmp_path / "many", "--model", tiny_model, "--saturation", 1.5)
    assert other.code == 2
    assert "saturation was 1.2 and is now 1.5" in other.err
    assert other.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--form", "zip"], "--form is tree or parquet"),
        (["--shard", "5/4"], "--shard is I/N"),
        (["--saturation", "9"], "saturation must lie in 0..3"),
        (["--form", "parquet", "--layer"], "one picture of each photograph"),
        (["--max-memory", "0.1"], "memory must be at least 0.5 GiB"),
        (["--actor-cpus", "0"], "cpus of an actor must be above 0"),
        (["--report", "no/such/folder/r.json"], "create it first"),
        (["--model", "none.onnx"], "there are no weights at none.onnx"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(command, photo, tmp_path, words, told):
    ended = command("archive", photo.parent, tmp_path / "many", *words)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "many").exists()


def test_an_address_with_a_key_is_refused_without_repeating_it(command, tmp_path):
    ended = command("archive", "s3://me:s3cret@bucket/scans", tmp_path / "many")
    assert ended.code == 2
    assert "credentials" in ended.err
    assert "s3cret" not in ended.err + ended.out


def test_a_shard_is_named_by_people_from_one_on():
    assert part_of("4/4") == (3, 4)
    assert part_of(None) == (0, 1)


def test_a_missing_package_is_named_with_the_line_to_type(command, photo, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    ended = command("archive", photo.parent, tmp_path / "many")
    assert ended.code == 2
    assert "pip install 'photochrom[archive]'" in ended.err
