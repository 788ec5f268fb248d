import pytest
import pyvips

from photochrom.photos import formats


@pytest.mark.parametrize("kind", formats.READABLE, ids=lambda kind: kind.name)
def test_libvips_has_the_loader_and_saver_of_every_format(kind):
    assert pyvips.type_find("VipsOperation", kind.loader)
    assert pyvips.type_find("VipsOperation", f"{kind.loader}_buffer")
    if kind.saver:
        assert pyvips.type_find("VipsOperation", kind.saver)


def test_first_bytes_decide():
    assert formats.recognize(b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif") is formats.AVIF
    assert formats.recognize(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic") is formats.HEIC
    assert formats.recognize(b"RIFF\x12\0\0\0WAVE") is None
    assert formats.recognize(b"%PDF-1.7") is None


def test_extensions_are_told_apart_in_any_case():
    assert formats.of_extension(".JPEG") is formats.JPEG
    assert formats.of_extension(".gif") is None  # 256 colors are too few
    assert formats.of_extension("") is None
