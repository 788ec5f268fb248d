"""Packing: what is left out, what is written, and that a killed pack ends with the same bytes."""

import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from photochrom.data.decoding import decode
from photochrom.data.packing import PackSettings, pack
from photochrom.data.sources import DataError, EncodedPhotograph, read_source

SMALL = PackSettings(short_side=96, long_side=128, smallest=64, shard_size=50)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def mixed(real, tmp_path_factory):
    """Sixty photographs, and beside them a gray one, a toned one, a copy, a tiny one and a broken one."""
    folder = tmp_path_factory.mktemp("mixed")
    for index, photograph in enumerate(real[:60]):
        (folder / f"{index:03d}.webp").write_bytes(photograph.data)
    pixels = decode(real[0], 192)
    gray = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    for name, array in {
        "x-gray.png": gray,
        "x-toned.png": gray * [1, 0.85, 0.6],
        "x-copy.jpg": pixels[::2, ::2],
        "x-tiny.png": pixels[:40, :40],
    }.items():
        Image.fromarray(np.rint(array).astype(np.uint8)).save(folder / name)
    (folder / "x-broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    return folder


@pytest.fixture(scope="module")
def packed(mixed, tmp_path_factory):
    """(folder, manifest) of packing them."""
    out = tmp_path_factory.mktemp("packed") / "out"
    return out, pack([mixed], out, SMALL, unreadable_share=0.1)


def test_each_reason_to_leave_a_photograph_out_is_counted_and_named(packed):
    out, manifest = packed
    assert manifest["read"] == 65
    lines = [json.loads(line) for line in (out / "left_out.jsonl").read_text().splitlines()]
    made = {line["name"]: line["reason"] for line in lines if line["name"].startswith("x-")}
    assert made == {
        "x-gray.png": "gray",
        "x-toned.png": "toned",
        "x-copy.jpg": "near-duplicate",
        "x-tiny.png": "small",
        "x-broken.jpg": "unreadable",
    }
    (broken,) = (line["detail"] for line in lines if line["name"] == "x-broken.jpg")
    assert broken == "the file is damaged or cut short"  # and nothing that depends on what other threads do
    assert manifest["photographs"] == 65 - len(lines)
    assert sum(manifest["left_out"].values()) == len(lines)


def test_shards_are_hugging_face_parquet_with_photographs_of_the_size_asked_for(packed):
    out, manifest = packed
    rows = []
    for shard in manifest["shards"]:
        content = (out / shard["file"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (shard["sha256"], shard["bytes"])
        table = parquet.read_table(out / shard["file"])
        assert json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]["image"] == {"_type": "Image"}
        rows += table.to_pylist()
    assert len(rows) == manifest["photographs"]
    for row in rows:
        picture = Image.open(io.BytesIO(row["image"]["bytes"]))
        assert picture.format == "WEBP"
        assert picture.size == (row["width"], row["height"])
        assert min(picture.size) <= 96
        assert max(picture.size) <= 128
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    assert names != sorted(names)  # shuffled
    assert sorted(photo.name for photo in read_source(out)) == [f"{n:08d}.webp" for n in range(len(rows))]


def test_tar_shards_hold_the_same_photographs(mixed, packed, tmp_path):
    settings = PackSettings(short_side=96, long_side=128, smallest=64, shard_size=50, shards="tar")
    pack([mixed], tmp_path / "tar", settings, unreadable_share=0.1)
    assert [photo.data for photo in read_source(tmp_path / "tar")] == [photo.data for photo in read_source(packed[0])]


def test_the_same_command_gives_the_same_bytes_and_another_seed_another_order(mixed, packed, tmp_path):
    out, manifest = packed
    pack([mixed], tmp_path / "again", SMALL, unreadable_share=0.1)
    assert contents(tmp_path / "again") == contents(out)
    before = contents(out)
    assert pack([mixed], out, SMALL) == manifest  # done already
    assert contents(out) == before
    other = pack([mixed], tmp_path / "other", PackSettings(96, 128, 64, shard_size=50, seed=1), unreadable_share=0.1)
    assert other["photographs"] == manifest["photographs"]
    assert other["shards"][0]["sha256"] != manifest["shards"][0]["sha256"]


def test_killed_at_any_moment_and_rerun_it_ends_with_the_same_bytes(real, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for index, photograph in enumerate(real[:100]):
        (source / f"{index:03d}.webp").write_bytes(photograph.data)
    options = ["--short-side", "128", "--smallest", "64", "--shard-size", "30"]

    def start(out):
        words = [sys.executable, "-m", "photochrom", "data", "pack", "source", "-o", out, *options]
        return subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    whole = start("whole")
    assert whole.communicate(timeout=120)[1] == ""
    for appearing in (".work/block-000000.bin", ".work/block-000001.json", "photographs-00000-of-00004.parquet"):
        process = start("killed")
        while process.poll() is None and not (tmp_path / "killed" / appearing).exists():
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    last = start("killed")
    assert last.communicate(timeout=120)[1] == ""
    assert last.returncode == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_a_source_that_changed_since_is_screened_again(mixed, packed, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    photographs = sorted(mixed.glob("0*.webp"))[:20]
    for path in photographs[:10]:
        (source / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(
        "photochrom.data.packing.write_shard", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
    )
    with pytest.raises(DataError, match="no room left"):
        pack([source], tmp_path / "out", SMALL)
    monkeypatch.undo()
    for path in photographs[10:]:
        (source / path.name).write_bytes(path.read_bytes())
    assert pack([source], tmp_path / "out", SMALL)["read"] == 20


def test_too_many_damaged_photographs_stop_it_and_more_may_be_allowed(mixed, tmp_path):
    with pytest.raises(DataError, match=r"1 of 65 photographs cannot be read: x-broken\.jpg"):
        pack([mixed], tmp_path / "out", SMALL)
    assert pack([mixed], tmp_path / "out", SMALL, unreadable_share=0.02)["read"] == 65


def test_a_folder_with_anything_else_in_it_is_left_alone(mixed, packed, tmp_path):
    with pytest.raises(DataError, match="other sources or settings"):
        pack([mixed], packed[0], PackSettings())
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(DataError, match="not empty"):
        pack([mixed], tmp_path, SMALL)
    assert contents(tmp_path) == {"letter.txt": b"mine"}


def test_a_place_that_cannot_be_written_is_one_line(mixed, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        pack([mixed], tmp_path / "file" / "out", SMALL)


@pytest.mark.skipif(os.name == "nt", reason="limits of a process are POSIX")
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(mixed, tmp_path):
    # The limit on the size of a file stands for the full disk: the system refuses to write on.
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000));"
        "from photochrom.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["data", "pack", str(mixed), "-o", "out", "--unreadable", "0.1"]
    stopped = subprocess.run(
        [sys.executable, "-c", limited, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert stopped.returncode == 1
    assert "no room left" in stopped.stderr
    assert stopped.stderr.count("\n") == 1
    after = subprocess.run(
        [sys.executable, "-m", "photochrom", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (after.returncode, after.stderr) == (0, "")


@pytest.mark.parametrize(
    "wrong", [{"format": "gif"}, {"shards": "zip"}, {"smallest": 300}, {"quality": 0}, {"near": 64}, {"shard_size": 0}]
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|rise"):
        PackSettings(**wrong)


def test_photographs_that_all_fail_are_told_with_the_reasons(tmp_path):
    Image.new("RGB", (200, 200), (90, 90, 90)).save(tmp_path / "gray.png")
    with pytest.raises(DataError, match="1 gray"):
        pack([tmp_path], tmp_path / "out", SMALL)
    assert isinstance(next(read_source(tmp_path / "gray.png")), EncodedPhotograph)
