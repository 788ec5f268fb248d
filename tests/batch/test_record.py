import errno
import hashlib
import json
import subprocess
import sys

import pytest

from photochrom.batch.errors import BatchError
from photochrom.batch.record import FAILURES, MANIFEST, UNFINISHED, Known, Record
from photochrom.batch.work import Work

SHA, CHOICES = "a" * 64, "b" * 64


def put(record, relative, content=b"color", *, sha256=SHA):
    """Note and place one result, as a run does."""
    path = record.root / f"{relative}.color.jpg"
    file = record.workshop() / "0.jpg"
    file.write_bytes(content)
    record.note(relative, sha256, CHOICES, [(file, path)])
    file.rename(path)
    return path


def test_a_closed_record_leaves_a_manifest_and_nothing_unfinished(tmp_path):
    record = Record(tmp_path / "new")
    path = put(record, "old.jpg")
    record.close()
    assert sorted(each.name for each in record.root.iterdir()) == ["old.jpg.color.jpg", MANIFEST]
    known = Known(record.root)
    assert known.is_done("old.jpg", SHA, CHOICES)
    result = known.entries["old.jpg"].results[0]
    assert (result.size, result.sha256) == (5, hashlib.sha256(b"color").hexdigest())
    assert known.owns("old.jpg", path)


def test_done_is_only_what_has_the_same_content_choices_and_results(tmp_path):
    record = Record(tmp_path)
    path = put(record, "old.jpg")
    assert not record.is_done("old.jpg", "0" * 64, CHOICES)
    assert not record.is_done("old.jpg", SHA, "0" * 64)
    assert not record.is_done("other.jpg", SHA, CHOICES)
    path.write_bytes(b"cut")
    assert not record.is_done("old.jpg", SHA, CHOICES)
    path.unlink()
    assert not record.is_done("old.jpg", SHA, CHOICES)
    record.close()


def test_a_result_that_somebody_changed_is_no_longer_ours(tmp_path):
    record = Record(tmp_path)
    path = put(record, "old.jpg")
    assert record.owns("old.jpg", path)
    path.write_bytes(b"COLOR")  # as long, but retouched
    assert not record.owns("old.jpg", path)
    assert not record.owns("old.jpg", tmp_path / "other.jpg")
    record.close()


def test_after_a_kill_the_journal_is_read_and_what_was_unfinished_goes(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from photochrom.batch.record import Record
from photochrom.batch.work import Work
record = Record(Path({str(tmp_path)!r}))
file = record.workshop() / "0.jpg"
file.write_bytes(b"color")
record.note("old.jpg", {SHA!r}, {CHOICES!r}, [(file, record.root / "old.color.jpg")])
file.rename(record.root / "old.color.jpg")
record.note_failure(Work("bad.jpg", "bad.jpg"), "bad.jpg: damaged")
(record.workshop() / "1.jpg").write_bytes(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert not (tmp_path / MANIFEST).exists()
    assert Known(tmp_path).is_done("old.jpg", SHA, CHOICES)
    record = Record(tmp_path)
    assert record.is_done("old.jpg", SHA, CHOICES)
    assert [path.name for path in (tmp_path / UNFINISHED).iterdir()] == ["journal.jsonl"]
    record.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["old.color.jpg", FAILURES, MANIFEST]
    assert json.loads((tmp_path / FAILURES).read_text())["error"] == "bad.jpg: damaged"


def test_a_line_cut_by_a_kill_costs_only_its_own_photograph(tmp_path):
    record = Record(tmp_path)
    put(record, "one.jpg")
    journal = tmp_path / UNFINISHED / "journal.jsonl"
    whole = journal.read_bytes()
    record.close()
    journal.parent.mkdir()
    journal.write_bytes(whole + whole[:40])
    (tmp_path / MANIFEST).unlink()
    record = Record(tmp_path)
    put(record, "two.jpg")
    content = journal.read_bytes()
    record.close()
    assert {"one.jpg", "two.jpg"} == set(Known(tmp_path).entries)
    journal.parent.mkdir()
    journal.write_bytes(content)
    (tmp_path / MANIFEST).unlink()
    assert {"one.jpg", "two.jpg"} == set(Known(tmp_path).entries)  # the journal alone tells both


def test_a_photograph_that_succeeds_leaves_the_ledger(tmp_path):
    record = Record(tmp_path)
    record.note_failure(Work("old.jpg", "old.jpg"), "old.jpg: damaged")
    record.close()
    assert json.loads((tmp_path / FAILURES).read_text())["relative"] == "old.jpg"
    record = Record(tmp_path)
    put(record, "old.jpg")
    record.close()
    assert not (tmp_path / FAILURES).exists()


def test_an_address_stands_in_the_ledger_without_its_key(tmp_path):
    record = Record(tmp_path)
    record.note_failure(Work("https://example.org/a.jpg?key=secret", "a.jpg", None, "url"), "gone")
    record.close()
    assert "secret" not in (tmp_path / FAILURES).read_text()


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    pytest.importorskip("fcntl", reason="locks as on Unix")
    record = Record(tmp_path)
    with pytest.raises(BatchError, match="another run is writing"):
        Record(tmp_path)
    record.close()
    Record(tmp_path).close()


def test_a_disk_that_is_full_at_the_end_keeps_the_journal(tmp_path, monkeypatch):
    record = Record(tmp_path)
    put(record, "old.jpg")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("photochrom.batch.record.write_manifest", full)
        with pytest.raises(BatchError, match="no room for the manifest"):
            record.close()
    assert Known(tmp_path).is_done("old.jpg", SHA, CHOICES)
    Record(tmp_path).close()
    assert Known(tmp_path).is_done("old.jpg", SHA, CHOICES)
    assert not (tmp_path / UNFINISHED).exists()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BatchError, match="cannot be written") as caught:
        Record(tmp_path / "file" / "new")
    assert "\n" not in str(caught.value)
