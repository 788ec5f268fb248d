import io
import struct
import zlib

import numpy as np
import PIL.Image
import PIL.PngImagePlugin
import pytest

from photochrom.photos import encode_photograph, join_color, open_photograph, save_photograph
from photochrom.photos.png_text import append_texts, texts_of_png


def colored(photograph):
    return join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=photograph.lightness(32, 32))


def png(cameraman, *chunks):
    file = io.BytesIO()
    PIL.Image.fromarray(cameraman).save(file, "PNG")
    content = file.getvalue()
    start = content.index(b"IDAT") - 4
    return content[:start] + b"".join(chunk(kind, data) for kind, data in chunks) + content[start:]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def texts_of(content):
    with PIL.Image.open(io.BytesIO(content)) as image:
        image.load()
        return {key: str(value) for key, value in image.text.items() if key != "XML:com.adobe.xmp"}


TEXTS = (
    (b"tEXt", b"Title\0Grandmother"),
    (b"tEXt", "Author\0Müller".encode("latin-1")),
    (b"tEXt", "Größe\0groß".encode("latin-1")),  # a keyword in Latin-1, as the specification has it
    (b"zTXt", b"Comment\0\0" + zlib.compress("très long ".encode("latin-1") * 50)),
    (b"iTXt", b"Description\0\0\0de\0\0" + "Oma am Fluß ⌘".encode()),
)


@pytest.mark.parametrize("in_memory", [True, False])
def test_texts_of_every_kind_stay_as_pillow_reads_them(in_memory, cameraman, tmp_path):
    source = png(cameraman, *TEXTS)
    if in_memory:
        result = encode_photograph(colored(open_photograph(source)), ".png")
    else:
        (tmp_path / "a.png").write_bytes(source)
        result = save_photograph(colored(open_photograph(tmp_path / "a.png")), tmp_path / "b.png").read_bytes()
    assert texts_of(result) == texts_of(source)
    assert texts_of(result)["Author"] == "Müller"
    assert texts_of(result)["Description"] == "Oma am Fluß ⌘"


def test_texts_with_wrong_checksums_are_left_out(cameraman):
    content = bytearray(png(cameraman, TEXTS[0], TEXTS[1]))
    content[content.index(b"Grandmother")] ^= 1
    texts = texts_of_png(io.BytesIO(bytes(content)))
    assert texts.count(b"tEXt") == 1
    assert b"Author" in texts


def test_xmp_is_no_text_and_a_file_without_texts_has_none(cameraman):
    assert texts_of_png(io.BytesIO(png(cameraman, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")))) is None
    assert texts_of_png(io.BytesIO(b"no PNG")) is None
    assert texts_of_png(io.BytesIO(png(cameraman, TEXTS[0])[:40])) is None


def test_texts_lie_before_the_end_of_the_file(cameraman):
    file = io.BytesIO(png(cameraman))
    append_texts(file, chunk(*TEXTS[0]))
    content = file.getvalue()
    assert content.endswith(chunk(*TEXTS[0]) + chunk(b"IEND", b""))
    assert texts_of(content) == {"Title": "Grandmother"}
