import os

import pytest

from photochrom.batch.result_names import NAME_BYTES, ONLY_READ, WRITTEN, result_name, results_among, shortened
from photochrom.photos import formats


def test_the_extensions_are_those_that_are_read_and_written():
    assert set(WRITTEN) == {extension for kind in formats.WRITABLE for extension in kind.extensions}
    assert set(WRITTEN + ONLY_READ) == {extension for kind in formats.READABLE for extension in kind.extensions}


LONG = {
    "plain": "x" * 251 + ".jpg",
    "two bytes each": "é" * 125 + ".jpg",
    "three bytes each": "日" * 83 + ".tiff",
    "joined": "👩\u200d👩\u200d👧" * 13 + ".png",
    "no UTF-8": os.fsdecode(b"\xe9" * 250) + ".gif",
}


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
def test_a_name_of_255_bytes_gives_results_that_a_file_system_takes(tmp_path, name):
    assert 230 < len(os.fsencode(name)) <= 255
    for what in ("color", "color-64", "before-after"):
        result = result_name(name, what)
        assert len(os.fsencode(result)) <= NAME_BYTES
        assert f".{what}." in result
        (tmp_path / result).touch()


def test_long_names_that_differ_at_their_ends_give_different_results():
    names = ["x" * 250 + f"{number}.jpg" for number in range(10)]
    assert len({result_name(name) for name in names}) == 10


def test_a_shortened_name_ends_with_a_whole_character():
    assert shortened("aé", 2) == "a"
    assert shortened("aé", 3) == "aé"


def test_results_of_long_names_are_known_as_such():
    name = "x" * 251 + ".jpg"
    assert results_among([name, result_name(name)]) == {result_name(name)}


def test_a_dot_in_a_name_without_an_extension_is_part_of_it():
    assert result_name("Dr. Who") == "Dr. Who.color.png"
    assert result_name(".jpg") == ".jpg.color.png"
