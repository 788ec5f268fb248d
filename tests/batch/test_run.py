"""Whole runs: what they write, and that nothing that happens on the way changes it."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photochrom.batch import NoRoom, Outputs, colorize_all, find_photographs, rehearse_all
from photochrom.batch.pictures import Picture
from photochrom.batch.record import FAILURES, MANIFEST, UNFINISHED
from photochrom.inference import Options

RESULTS = [
    "1920/a.color.jpg",
    "1920/c.color.tif",
    "1930/deep/a.color.jpg",
    "1930/deep/b.color.png",
    "a.color.jpg",
    "b.color.png",
]


def states(outcomes):
    return [outcome.state for outcome in outcomes]


def test_a_folder_is_mirrored_and_the_originals_stay(run, album, tmp_path, files_in):
    before = files_in(album)
    outcomes = run(album, tmp_path / "new")
    assert states(outcomes) == ["colored"] * 6
    assert [outcome.relative for outcome in outcomes] == [
        "a.jpg", "b.png", "1920/a.jpg", "1920/c.tif", "1930/deep/a.jpg", "1930/deep/b.png",
    ]  # fmt: skip
    assert sorted(files_in(tmp_path / "new")) == RESULTS
    assert files_in(album) == before
    for outcome in outcomes:
        assert np.ptp(np.asarray(Image.open(outcome.target)).astype(int), axis=2).max() > 20  # it has color


def test_the_bytes_are_the_same_however_many_jobs_and_whatever_else_is_colored(run, album, tmp_path, files_in):
    run(album, tmp_path / "one", jobs=1, recorded=True)
    run(album, tmp_path / "four", jobs=4, recorded=True)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "four")
    run(album / "1920" / "a.jpg", tmp_path / "alone")
    assert files_in(tmp_path / "alone")["a.color.jpg"] == files_in(tmp_path / "one")["1920/a.color.jpg"]


def test_the_embedded_network_gives_the_same_bytes_with_one_thread_and_with_all(write_photo, tmp_path, files_in):
    for number in range(3):
        write_photo(tmp_path / "album" / f"{number}.jpg", number)
    for jobs in (1, 3):
        works = list(find_photographs([tmp_path / "album"]))
        assert states(colorize_all(works, Options(), Outputs(tmp_path / str(jobs)), jobs=jobs)) == ["colored"] * 3
    assert files_in(tmp_path / "1") == files_in(tmp_path / "3")


def test_resume_skips_what_is_done_by_content_and_choices(run, album, tmp_path, write_photo, files_in):
    place = tmp_path / "new"
    run(album, place, recorded=True)
    before = files_in(place)
    assert states(run(album, place, resume=True)) == ["done"] * 6
    assert files_in(place) == before
    write_photo(album / "1920" / "a.jpg", 9)  # other content under the same name
    (place / "b.color.png").unlink()
    os.utime(album / "a.jpg", (0, 0))  # another date is no other photograph
    write_photo(album / "new.jpg", 8)
    outcomes = run(album, place, resume=True)
    assert {outcome.relative: outcome.state for outcome in outcomes} == {
        "a.jpg": "done", "b.png": "colored", "new.jpg": "colored", "1920/a.jpg": "colored", "1920/c.tif": "done",
        "1930/deep/a.jpg": "done", "1930/deep/b.png": "done",
    }  # fmt: skip
    assert files_in(place)["1920/a.color.jpg"] != before["1920/a.color.jpg"]
    assert files_in(place)["b.color.png"] == before["b.color.png"]
    assert states(run(album, place, resume=True, options={"temperature": 1.0})) == ["colored"] * 7


def test_resume_keeps_a_result_that_somebody_retouched(run, album, tmp_path, write_photo):
    place = tmp_path / "new"
    run(album, place, recorded=True)
    retouched = place / "a.color.jpg"
    retouched.write_bytes(b"retouched")
    outcomes = run(album, place, resume=True)
    assert states(outcomes) == ["failed"] + ["done"] * 5
    assert "exists already" in outcomes[0].error
    assert retouched.read_bytes() == b"retouched"
    assert states(run(album, place, resume=True, force=True))[0] == "colored"


def test_results_beside_the_photographs_are_not_colored_by_the_next_run(run, album, files_in):
    run(album, recorded=True)
    before = files_in(album)
    assert len(before) == 13  # six, six, and the manifest
    outcomes = run(album, resume=True)
    assert states(outcomes) == ["done"] * 6
    assert files_in(album) == before


def test_a_folder_of_results_within_the_photographs_is_not_colored(run, album, files_in):
    place = album / "1920" / "new"
    run(album, place, recorded=True)
    before = files_in(album)
    assert states(run(album, place, resume=True)) == ["done"] * 6
    assert files_in(album) == before


def test_without_resume_or_force_a_result_that_is_there_is_kept(run, album, tmp_path, files_in):
    run(album, tmp_path / "new")
    before = files_in(tmp_path / "new")
    assert states(run(album, tmp_path / "new", options={"temperature": 1.0})) == ["failed"] * 6
    assert files_in(tmp_path / "new") == before
    assert states(run(album, tmp_path / "new", options={"temperature": 1.0}, force=True)) == ["colored"] * 6
    assert files_in(tmp_path / "new") != before


def test_one_bad_photograph_stands_in_the_ledger_and_the_rest_goes_on(run, album, tmp_path, files_in):
    (album / "bad.jpg").write_bytes(b"Dear diary")
    (album / "gone.jpg").symlink_to(album / "nowhere.jpg")
    outcomes = run(album, tmp_path / "new", recorded=True)
    assert states(outcomes).count("colored") == 6
    lines = files_in(tmp_path / "new")[FAILURES].splitlines()
    assert [b"bad.jpg" in lines[0], b"gone.jpg" in lines[1], len(lines)] == [True, True, 2]


def test_a_name_in_another_encoding_is_colored_noted_reported_and_resumed(run, album, tmp_path, files_in, tiny_model):
    """Issue 14: what libvips keeps as text must be UTF-8, and a name on a Linux disk need not be."""
    name = os.fsdecode(b"caf\xe9.jpg")  # Latin-1
    (album / "a.jpg").rename(album / name)
    assert states(run(album, tmp_path / "new", recorded=True)) == ["colored"] * 6
    made = files_in(tmp_path / "new")
    assert os.fsdecode(b"caf\xe9.color.jpg") in made
    assert states(run(album, tmp_path / "new", recorded=True, resume=True)) == ["done"] * 6
    assert files_in(tmp_path / "new") == made
    extras = {"layer": True, "samples": 2, "uncertainty": tmp_path / "maps", "side_by_side": True}
    (outcome,) = run(album / name, tmp_path / "all", outputs=extras)
    assert all(Path(path).exists() for path in (outcome.target, *outcome.extras))


def test_a_file_that_changes_or_vanishes_while_it_is_read_has_no_result(run, album, tmp_path, files_in, monkeypatch):
    """Between reading and writing, another program replaces one photograph and removes another."""
    write = Picture.write

    def meanwhile(*words, **choices):
        (album / "1920" / "c.tif").unlink(missing_ok=True)
        (album / "a.jpg").write_bytes((album / "1920" / "a.jpg").read_bytes())
        return write(*words, **choices)

    monkeypatch.setattr(Picture, "write", meanwhile)
    outcomes = {outcome.relative: outcome for outcome in run(album, tmp_path / "new", jobs=1, recorded=True)}
    assert "changed while" in outcomes["a.jpg"].error
    assert "no such file" in outcomes["1920/c.tif"].error
    assert sorted(files_in(tmp_path / "new")) == sorted(
        [name for name in RESULTS if name not in ("a.color.jpg", "1920/c.color.tif")] + [FAILURES, MANIFEST]
    )


def test_every_further_file_is_written_noted_and_resumed(run, album, tmp_path, files_in):
    outputs = {"samples": 2, "layer": True, "uncertainty": tmp_path / "maps"}
    outcomes = run(album, tmp_path / "new", outputs=outputs, recorded=True)
    assert states(outcomes) == ["colored"] * 6
    assert all(len(outcome.extras) == 4 for outcome in outcomes)
    assert len(files_in(tmp_path / "new")) == 6 * 4 + 1
    assert sorted(files_in(tmp_path / "maps"))[0] == "1920/a.uncertainty.png"
    assert states(run(album, tmp_path / "new", outputs=outputs, resume=True)) == ["done"] * 6
    (tmp_path / "maps" / "a.uncertainty.png").unlink()
    assert states(run(album, tmp_path / "new", outputs=outputs, resume=True)) == ["colored"] + ["done"] * 5


def test_a_photograph_in_color_is_told_and_copied_on_request(run, tmp_path):
    import skimage.data

    photo = tmp_path / "cat.jpg"
    Image.fromarray(np.ascontiguousarray(skimage.data.chelsea())).save(photo)
    (outcome,) = run(photo, tmp_path / "anew")
    assert (outcome.state, outcome.already_colored) == ("colored", True)
    (outcome,) = run(photo, tmp_path / "kept", options={"keep_color": True})
    assert (outcome.state, outcome.already_colored) == ("copied", True)
    assert Path(outcome.target).read_bytes() == photo.read_bytes()
    (outcome,) = run(photo, tmp_path / "kept.png", options={"keep_color": True})
    assert np.array_equal(np.asarray(Image.open(outcome.target)), np.asarray(Image.open(photo)))


def test_a_dry_run_writes_nothing_and_tells_what_a_run_would_do(run, album, tmp_path, tiny_model, files_in):
    place, options = tmp_path / "new", Options(model=tiny_model)
    works = list(find_photographs([album, album / "none.jpg"], together=True))
    rehearsed = list(rehearse_all(works, options, Outputs(place)))
    assert states(rehearsed) == ["planned"] * 6 + ["failed"]
    assert not place.exists()
    done = run(album, place, recorded=True)
    assert [outcome.target for outcome in rehearsed[:6]] == [outcome.target for outcome in done]
    before = files_in(tmp_path)
    assert states(rehearse_all(works, options, Outputs(place), resume=True)) == ["done"] * 6 + ["failed"]
    assert states(rehearse_all(works, options, Outputs(place))) == ["failed"] * 7
    assert states(rehearse_all(works, options, Outputs(place), force=True)) == ["planned"] * 6 + ["failed"]
    assert files_in(tmp_path) == before


# What the machine does to a run.


def test_a_full_disk_ends_the_run_and_resume_goes_on(run, album, tmp_path, tiny_model, files_in, monkeypatch):
    """The third result finds no room, on a disk that says that it is full."""
    write, written = Picture.write, []

    def fill(picture, *words, **choices):
        written.append(picture)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(picture, *words, **choices)

    def usage(_):
        return shutil._ntuple_diskusage(10**9, 0, 10**9 if len(written) < 3 else 0)

    place, told = tmp_path / "new", []
    outcomes = colorize_all(
        list(find_photographs([album])), Options(model=tiny_model), Outputs(place), jobs=1, recorded=True
    )
    with monkeypatch.context() as patch:
        patch.setattr(Picture, "write", fill)
        patch.setattr(shutil, "disk_usage", usage)
        with pytest.raises(NoRoom, match="--resume"):
            told.extend(outcomes)
    assert states(told) == ["colored"] * 2
    assert not (place / UNFINISHED).exists()
    assert states(run(album, place, resume=True)) == ["done"] * 2 + ["colored"] * 4
    run(album, tmp_path / "undisturbed", recorded=True)
    assert files_in(place) == files_in(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("Failed to allocate memory for requested buffer of size 9")]
)
def test_out_of_memory_is_an_error_with_a_next_step_and_no_picture(run, album, tmp_path, files_in, monkeypatch, error):
    def exhausted(*_, **__):
        raise error

    monkeypatch.setattr("photochrom.inference.predictor.Predictor.predict_ab", exhausted)
    outcomes = run(album, tmp_path / "new", recorded=True)
    assert states(outcomes) == ["failed"] * 6
    assert all("not enough memory" in outcome.error and "fewer jobs" in outcome.error for outcome in outcomes)
    assert list(files_in(tmp_path / "new")) == [FAILURES]


def test_an_error_nobody_foresaw_is_told_as_the_caller_wants(run, album, tmp_path, monkeypatch):
    def break_down(*_, **__):
        raise ZeroDivisionError("far corner")

    monkeypatch.setattr("photochrom.inference.predictor.Predictor.predict_ab", break_down)
    told = run(album, tmp_path / "new", unexpected=lambda error: f"odd: {error}")
    assert told[0].error == f"{album / 'a.jpg'}: odd: far corner"
    with pytest.raises(ZeroDivisionError):
        run(album, tmp_path / "new")


def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_done(run, album, tmp_path):
    (tmp_path / "file").touch()
    from photochrom.batch import BatchError

    with pytest.raises(BatchError, match="cannot be written"):
        run(album, tmp_path / "file" / "new", recorded=True)


RUN = """
import sys, time
from pathlib import Path
from photochrom.batch import Outputs, colorize_all, find_photographs
from photochrom.inference import Options
source, place, model, report = map(Path, sys.argv[1:])
works = list(find_photographs([source]))
outputs = Outputs(place, layer=True)
for outcome in colorize_all(works, Options(model=model), outputs, jobs=2, resume=True, report=report):
    print(outcome.relative, outcome.state, flush=True)
