import io

import PIL.Image
import PIL.TiffImagePlugin
import pytest

from photochrom.photos.exif import exif_of_tiff, of_the_result, read_exif, resolution_of, shortened, write_exif
from photochrom.photos.ifd import EXIF, Directory, Entry

SOFTWARE = 0x0131


def block_of(**tags):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "ACME", 6
    for name, value in tags.items():
        exif[{"software": SOFTWARE}[name]] = value
    exif.get_ifd(EXIF)[0x9003] = "1920:01:02 03:04:05"
    exif.get_ifd(EXIF)[0xA002] = 4000
    return exif.tobytes()


def as_pillow_reads(directory):
    exif = PIL.Image.Exif()
    exif.load(write_exif(directory))
    return exif


def test_a_block_is_read_and_written_as_pillow_does():
    directory = read_exif(block_of())
    again = as_pillow_reads(directory)
    assert again[0x010F] == "ACME"
    assert again.get_ifd(EXIF)[0x9003] == "1920:01:02 03:04:05"


@pytest.mark.parametrize("block", [None, b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\0\0\0", b"no block at all" * 9])
def test_a_broken_block_says_nothing(block):
    assert read_exif(block) == Directory()


def test_a_tiff_says_as_much_as_a_jpeg_and_nothing_of_its_pixels():
    tags = PIL.TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010F], tags[0x9C9B], tags[0x0112] = "ACME", "Ti".encode("utf-16le"), 3
    tags[EXIF] = {0x9003: "1920:01:02 03:04:05"}
    tags[0x8825] = {1: "N", 2: (10.0, 20.0, 30.5)}
    file = io.BytesIO()
    PIL.Image.new("L", (30, 20)).save(file, "TIFF", tiffinfo=tags)
    exif = as_pillow_reads(read_exif(exif_of_tiff(file, 0)))
    assert set(exif) == {0x010F, 0x9C9B, EXIF, 0x8825}
    assert exif.get_ifd(EXIF) == {0x9003: "1920:01:02 03:04:05"}
    assert exif.get_ifd(0x8825) == {1: "N", 2: (10.0, 20.0, 30.5)}
    assert exif_of_tiff(file, 1) is None


def test_the_result_is_upright_srgb_and_of_its_own_size():
    result = as_pillow_reads(of_the_result(read_exif(block_of())))
    assert 0x0112 not in result
    assert result.get_ifd(EXIF) == {0x9003: "1920:01:02 03:04:05", 0xA001: 1}
    assert of_the_result(Directory(), srgb=False) == Directory()


def test_the_programs_before_stay_named_and_ours_is_named_once():
    directory = read_exif(block_of(software="Scan 3"))
    for _ in range(2):
        directory = of_the_result(directory, "photochrom")
    assert as_pillow_reads(directory)[SOFTWARE] == "Scan 3; photochrom"
    assert as_pillow_reads(of_the_result(Directory(), "photochrom"))[SOFTWARE] == "photochrom"


def test_a_shortened_block_has_lost_only_its_long_values():
    directory = Directory({0x010F: Entry.text("ACME")}, {EXIF: Directory({0x927C: Entry(7, bytes(60_000))})})
    assert shortened(directory) == Directory({0x010F: Entry.text("ACME")}, {EXIF: Directory()})


@pytest.mark.parametrize(
    ("across", "down", "unit", "expected"),
    [(254.0, 508.0, 2, (10, 20)), (100.0, 50.0, 3, (10, 5)), (254.0, 254.0, None, (10, 10)), (0.0, 300.0, 2, None)],
)
def test_resolution_is_read_in_inches_and_centimeters(across, down, unit, expected):
    exif = PIL.Image.Exif()
    exif[0x011A], exif[0x011B] = across, down
    if unit is not None:
        exif[0x0128] = unit
    assert resolution_of(read_exif(exif.tobytes())) == (pytest.approx(expected) if expected else None)
    assert resolution_of(Directory()) is None
