import io

import numpy as np
import PIL.Image
import pytest
import tifffile

from photochrom.photos.ifd import EXIF, BrokenDirectory, Directory, DirectoryReader, Entry, serialize


def read(content, wanted=None):
    return [directory for directory, _ in DirectoryReader(io.BytesIO(content)).chain(wanted)]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_values_agree_with_tifffile_in_every_order_and_width(byteorder, bigtiff):
    file = io.BytesIO()
    extra = [
        (65000, "H", 3, (1, 2, 65535), True),
        (65001, "I", 1, 70000, True),
        (65002, "d", 2, (0.5, -2.0), True),
        (65003, "2I", 2, (1, 3, 2, 7), True),  # rationals
        (65004, "s", 0, "words", True),
        (65005, "B", 5, bytes(range(5)), True),
    ]
    pages = np.zeros((2, 20, 30), np.uint16)
    with tifffile.TiffWriter(file, byteorder=byteorder, bigtiff=bigtiff) as writer:
        for page in pages:
            writer.write(page, extratags=extra, metadata=None, software=False, contiguous=False)
    first, second = read(file.getvalue())
    assert [entry.numbers() for entry in (first.entries[65000], first.entries[65001])] == [[1, 2, 65535], [70000]]
    assert np.frombuffer(first.entries[65002].data, "<f8").tolist() == [0.5, -2.0]
    assert np.frombuffer(first.entries[65003].data, "<u4").tolist() == [1, 3, 2, 7]
    assert first.entries[65004].data == b"words\0"
    assert first.entries[65005].data == bytes(range(5))
    assert second.entries[256].numbers() == [30]
    assert list(read(file.getvalue(), {257})[0].entries) == [257]


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_written_is_read_by_pillow(order):
    directory = Directory(
        {0x010F: Entry.text("ACME"), 0x0131: Entry.text("a long name of software"), 0x0112: Entry.of(3, [6])},
        {EXIF: Directory({0x9003: Entry.text("1920:01:02 03:04:05"), 0x829A: Entry(5, b"\1\0\0\0\x7d\0\0\0")})},
    )
    body, start = serialize(directory, 8, order=order)
    order_name = "little" if order == "<" else "big"
    header = (b"II" if order == "<" else b"MM") + (42).to_bytes(2, order_name) + start.to_bytes(4, order_name)
    exif = PIL.Image.Exif()
    exif.load(b"Exif\0\0" + header + body)
    assert dict(exif)[0x010F] == "ACME"
    assert exif[0x0131] == "a long name of software"
    assert exif[0x0112] == 6
    assert exif.get_ifd(EXIF) == {0x9003: "1920:01:02 03:04:05", 0x829A: 1 / 125}
    assert read(header + body) == [directory]


def test_cycles_end_and_offsets_outside_are_refused():
    entries = Directory({256: Entry.of(4, [7])})
    body, start = serialize(entries, 8)
    cycle = b"II*\0" + start.to_bytes(4, "little") + body[:-4] + start.to_bytes(4, "little")
    assert read(cycle) == [entries]
    for content in (b"", b"PK", b"II\0\0\0\0\0\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"):
        with pytest.raises(BrokenDirectory):
            read(content)


def test_a_value_outside_the_file_is_left_out_and_the_others_stay():
    body, start = serialize(Directory({256: Entry.of(4, [7]), 270: Entry.text("a description")}), 8)
    content = bytearray(b"II*\0" + start.to_bytes(4, "little") + body)
    place = content.index((270).to_bytes(2, "little")) + 8
    content[place : place + 4] = (1 << 30).to_bytes(4, "little")
    assert list(read(bytes(content))[0].entries) == [256]


def test_a_directory_that_points_at_itself_ends():
    body, start = serialize(Directory({256: Entry.of(4, [7])}, {EXIF: Directory()}), 8)
    content = bytearray(b"II*\0" + start.to_bytes(4, "little") + body)
    place = content.index(EXIF.to_bytes(2, "little")) + 8
    content[place : place + 4] = start.to_bytes(4, "little")
    assert read(bytes(content))[0].entries[256].numbers() == [7]