"""


@pytest.mark.parametrize("wanted", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_again_and_again_ends_in_the_tree_of_one_undisturbed(
    tmp_path, write_photo, tiny_model, files_in, wanted
):
    for number in range(24):
        write_photo(tmp_path / "album" / f"{number % 3}" / f"{number}.png", number)
    chance, kills, finished = random.Random(11), 0, False

    def start(place):
        command = [sys.executable, "-c", RUN, tmp_path / "album", place, tiny_model, place.with_suffix(".html")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    assert start(tmp_path / "undisturbed").wait() == 0
    while not finished:
        process = start(tmp_path / "disturbed")
        for _ in range(chance.randrange(1, 8) if kills < wanted else 100):
            if not process.stdout.readline():
                break
        time.sleep(chance.random() * 0.02)
        if kills < wanted:
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        else:
            finished = process.wait() == 0
        process.stdout.close()
    assert kills == wanted
    disturbed, undisturbed = files_in(tmp_path / "disturbed"), files_in(tmp_path / "undisturbed")
    assert len(undisturbed) == 49  # two results each, and the manifest
    assert disturbed == undisturbed
    pages = [(tmp_path / f"{name}.html").read_text() for name in ("disturbed", "undisturbed")]
    assert pages[0].replace("disturbed", "x") == pages[1].replace("undisturbed", "x")


def test_a_tiff_of_several_pages_is_colored_page_by_page(run, tmp_path, scene):
    pages = [Image.fromarray(np.roll(scene, 9 * number, axis=1)) for number in range(3)]
    pages[0].save(tmp_path / "album.tif", save_all=True, append_images=pages[1:])
    (outcome,) = run(tmp_path / "album.tif", tmp_path / "new")
    assert outcome.state == "colored", outcome.error
    with Image.open(outcome.target) as result:
        assert result.n_frames == 3
        for number in range(3):
            result.seek(number)
            page = np.asarray(result).astype(int)
            assert page.shape == (96, 128, 3)
            assert np.ptp(page, axis=2).max() > 20
    for outputs in ({"layer": True}, {"samples": 1}, {"uncertainty": tmp_path / "maps"}):
        (outcome,) = run(tmp_path / "album.tif", tmp_path / "other", outputs=outputs)
        assert "has 3 pages" in outcome.error
    (outcome,) = run(tmp_path / "album.tif", tmp_path / "new.jpg")
    assert "ends in .tif" in outcome.error
