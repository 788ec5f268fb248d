"""Every cell of the tables in docs/formats.md, found out with other libraries."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.IptcImagePlugin
import PIL.PngImagePlugin
import PIL.TiffImagePlugin
import pytest
import pyvips
import tifffile

from photochrom.color.lab import gray_to_lightness
from photochrom.photos import (
    PhotoError,
    Provenance,
    encode_pages,
    encode_photograph,
    join_color,
    open_photograph,
    photograph_from_array,
)
from photochrom.photos.formats import READABLE, WRITABLE

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="an archive\'s"/></rdf:RDF>'
    b"</x:xmpmeta>"
)
IPTC = b"\x1c\x02\x78\x00\x09A caption"
EXIF, GPS = 0x8769, 0x8825
NOTE = Provenance("photochrom 0.1.0", "lite", "ab" * 32, 0.38)
EXTENSION = {kind.name: kind.extensions[0] for kind in WRITABLE}


def table(heading):
    """{row: {column: cell}} of the table below this heading."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    lines = [line for line in text.partition(heading)[2].partition("\n## ")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(cells[0][1:], row[1:], strict=True)) for row in cells[2:]}


READ, WRITTEN = table("## What is read of a photograph"), table("## What is written")


def colored(photograph):
    return join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=photograph.lightness(32, 32))


def source(kind, cameraman):
    """A gray photograph in this format with everything that its format holds, written without photochrom."""
    alpha = np.full_like(cameraman, 255)
    alpha[:40] = 0
    gray, both = PIL.Image.fromarray(cameraman), PIL.Image.fromarray(np.dstack([cameraman, alpha]), "LA")
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x011A], exif[0x011B], exif[0x0128] = "ACME", 400.0, 400.0, 2
    exif.get_ifd(EXIF)[0x9003] = "1920:01:02 03:04:05"
    exif.get_ifd(GPS)[1] = "N"
    p3 = pyvips.Operation.call("profile_load", "p3")
    file = io.BytesIO()
    if kind == "JPEG":
        gray.convert("RGB").save(file, "JPEG", exif=exif, xmp=XMP, dpi=(400, 400), icc_profile=p3, quality=95)
        block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(IPTC).to_bytes(4, "big") + IPTC + bytes(len(IPTC) % 2)
        marker = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
        return file.getvalue()[:2] + marker + file.getvalue()[2:]
    if kind == "PNG":
        texts = PIL.PngImagePlugin.PngInfo()
        texts.add_text("Title", "Grandmother")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        both.convert("RGBA").save(file, "PNG", exif=exif, pnginfo=texts, dpi=(400, 400), icc_profile=p3)
    elif kind == "TIFF":
        tags = PIL.TiffImagePlugin.ImageFileDirectory_v2()
        tags[0x010F], tags[700], tags[33723] = "ACME", XMP, IPTC
        tags.tagtype[33723] = 7
        tags[EXIF], tags[GPS] = {0x9003: "1920:01:02 03:04:05"}, {1: "N"}
        both.convert("RGBA").save(file, "TIFF", tiffinfo=tags, dpi=(400, 400), icc_profile=p3)
    elif kind == "GIF":
        rgba = both.convert("RGBA").quantize(200)
        rgba.save(file, "GIF", transparency=int(np.asarray(rgba)[0, 0]))
    else:
        both.convert("RGBA").save(file, kind, exif=exif, xmp=XMP, icc_profile=p3, quality=95)
    return file.getvalue()


def deep_source(kind, cameraman):
    """The same with 16 bits, where Pillow or tifffile writes them; None elsewhere."""
    deep = cameraman.astype(np.uint16) * 256 + 7
    file = io.BytesIO()
    if kind == "PNG":
        PIL.Image.fromarray(deep).save(file, "PNG")
    elif kind == "TIFF":
        tifffile.imwrite(file, deep)
    return file.getvalue() or None


