"""Old scans with every fault that we know of put among them: the ledger names exactly these. With -s it shows them."""

import random
import struct
import zlib
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from photochrom.archive import Limits, Resources, colorize_archive, plan_run
from photochrom.archive.listing import list_photographs
from photochrom.archive.manifest import Manifest
from photochrom.archive.run import begin
from photochrom.batch import Outputs, colorize_all, find_photographs
from photochrom.inference import Options

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[3] / "shared" / "data" / "legacy"
TOLD = {  # fault -> what the ledger says of it
    "crash": "it crashed the process that colored it (SIGSEGV), alone in a process of its own too",
    "exit": "it ended the process that colored it (exit code 3), alone in a process of its own too",
    "killed": "the system ended the process that colored it, as it does when memory runs out",
    "endless": "it took longer than 15 seconds, alone in a process of its own too",
    "memory": "there is not enough memory in 1.5 GiB",
    "cut": "the file is damaged or cut short",
    "empty": "the file is empty",
    "letter": "this is no photograph",
    "huge": "600 megapixels are over the limit of 500",
    "changed": "it changed after it was listed",
    "vanished": "it cannot be read (not found)",
}


def huge_png():
    """A PNG of 30,000 x 20,000 pixels by its header; nobody may try to decode it."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 20_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def before_listing(fault, content):
    """The file with its fault; those that come later have none yet."""
    whole = {"cut": content[: len(content) // 2], "empty": b"", "letter": b"Dear diary", "huge": huge_png()}
    if fault in ("changed", "vanished"):
        return content
    return whole.get(fault, content + b"\xff\xd9FAULT:" + fault.encode())


def test_the_ledger_names_exactly_the_injected_faults(ray_of_tests, faulty, tmp_path):
    scans = sorted(SHARED.glob("*.jpg"))
    if not scans:
        pytest.skip("the legacy photographs are not beside this repository (../shared/data/legacy)")
    album = tmp_path / "album"
    for number, path in enumerate(scans):
        place = album / f"box-{number % 4}" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    options = Options(device="cpu", threads=1)
    works = list(find_photographs([album], together=True))
    healthy = {each.relative: each for each in colorize_all(works, options, Outputs(tmp_path / "healthy"))}

    injected = dict(zip(random.Random(14).sample(sorted(healthy), len(TOLD)), TOLD, strict=True))
    for key, fault in injected.items():
        (album / key).write_bytes(before_listing(fault, (album / key).read_bytes()))
    limits = Limits(seconds=15.0, memory=1.5)
    run = plan_run(str(album), str(tmp_path / "target"), options, limits=limits, program=faulty)
    begin(run)
    Manifest(run.target, run.control).write(list_photographs(run.source, run.outputs))
    for key, fault in injected.items():
        if fault == "vanished":
            (album / key).unlink()
        elif fault == "changed":
            with (album / key).open("ab") as file:
                file.write(b"more")
    summary = colorize_archive(run, Resources(actors=2, cpus=0.5))
    for line in summary.lines():
        print(line)

    rows = parquet.read_table(tmp_path / "target" / "photochrom-ledger.parquet").to_pylist()
    assert [row["key"] for row in rows] == [work.relative for work in works]
    assert {row["key"] for row in rows if row["state"] == "failed"} == set(injected)
    for row in rows:
        if row["key"] in injected:
            print(f"{injected[row['key']]:9} {row['error']}")
            assert row["error"].startswith(f"{row['key']}: ")
            assert TOLD[injected[row["key"]]] in row["error"]
            assert row["target"] is None
        else:
            content = (tmp_path / "target" / row["target"]).read_bytes()
            assert content == Path(healthy[row["key"]].target).read_bytes()
    assert sum(path.is_file() for path in (tmp_path / "target").glob("box-*/*")) == len(rows) - len(injected)
