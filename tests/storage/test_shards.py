"""The rules of shards. Whole shards are read in tests/data and tests/archive."""

import io
import tarfile

import pyarrow as pa
import pytest

from photochrom.storage.shards import image_column, one_a_sample, sample_of


class Stream(io.BytesIO):
    """What can be read once, from its start to its end."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError("it cannot be sought in")


@pytest.fixture
def read():
    """read([(name, content), ...], mode) -> what one_a_sample gives of a tar of these files."""

    def of(members, mode="r|"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            folder = tarfile.TarInfo("z.jpg")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
        kind = Stream if mode == "r|" else io.BytesIO
        with tarfile.open(fileobj=kind(file.getvalue()), mode=mode) as tar:
            found = one_a_sample(tar, lambda name: name.endswith((".jpg", ".png")), lambda m: tar.extractfile(m).read())
            return list(found)

    return of


def test_of_each_sample_comes_the_picture_with_the_shortest_ending_wherever_it_stands(read):
    members = [
        ("a/1.mask.png", b"mask"),
        ("a/1.jpg", b"one"),
        ("a/1.json", b"{}"),
        ("a/1.depth.left.png", b"depth"),
        ("a/2.json", b"{}"),
        ("a/._3.jpg", b"left by another system"),
        ("a/3.seg.png", b"three"),
        ("b/3.jpg", b"another three"),
    ]
    wanted = [("a/1.jpg", b"one"), ("a/3.seg.png", b"three"), ("b/3.jpg", b"another three")]
    assert read(members) == wanted
    assert read(members, "r:") == wanted


def test_of_two_with_equal_endings_the_first_is_taken_and_a_sample_is_what_follows_each_other(read):
    assert read([("1.png", b"a"), ("1.jpg", b"b")]) == [("1.png", b"a")]
    assert read([("1.jpg", b"a"), ("2.txt", b""), ("1.png", b"b")]) == [("1.jpg", b"a"), ("1.png", b"b")]


def test_a_sample_is_named_up_to_the_first_dot_of_the_file_alone():
    assert [sample_of(name) for name in ("v1.0/0001.seg.png", "0001", "./0001.jpg")] == ["v1.0/0001", "0001", "0001"]


def test_the_column_of_pictures_is_found_by_its_name_or_by_being_the_only_one():
    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    assert image_column(pa.schema([("photo", picture), ("label", pa.int64())])) == "photo"
    assert image_column(pa.schema([("before", picture), ("image", pa.binary())])) == "image"
    with pytest.raises(ValueError, match=r"no column `image` \(it has before, after\)"):
        image_column(pa.schema([("before", picture), ("after", picture)]))
