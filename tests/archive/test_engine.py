"""Runs on Ray: killed and gone on with, from and to S3, with faults, from shards to Parquet."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from photochrom.archive import ArchiveError, ColorizeBatch, Limits, Resources, colorize_archive, plan_run
from photochrom.archive.store import CONTROL, open_store
from photochrom.inference.weights import WeightsError

LEDGER = "photochrom-ledger.parquet"
TWO = Resources(actors=2, cpus=0.5)
DRIVER = """
import sys
from photochrom.archive import Resources, colorize_archive, plan_run
from photochrom.inference import Options
source, target, model, address = sys.argv[1:]
run = plan_run(source, target, Options(model=model, device="cpu"))
colorize_archive(run, Resources(cluster=address, actors=2, cpus=0.5))
"""


def ledger_of(target):
    return {row["key"]: row for row in parquet.read_table(target / LEDGER).to_pylist()}


def actors_of(pid=None):
    """Process ids of the actors that color, among the descendants of this process."""
    parents, names = {}, {}
    for folder in Path("/proc").iterdir():
        try:
            names[int(folder.name)] = (folder / "cmdline").read_bytes()
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (ValueError, OSError):  # no process, or one that has just ended
            continue
    ours = {pid or os.getpid()}
    while grown := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= grown
    return [child for child in ours if b"ArchiveWorker" in names.get(child, b"")]


def wait_for(condition, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def pictures_in(folder):
    return [path for path in folder.rglob("*.color.*") if CONTROL not in path.parts]


def test_a_run_whose_driver_and_actor_were_killed_ends_as_an_undisturbed_one(
    planned, scans, options, by_folder, failing, escaped, results_in, ray_of_tests, tmp_path
):
    target = tmp_path / "target"
    words = [sys.executable, "-c", DRIVER, str(scans), str(target), str(options.model), ray_of_tests]
    driver = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(pictures_in(target)) >= 5 or driver.poll() is not None)
    driver.kill()
    driver.wait()
    before = len(pictures_in(target))
    assert 5 <= before < len(by_folder)
    for path in pictures_in(target):  # whole, while others are missing
        assert path.read_bytes() == by_folder[path.relative_to(target).as_posix()]
    wait_for(lambda: not actors_of())  # Ray ends those of a driver that is gone

    killed = []

    def kill_one():
        start = len(pictures_in(target))
        wait_for(lambda: len(pictures_in(target)) > start or (target / LEDGER).exists())
        for pid in actors_of()[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    killer = threading.Thread(target=kill_one)
    killer.start()
    summary = colorize_archive(planned(), TWO)
    killer.join()
    assert killed
    assert results_in(target) == by_folder
    rows = ledger_of(target)
    keys = parquet.read_table(target / LEDGER).column("key").to_pylist()
    assert len(keys) == len(rows) == summary.photographs == len(by_folder) + len(failing)
    assert {key for key, row in rows.items() if row["state"] == "failed"} == set(map(escaped, failing))
    made = {escaped(name): content for name, content in by_folder.items()}
    for row in rows.values():
        if row["state"] == "colored":
            assert row["sha256"] == hashlib.sha256(made[row["target"]]).hexdigest()
            assert row["size"] == len(made[row["target"]])
    assert sorted(path.name for path in (target / CONTROL).iterdir()) == ["1-of-1", "run.json"]
    assert [path.name for path in (target / CONTROL / "1-of-1").iterdir()] == ["manifest"]  # to retry what failed

    again = colorize_archive(planned(), TWO)  # which has nothing left to do
    assert (again.photographs, again.made, again.states) == (summary.photographs, 0, summary.states)


def test_from_s3_to_s3_the_ledger_names_exactly_the_photographs_with_faults(
    s3, ray_of_tests, options, faulty, with_fault, picture, tmp_path
):
    faults = {7: "crash", 12: "exit"}
    for number in range(20):
        content = with_fault(number, faults[number]) if number in faults else picture(number)
        s3.pipe(f"archive/in/{number % 2}/{number:03}.jpg", content)
    s3.pipe("archive/in/0/cut.jpg", picture(0)[:500])
    run = plan_run(
        "s3://archive/in", "s3://archive/out", options, limits=Limits(seconds=120.0), program=faulty, at_once=2
    )
    told = []
    summary = colorize_archive(run, TWO, progress=told.append)
    assert summary.states == {"colored": 18, "copied": 0, "failed": 3, "skipped": 0}
    assert told[-1].done == 21
    target = open_store("s3://archive/out")
    (tmp_path / LEDGER).write_bytes(target.read(LEDGER))
    errors = {key: row["error"] for key, row in ledger_of(tmp_path).items() if row["state"] == "failed"}
    assert {"1/007.jpg", "0/012.jpg", "0/cut.jpg"} == set(errors)
    assert "SIGSEGV" in errors["1/007.jpg"]
    assert "exit code 3" in errors["0/012.jpg"]
    assert not any(os.environ["AWS_SECRET_ACCESS_KEY"] in str(error) for error in errors.values())
    healthy = ColorizeBatch(options)
    for key, row in ledger_of(tmp_path).items():
        if row["state"] == "colored":
            assert target.read(row["target"]) == healthy.color(key, s3.cat(f"archive/in/{key}")).content
    healthy.close()


@pytest.mark.slow
def test_parts_of_a_bucket_share_a_target_and_what_failed_in_one_is_retried_when_asked_to(
    s3, ray_of_tests, options, picture, tmp_path
):
    keys = [f"{number % 3}/{number:03}.jpg" for number in range(70)]
    for number, key in enumerate(keys):
        s3.pipe(f"archive/parts/{key}", picture(number)[: 500 if number == 33 else None])
    runs = [plan_run("s3://archive/parts", "s3://archive/whole", options, part=(index, 2)) for index in range(2)]
    summaries = [colorize_archive(run, TWO) for run in runs]
    assert sum(summary.photographs for summary in summaries) == 70
    assert [summary.made for summary in summaries] == [summary.photographs for summary in summaries]
    target = open_store("s3://archive/whole")

    def ledgers():
        rows = {}
        for run in runs:
            (tmp_path / LEDGER).write_bytes(target.read(run.named("photochrom-ledger", ".parquet")))
            rows.update(ledger_of(tmp_path))
        return rows

    before = ledgers()
    assert sorted(before) == sorted(keys)
    assert [key for key, row in before.items() if row["state"] == "failed"] == ["0/033.jpg"]
    s3.pipe("archive/parts/0/033.jpg", picture(33))  # mended
    again = [colorize_archive(run, TWO, retry_failed=True) for run in runs]
    assert sorted(summary.made for summary in again) == [0, 1]
    after = ledgers()
    assert [key for key in keys if after[key] != before[key]] == ["0/033.jpg"]
    healthy = ColorizeBatch(options)
    for key, row in after.items():
        assert target.read(row["target"]) == healthy.color(key, s3.cat(f"archive/parts/{key}")).content
    healthy.close()
    assert [entry.name for entry in target.entries(CONTROL)] == ["run.json"]


def test_what_every_photograph_would_meet_ends_the_run_in_one_line(planned, ray_of_tests):
    run = planned(program=(sys.executable, "-c", "raise SystemExit(9)"))
    with pytest.raises(ArchiveError, match="not ready") as raised:
        colorize_archive(run, TWO)
    assert "\n" not in str(raised.value)


def test_a_source_that_is_not_there_is_refused_before_ray_starts(planned, tmp_path):
    with pytest.raises(ArchiveError, match="is not there"):
        colorize_archive(planned(tmp_path / "none"))


def test_a_cluster_that_wants_a_token_says_where_it_lies(planned, monkeypatch):
    exceptions = pytest.importorskip("ray.exceptions", reason="ray is not installed")

    def refuse(**_):
        raise exceptions.AuthenticationError("no token")

    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.setattr("ray.init", refuse)
    with pytest.raises(ArchiveError, match=r"^10\.0\.0\.1:6379 wants its token; copy it to ~/\.ray/auth_token"):
        colorize_archive(planned(), Resources(cluster="10.0.0.1:6379"))


def test_an_empty_source_has_an_empty_ledger(planned, tmp_path):
    (tmp_path / "none").mkdir()
    summary = colorize_archive(planned(tmp_path / "none"))
    assert summary.photographs == 0
    assert parquet.read_table(tmp_path / "target" / LEDGER).num_rows == 0


def test_a_model_that_is_not_there_is_refused(planned, options, tmp_path):
    with pytest.raises(WeightsError, match=r"none\.onnx"):
        planned(chosen=replace(options, model=tmp_path / "none.onnx"))
