import tarfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from photochrom.archive import ArchiveError
from photochrom.archive.listing import list_photographs
from photochrom.archive.shards import ParquetRows
from photochrom.archive.store import Store, open_store
from photochrom.batch import Outputs, find_photographs
from photochrom.batch.outputs import targets_for
from photochrom.batch.work import Work


def listed(store, **choices):
    return list(list_photographs(store, Outputs(), **choices))


def target_of(photograph):
    return targets_for(Work(photograph.key, photograph.key, None, "url"), Outputs(Path()), distinct=photograph.distinct)


def test_a_folder_holds_what_the_folder_command_finds_in_its_order(scans):
    found = listed(open_store(str(scans)))
    assert [each.key for each in found] == [work.relative for work in find_photographs([scans], together=True)]
    assert [each.size for each in found] == [(scans / each.key).stat().st_size for each in found]
    assert not any(each.refusal for each in found)


def test_results_have_the_names_that_the_folder_command_gives_them(scans, folder_run):
    names = {each.key: target_of(each).picture.as_posix() for each in listed(open_store(str(scans)))}
    place, outcomes = folder_run
    made = {name: outcome for name, outcome in outcomes.items() if outcome.target is not None}
    assert {name: str(place / names[name]) for name in made} == {name: each.target for name, each in made.items()}
    assert names["a.gif"] == "a.gif.color.png"  # because a.png is there
    assert names["d.gif"] == "d.color.png"


def test_parts_have_every_photograph_once_and_keep_those_of_one_name_together(scans):
    store = open_store(str(scans))
    parts = [listed(store, part=(index, 3)) for index in range(3)]
    assert sorted(each for part in parts for each in part) == sorted(listed(store))
    assert all(parts)
    assert len({index for index, part in enumerate(parts) for each in part if each.key.startswith("a.")}) == 1


def test_a_target_inside_the_source_is_left_out(scans):
    keys = {each.key for each in listed(open_store(str(scans)), exclude="1932/märz")}
    assert "1932/002.jpg" in keys
    assert not any(key.startswith("1932/märz") for key in keys)


def test_two_photographs_that_want_one_result_are_not_both_given_it(tmp_path, picture):
    for name in ("a.gif", "a.GIF", "a.gif.png"):
        (tmp_path / name).write_bytes(picture(1))
    found = listed(open_store(str(tmp_path)))
    taken = [target_of(each).picture for each in found if not each.refusal]
    assert len(taken) == len(set(taken))
    assert {each.key for each in found} == {"a.gif", "a.GIF", "a.gif.png"}
    assert [each.refusal for each in found if each.refusal] == [
        "its result would have the name of another's; give it a name of its own"
    ]


def test_nothing_of_the_second_folder_is_read_before_it_is_asked_for(scans, monkeypatch):
    asked = []
    entries = Store.entries

    def watched(store, folder=""):
        asked.append(folder)
        return entries(store, folder)

    monkeypatch.setattr(Store, "entries", watched)
    stream = list_photographs(open_store(str(scans)), Outputs())
    next(stream)
    assert asked == [""]
    list(stream)
    assert asked == ["", "1931", "1932", "1932/märz"]


@pytest.fixture
def shards(tmp_path, picture):
    """A WebDataset tar and a Parquet file."""
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        for name, content in (
            ("0001.jpg", picture(1)),
            ("0001.json", b"{}"),
            ("0001.mask.png", picture(2, "PNG")),
            ("a/0002.mask.png", picture(3, "PNG")),
            ("a/0002.jpg", picture(4)),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    images = [{"bytes": picture(n), "path": f"{n}.jpg" if n % 2 else None} for n in range(5, 12)]
    parquet.write_table(pa.table({"image": images}), tmp_path / "p.parquet", row_group_size=3)
    return open_store(str(tmp_path))


def test_members_of_a_tar_are_read_by_their_place_in_it(shards, picture):
    found = listed(shards, only="s.tar")
    assert [each.key for each in found] == ["s.tar/0001.jpg", "s.tar/a/0002.jpg"]
    contents = [shards.read(each.shard, each.offset, each.offset + each.size) for each in found]
    assert contents == [picture(1), picture(4)]


def test_rows_of_a_parquet_file_are_read_in_any_order(shards, picture):
    found = listed(shards, only="p.parquet")
    assert [each.key for each in found[:2]] == ["p.parquet/00000000-5.jpg", "p.parquet/00000001"]
    rows = ParquetRows(shards)
    for row in (0, 6, 2, 3):
        assert rows.read("p.parquet", found[row].offset) == picture(5 + row)


def test_a_folder_of_shards_is_listed_with_the_photographs_beside_them(shards, tmp_path, picture):
    (tmp_path / "q.jpg").write_bytes(picture(1))
    assert [each.key for each in listed(shards)][-1] != "p.parquet"
    assert len(listed(shards)) == 2 + 7 + 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cut.tar", b"not a tar at all" * 64, "damaged or cut short"),
        ("cut.parquet", b"PAR1 and no more", "damaged or cut short"),
        ("s.tar.gz", b"", "unpack it to a plain .tar"),
    ],
)
def test_a_shard_that_cannot_be_read_is_named(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArchiveError, match=rf"{name}.*{told}"):
        listed(open_store(str(tmp_path)))


def test_parquet_without_pictures_is_told_with_its_columns(tmp_path):
    parquet.write_table(pa.table({"text": ["a"]}), tmp_path / "t.parquet")
    with pytest.raises(ArchiveError, match=r"no column `image` \(it has text\)"):
        listed(open_store(str(tmp_path)))
