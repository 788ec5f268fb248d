import os
import pickle

import pytest

from photochrom.archive import ArchiveError
from photochrom.archive.errors import BadPlace
from photochrom.archive.store import Store, open_store


@pytest.fixture
def folder(tmp_path):
    return open_store(str(tmp_path))


def test_a_result_replaces_one_that_is_there_and_leaves_nothing_beside_it(folder, tmp_path):
    folder.put("1931/old.jpg", b"first")
    folder.put("1931/old.jpg", b"second")
    assert folder.read("1931/old.jpg") == b"second"
    assert [path.name for path in (tmp_path / "1931").iterdir()] == ["old.jpg"]
    assert list((tmp_path / folder.unfinished).iterdir()) == []


def test_files_and_folders_are_copied_and_removed_and_what_is_not_there_is_no_trouble(folder, tmp_path):
    folder.put("1931/old.jpg", b"whole")
    folder.copy("1931/old.jpg", "1931/new.jpg")
    folder.remove("1931/old.jpg")
    folder.remove("1931/none.jpg")
    assert [path.name for path in (tmp_path / "1931").iterdir()] == ["new.jpg"]
    folder.remove("1931")
    assert not (tmp_path / "1931").exists()


def test_a_file_that_grows_is_never_seen_under_its_name(folder, tmp_path, monkeypatch):
    seen = []
    write = type(tmp_path).write_bytes

    def watched(path, content):
        write(path, content[:3])
        seen.append((tmp_path / "old.jpg").exists())
        return write(path, content)

    monkeypatch.setattr(type(tmp_path), "write_bytes", watched)
    folder.put("old.jpg", b"whole")
    assert seen == [False]
    assert folder.read("old.jpg") == b"whole"


def test_a_name_that_the_disk_does_not_take_is_that_photographs_trouble(folder):
    with pytest.raises(BadPlace, match="file name too long"):
        folder.put("x" * 300, b"")
    folder.put("file", b"")
    with pytest.raises(BadPlace, match=r"not a directory|file exists"):
        folder.put("file/old.jpg", b"")


def test_a_full_disk_ends_the_run_at_once_with_what_to_do(folder, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(ArchiveError, match=r"no space left on device.*same command to go on"):
        folder.put("old.jpg", b"")


def test_a_moments_trouble_is_waited_out(folder, monkeypatch):
    monkeypatch.setattr("photochrom.archive.store._WAITS", (0.0, 0.0))
    troubles = [ConnectionResetError(), TimeoutError()]

    def exists(_):
        if troubles:
            raise troubles.pop()
        return True

    monkeypatch.setattr(folder.files, "exists", exists)
    assert folder.exists("old.jpg")


def test_a_folder_is_listed_in_the_order_of_names_without_links_to_folders(folder, tmp_path):
    for name in ("b.jpg", "a.jpg", "c/d.jpg"):
        folder.put(name, b"12345")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.jpg").symlink_to(tmp_path / "none")
    found = [(entry.name, entry.is_folder, entry.size) for entry in folder.entries() if not entry.name.startswith(".")]
    assert found == [("a.jpg", False, 5), ("b.jpg", False, 5), ("c", True, 0)]
    assert list(folder.entries("none")) == []


def test_an_etag_changes_with_the_content(folder, tmp_path):
    folder.put("a.jpg", b"12345")
    (before,) = [entry.etag for entry in folder.entries() if entry.name == "a.jpg"]
    os.utime(tmp_path / "a.jpg", ns=(0, 1))
    (after,) = [entry.etag for entry in folder.entries() if entry.name == "a.jpg"]
    assert before != after


@pytest.mark.parametrize("place", ["s3://me:s3cret@bucket/a", "s3://bucket/a?signature=s3cret", "gs://u@b/a#s3cret"])
def test_an_address_with_a_key_is_refused_without_repeating_it(place):
    with pytest.raises(ArchiveError, match="credentials") as raised:
        open_store(place)
    assert "s3cret" not in str(raised.value)


def test_an_address_of_an_unknown_kind_is_refused():
    with pytest.raises(ArchiveError, match="no address of the kind"):
        open_store("nonsense://bucket/a")
    with pytest.raises(ArchiveError, match="empty name"):
        open_store(" ")


def test_a_store_is_pickled_without_its_connection(folder):
    assert folder.files is not None
    assert pickle.loads(pickle.dumps(Store(folder.url))) == folder


def test_a_bucket_is_listed_page_by_page_as_a_folder_would_be(s3, monkeypatch):
    monkeypatch.setattr("photochrom.archive.store._PAGE", 3)
    names = [f"{number:04}.jpg" for number in range(8)]
    for name in names:
        s3.pipe(f"archive/paged/{name}", name.encode())
    s3.pipe("archive/paged/0001/deep.jpg", b"")
    found = list(open_store("s3://archive/paged/").entries())
    assert [entry.name for entry in found if not entry.is_folder] == names
    assert [entry.name for entry in found if entry.is_folder] == ["0001"]
    assert found[0].size == 8
    assert found[0].etag


def test_a_bucket_takes_gives_and_loses_what_a_folder_does(s3, tmp_path):
    bucket = open_store("s3://archive/store")
    bucket.put("1931/old.jpg", b"first")
    bucket.put("1931/old.jpg", b"second")
    assert bucket.read("1931/old.jpg", 1, 4) == b"eco"
    assert bucket.read_all(["1931/old.jpg", "1931/old.jpg"]) == [b"second"] * 2
    assert bucket.exists("1931/old.jpg")
    (tmp_path / "whole").write_bytes(b"third")
    bucket.put_file("1931/old.jpg", tmp_path / "whole")
    assert bucket.read("1931/old.jpg") == b"third"
    bucket.copy("1931/old.jpg", "1931/same.jpg")
    assert bucket.read("1931/same.jpg") == b"third"
    bucket.remove("1931")
    assert not bucket.exists("1931/old.jpg")


def test_a_name_that_is_no_utf_8_is_taken_by_a_folder_and_not_by_a_bucket(s3, folder, tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    folder.put(name, b"whole")
    assert (os.fsencode(tmp_path) + b"/caf\xe9.jpg") in [os.fsencode(path) for path in tmp_path.iterdir()]
    assert folder.read(name) == b"whole"
    with pytest.raises(BadPlace, match=r"does not take this name \(no UTF-8\)"):
        open_store("s3://archive/store").put(name, b"")


def test_a_bucket_that_is_not_there_is_one_line_without_the_key(s3, monkeypatch):
    monkeypatch.setattr("photochrom.archive.store._WAITS", ())
    with pytest.raises(ArchiveError) as raised:
        open_store("s3://no-such-bucket/a").put("b", b"")
    assert "s3://no-such-bucket/a cannot be written" in str(raised.value)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)
