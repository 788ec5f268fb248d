import io

import pytest

from photochrom.batch import snapshot
from photochrom.batch.errors import BatchError
from photochrom.batch.snapshot import take_snapshot
from photochrom.batch.work import Work
from photochrom.photos import PhotoError


def work_of(path):
    return Work(str(path), path.name, str(path.parent))


@pytest.fixture(params=["in memory", "on the disk"])
def photo(request, tmp_path, write_photo, monkeypatch):
    """A photograph, small enough to be held in memory, or too large for it."""
    if request.param == "on the disk":
        monkeypatch.setattr(snapshot, "IN_MEMORY", 100)
    return write_photo(tmp_path / "old.png")


def test_the_photograph_has_its_name_and_place(photo):
    taken = take_snapshot(work_of(photo))
    (photograph,) = taken.open(max_megapixels=1)
    assert (photograph.name, photograph.path) == ("old.png", photo)
    assert (photograph.width, photograph.height) == (128, 96)
    taken.check_unchanged()


def test_a_file_that_changes_is_told(photo, write_photo):
    taken = take_snapshot(work_of(photo))
    write_photo(photo, 7)
    with pytest.raises(BatchError, match="changed while"):
        taken.check_unchanged()


def test_a_file_that_vanishes_is_told(photo):
    taken = take_snapshot(work_of(photo))
    photo.unlink()
    with pytest.raises(BatchError, match="No such file"):
        taken.check_unchanged()


def test_what_is_in_memory_survives_the_file(tmp_path, write_photo):
    photo = write_photo(tmp_path / "old.webp")
    taken = take_snapshot(work_of(photo))
    with photo.open("r+b") as file:
        file.truncate(10)  # a mapped file that shrinks would end the process
    assert taken.open(max_megapixels=1)[0].lightness(64, 32).shape == (32, 64)


@pytest.mark.parametrize("content", [None, b"", b"Dear diary"])
def test_what_is_no_photograph_is_told_with_its_name_once(tmp_path, content):
    path = tmp_path / "old.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotoError) as caught:
        take_snapshot(work_of(path)).open(max_megapixels=1)
    assert str(caught.value).count("old.jpg") == 1


def test_a_raw_file_is_refused_by_its_name(tmp_path, write_photo):
    path = write_photo(tmp_path / "old.tif").rename(tmp_path / "old.nef")
    with pytest.raises(PhotoError, match="raw camera"):
        take_snapshot(work_of(path))


def test_standard_input_is_read_and_bounded(tmp_path, write_photo, monkeypatch):
    content = write_photo(tmp_path / "old.png").read_bytes()
    work = Work("-", "stdin", None, "stdin")
    taken = take_snapshot(work, stdin=io.BytesIO(content))
    assert taken.open(max_megapixels=1)[0].width == 128
    taken.check_unchanged()
    with pytest.raises(BatchError, match="nothing came"):
        take_snapshot(work, stdin=io.BytesIO())
    monkeypatch.setattr(snapshot, "MAX_STDIN", 100)
    with pytest.raises(BatchError, match="more than"):
        take_snapshot(work, stdin=io.BytesIO(content))