def what_pillow_finds(content):
    with PIL.Image.open(io.BytesIO(content)) as image:
        image.load()
        exif = image.getexif()
        packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp", "").encode()
        unit = {2: 1.0, 3: 2.54}.get(exif.get(0x0128), 1.0)
        iptc = PIL.IptcImagePlugin.getiptcinfo(image) if image.format in ("JPEG", "TIFF") else None
        dpi = "dpi" in image.info and round(float(image.info["dpi"][0])) == 400
        yes = {
            "EXIF, with GPS": exif.get(0x010F) == "ACME"
            and exif.get_ifd(EXIF).get(0x9003) == "1920:01:02 03:04:05"
            and exif.get_ifd(GPS).get(1) == "N",
            "XMP": b"an archive's" in packet,
            "IPTC": bool(iptc) and iptc.get((2, 120)) == b"A caption",
            "text chunks": getattr(image, "text", {}).get("Title") == "Grandmother",
            "provenance note": b"ab" * 32 in packet and "photochrom 0.1.0" in str(exif.get(0x0131)),
        }
        found = {name: "yes" if value else "no" for name, value in yes.items()}
        in_exif = round(float(exif.get(0x011A, 0)) * unit) == 400
        found["resolution (DPI)"] = "yes" if dpi else "EXIF" if in_exif else "no"
        profile = image.info.get("icc_profile")
        found["profile"] = "sRGB" if profile == pyvips.Operation.call("profile_load", "srgb") else "another"
        pixels = np.asarray(image)
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            found["transparency"] = "yes" if pixels[5, 5, 3] == 0 and pixels[200, 5, 3] == 255 else "no"
        else:
            found["transparency"] = "white" if (pixels[5, 5] > 250).all() else "no"
        return found


@pytest.mark.parametrize("kind", list(next(iter(READ.values()))))
def test_what_is_read_of_a_source_is_what_the_table_says(kind, astronaut, cameraman):
    # Into the formats with the most room: TIFF, and PNG for texts.
    content = source(kind, cameraman)
    photograph = open_photograph(content)
    into_tiff = what_pillow_finds(encode_photograph(colored(photograph), ".tif"))
    into_png = what_pillow_finds(encode_photograph(colored(photograph), ".png"))
    found = {row: into_tiff[row] for row in ("EXIF, with GPS", "XMP", "IPTC", "resolution (DPI)", "transparency")}
    found["text chunks"] = into_png["text chunks"]
    if kind in ("WebP", "AVIF") and found["resolution (DPI)"] == "yes":
        found["resolution (DPI)"] = "EXIF"
    deep = deep_source(kind, cameraman)
    found["16 bits a channel"] = "yes" if deep and open_photograph(deep).depth == 16 else "no"
    found["embedded profile"] = "yes" if is_converted(kind, astronaut) else "no"
    assert found == {row: cells[kind] for row, cells in READ.items()}


def is_converted(kind, astronaut):
    """Whether the profile of a file in Display P3 changes its colors."""
    file = io.BytesIO()
    profile = {} if kind == "GIF" else {"icc_profile": pyvips.Operation.call("profile_load", "p3")}
    PIL.Image.fromarray(astronaut).save(file, kind, **profile)
    with PIL.Image.open(file) as image:
        stored = np.asarray(image.convert("RGB")).astype(int)
    return np.abs(open_photograph(file.getvalue()).pixels().numpy() - stored).mean() > 2


@pytest.mark.parametrize("kind", [kind.name for kind in WRITABLE])
def test_what_is_written_is_what_the_table_says(kind, cameraman):
    extension = EXTENSION[kind]
    found = what_pillow_finds(
        encode_photograph(colored(open_photograph(source("TIFF", cameraman))), extension, note=NOTE)
    )
    of_png = encode_photograph(colored(open_photograph(source("PNG", cameraman))), extension)
    found["text chunks"] = what_pillow_finds(of_png)["text chunks"]
    found["bits a channel, of 16"] = str(bits_written(extension))
    found["several pages"] = "yes" if pages_written(extension) == 2 else "no"
    found["longest side, pixels"] = longest_side(kind)
    assert found == {row: cells[kind] for row, cells in WRITTEN.items()}


def bits_written(extension):
    """Of a ramp over all 16 bits."""
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    content = encode_photograph(colored(photograph_from_array(ramp)), extension, quality=100)
    again = open_photograph(content)
    assert np.abs(again.lightness(256, 256) - gray_to_lightness(ramp)).mean() < 0.5
    if again.depth == 8:
        return 8
    stored = pyvips.Image.new_from_buffer(content, "")
    return stored.get("bits-per-sample") if extension == ".avif" else 8 * stored.numpy().dtype.itemsize


def pages_written(extension):
    picture = colored(photograph_from_array(np.zeros((20, 30), np.uint8)))
    try:
        return PIL.Image.open(io.BytesIO(encode_pages([picture, picture], extension))).n_frames
    except PhotoError:
        return 1


def longest_side(kind):
    """What `test_any_picture.py` tries to the pixel."""
    longest = next(entry.longest for entry in READABLE if entry.name == kind)
    return str(longest) if longest < 100_000 else "any"
