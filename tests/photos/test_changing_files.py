"""A file that vanishes, changes or is cut short while it is read, and a disk that fills while a result is written."""

import os
import subprocess
import sys

import numpy as np
import pytest

from photochrom.photos import (
    DamagedPhoto,
    OutOfMemory,
    PhotoError,
    UnreadablePhoto,
    join_color,
    open_photograph,
    photograph_from_array,
    save_photograph,
)
from photochrom.photos.errors import of_reading, of_writing

NAMES = ["a.jpg", "a.png", "a.tif", "a.webp", "a.avif", "a.gif"]


def colored(photograph):
    flat = np.zeros((32, 32), np.float32)
    return join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=flat)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_vanished_is_said_so(name, astronaut, store, tmp_path):
    photograph = open_photograph(store(astronaut, name))
    picture = colored(photograph)
    (tmp_path / name).unlink()
    for read in (lambda: photograph.lightness(32, 32), lambda: colored(photograph)):
        with pytest.raises(UnreadablePhoto, match=rf"^{name}: the file vanished while it was being read; "):
            read()
    with pytest.raises(PhotoError, match="vanished"):
        save_photograph(picture, tmp_path / "b.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_replaced_by_another_is_not_mixed_with_it(name, astronaut, store, tmp_path):
    photograph = open_photograph(store(astronaut, name))
    store(astronaut[:100], name)
    with pytest.raises(DamagedPhoto, match="changed while it was being read"):
        colored(photograph)


def test_a_file_of_another_kind_of_pixels_is_not_taken_for_the_same(astronaut, store):
    photograph = open_photograph(store(astronaut, "a.png"))
    store(astronaut[..., 0], "a.png")
    for read in (lambda: photograph.lightness(32, 32), photograph.pixels):
        with pytest.raises(DamagedPhoto, match="changed while it was being read"):
            read()


def test_a_file_written_to_meanwhile_gives_no_result(astronaut, store, tmp_path):
    path = store(astronaut, "a.png")
    picture = colored(open_photograph(path))
    store(255 - astronaut, "a.png")  # of the same size and kind
    os.utime(path, ns=(1, 1))
    with pytest.raises(DamagedPhoto, match=r"^a\.png: the file changed while it was being read; color it again"):
        save_photograph(picture, tmp_path / "b.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


CUT_SHORT = """
import os, sys
import numpy as np
from photochrom.photos import PhotoError, join_color, open_photograph, save_photograph

photograph = open_photograph(sys.argv[1])
picture = join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=np.zeros((32, 32), np.float32))
os.truncate(sys.argv[1], 5000)
try:
    save_photograph(picture, sys.argv[2])
except PhotoError as error:
    print(error)
"""


EFFORT = {"a.avif": {"effort": 0}, "a.gif": {"effort": 1}}  # the smallest file is not what is asked for


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_short_meanwhile_ends_no_process(name, store, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    path = store(noise, name, **EFFORT.get(name, {}))
    command = [sys.executable, "-c", CUT_SHORT, str(path), str(tmp_path / "b.tif")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0  # a memory-mapped file would end it by SIGBUS
    assert run.stdout.startswith("a.")
    assert run.stdout.count("\n") == 1
    assert not (tmp_path / "b.tif").exists()


FILLING = """
import resource, sys
import numpy as np
from photochrom.photos import PhotoError, photograph_from_array, save_pages

noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
picture = photograph_from_array(noise).pixels()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    save_pages([picture] * int(sys.argv[3]), sys.argv[1])
except PhotoError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("name", "limit", "pages"), [("b.tif", 100_000, 1), ("b.tif", 500_000, 3), ("b.png", 9_000, 1)]
)
def test_a_disk_that_fills_at_any_stage_leaves_no_partial_file(name, limit, pages, tmp_path):
    command = [sys.executable, "-c", FILLING, str(tmp_path / name), str(limit), str(pages)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout == f"{tmp_path / name}: no room to write it; free some space or choose another folder\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["out of memory", "std::bad_alloc", "Failed to allocate memory for strip"])
def test_running_out_of_memory_is_told_with_a_next_step(text, cameraman, monkeypatch):
    for error in (of_reading("a.tif", f"unable to call tiffload\n{text}"), of_writing("a.tif", "b.tif", f"x\n{text}")):
        assert isinstance(error, OutOfMemory)
        assert str(error).startswith("a.tif: there is not enough memory for it; ")
    photograph = photograph_from_array(cameraman)

    def without_memory(**_):
        raise MemoryError

    object.__setattr__(photograph, "_load", without_memory)
    for read in (lambda: photograph.lightness(32, 32), photograph.pixels):
        with pytest.raises(OutOfMemory):
            read()


def test_an_empty_directory_is_damage_though_libtiff_speaks_of_memory():
    text = (
        "unable to call tiffload\ntiff2vips: Failed to allocate memory for to read TIFF directory (0 elements of 12)\n"
    )
    error = of_reading("a.tif", text + "tiff2vips: Failed to read directory at offset 6924\n")
    assert isinstance(error, DamagedPhoto)
    assert "memory" not in str(error)
