"""What an actor does, without Ray around it."""

import numpy as np
import pytest

from photochrom.archive.ledger import Ledger
from photochrom.archive.listing import list_photographs
from photochrom.archive.manifest import Manifest
from photochrom.archive.run import begin
from photochrom.archive.worker import ArchiveWorker

pytest.importorskip("ray", reason="ray is not installed")


@pytest.fixture
def begun(planned, picture, tmp_path):
    """begun(**changes) -> a Run whose manifest lists three photographs: its only chunk is 0."""

    def begin_it(**changes):
        source = tmp_path / "scans"
        source.mkdir()
        for number in range(3):
            (source / f"{number}.jpg").write_bytes(picture(number))
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


def test_a_chunk_that_is_done_is_not_done_again(begun, tmp_path):
    run = begun()
    Ledger(run.target, run.control, "ledger.parquet").put(0, [])
    _, rows = work(run)
    assert rows == []
    assert not list((tmp_path / "target").glob("*.jpg"))


def test_a_result_whose_name_the_target_does_not_take_is_that_photographs_failure(begun, tmp_path):
    run = begun()
    (tmp_path / "target" / "1.color.jpg").mkdir()
    told, rows = work(run)
    assert told["colored"].tolist() == [2]
    assert "the target does not take this name" in rows[1]["error"]


def test_rows_and_results_are_the_same_however_often_a_chunk_is_done(begun, tmp_path):
    run = begun(form="parquet")
    _, first = work(run)
    made = (tmp_path / "target" / "colored-00000000.parquet").read_bytes()
    run.target.remove(f"{run.control}/ledger")
    _, second = work(run)
    assert (tmp_path / "target" / "colored-00000000.parquet").read_bytes() == made
    timeless = [[{**row, "seconds": None} for row in rows] for rows in (first, second)]
    assert timeless[0] == timeless[1]
