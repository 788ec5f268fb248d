"""What an actor does, without Ray around it."""

import os
import tarfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pyarrow.parquet as parquet
import pytest

from photochrom.archive import ColorizeBatch
from photochrom.archive.ledger import Ledger
from photochrom.archive.listing import list_photographs
from photochrom.archive.manifest import Counted, Manifest
from photochrom.archive.run import begin
from photochrom.archive.worker import ArchiveWorker

pytest.importorskip("ray", reason="ray is not installed")


@pytest.fixture
def begun(planned, picture, tmp_path):
    """begun(**changes) -> a Run whose manifest lists three photographs, or those named: its only chunk is 0."""

    def begin_it(*, names=("0.jpg", "1.jpg", "2.jpg"), **changes):
        source = tmp_path / "scans"
        source.mkdir()
        for number, name in enumerate(names):
            (source / name).write_bytes(picture(number))
        run = planned(source, **changes)
        begin(run)
        Manifest(run.target, run.control).write(list_photographs(run.source, run.outputs))
        return run

    return begin_it


def work(run):
    worker = ArchiveWorker(run)
    told = worker({"chunk": np.array([0])})
    worker._colorize.close()
    return told, Ledger(run.target, run.control, "ledger.parquet").of_chunk(0)


def test_a_photograph_that_changed_after_it_was_listed_is_named_and_the_others_colored(begun, tmp_path):
    run = begun()
    with (tmp_path / "scans" / "1.jpg").open("ab") as file:
        file.write(b"more")
    (tmp_path / "scans" / "2.jpg").unlink()
    told, rows = work(run)
    assert (told["colored"].tolist(), told["failed"].tolist(), told["fatal"].tolist()) == ([1], [2], [""])
    assert [row["state"] for row in rows] == ["colored", "failed", "failed"]
    assert rows[1]["error"].startswith("1.jpg: it changed after it was listed")
    assert rows[2]["error"] == "2.jpg: it cannot be read (not found); check it"
    assert told["core_seconds"][0] > 0
    assert all(told[stage][0] > 0 for stage in ("reading", "looking", "writing", "putting"))


def test_from_a_tar_to_parquet_each_photograph_has_its_row(planned, options, picture, tmp_path):
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        for number in range(3):
            member = tarfile.TarInfo(f"{number:03}.jpg")
            member.size = len(picture(number))
            tar.addfile(member, BytesIO(picture(number)))
    run = planned(tmp_path / "s.tar", form="parquet")
    begin(run)
    Manifest(run.target, run.control).write(list_photographs(run.source, run.outputs, only=run.only))
    told, _ = work(run)
    assert told["colored"].tolist() == [3]
    table = parquet.read_table(tmp_path / "target" / "colored-00000000.parquet").to_pylist()
    healthy = ColorizeBatch(options)
    for number, row in enumerate(table):
        assert row["key"] == f"s.tar/{number:03}.jpg"
        assert row["image"]["path"] == f"s.tar/{number:03}.color.jpg"
        assert row["image"]["bytes"] == healthy.color(row["key"], picture(number)).content
    healthy.close()


def test_other_weights_than_the_run_began_with_color_nothing(begun):
    run = replace(begun(), weights_sha256="0" * 64)
    told, rows = work(run)
    assert "other weights" in told["fatal"][0]
    assert rows is None


def test_a_chunk_that_is_done_is_not_done_again(begun, tmp_path):
    run = begun()
    Ledger(run.target, run.control, "ledger.parquet").put(0, [])
    _, rows = work(run)
    assert rows == []
    assert not list((tmp_path / "target").glob("*.jpg"))


def test_of_a_run_that_is_opened_again_only_what_failed_is_colored_as_it_is_now(begun, picture, tmp_path):
    run = begun()
    scan = tmp_path / "scans" / "1.jpg"
    scan.write_bytes(picture(1)[:300])
    _, before = work(run)
    assert [row["state"] for row in before] == ["colored", "failed", "colored"]
    ledger = Ledger(run.target, run.control, "ledger.parquet")
    ledger.complete(Counted(3, 0))
    ledger.reopen()
    scan.write_bytes(picture(1) + b"mended, and of another size")
    (tmp_path / "scans" / "0.jpg").unlink()  # nothing is asked of it any more
    told, after = work(run)
    assert (told["colored"].tolist(), told["failed"].tolist(), told["kept"].tolist()) == ([1], [0], [2])
    assert [row["state"] for row in after] == ["colored"] * 3
    assert (after[0], after[2]) == (before[0], before[2])
    assert (tmp_path / "target" / "1.color.jpg").stat().st_size == after[1]["size"]


def test_a_result_whose_name_the_target_does_not_take_is_that_photographs_failure(begun, tmp_path):
    run = begun()
    (tmp_path / "target" / "1.color.jpg").mkdir()
    told, rows = work(run)
    assert told["colored"].tolist() == [2]
    assert "the target does not take this name" in rows[1]["error"]


@pytest.mark.parametrize("form", ["tree", "parquet"])
def test_a_name_in_another_encoding_is_colored_and_told_with_escapes(begun, picture, tmp_path, form):
    name = os.fsdecode(b"caf\xe9.jpg")
    run = begun(form=form, names=[name])
    told, rows = work(run)
    assert (told["colored"].tolist(), told["fatal"].tolist()) == ([1], [""])
    assert (rows[0]["key"], rows[0]["target"]) == ("caf\\xe9.jpg", "caf\\xe9.color.jpg")
    if form == "tree":
        assert (tmp_path / "target" / os.fsdecode(b"caf\xe9.color.jpg")).stat().st_size == rows[0]["size"]
    else:
        (row,) = parquet.read_table(tmp_path / "target" / "colored-00000000.parquet").to_pylist()
        assert (row["key"], row["image"]["path"]) == (rows[0]["key"], rows[0]["target"])


def test_rows_and_results_are_the_same_however_often_a_chunk_is_done(begun, tmp_path):
    run = begun(form="parquet")
    _, first = work(run)
    made = (tmp_path / "target" / "colored-00000000.parquet").read_bytes()
    run.target.remove(f"{run.control}/ledger")
    _, second = work(run)
    assert (tmp_path / "target" / "colored-00000000.parquet").read_bytes() == made
    timeless = [[{**row, "seconds": None} for row in rows] for rows in (first, second)]
    assert timeless[0] == timeless[1]
