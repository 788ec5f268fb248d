"""What a photograph says about itself, carried to its colored copy: docs/formats.md has the table of what is kept."""

from typing import Any

import pyvips

from photochrom.photos.exif import EXIF_FIELD, of_the_result, read_exif, resolution_of, shortened, write_exif
from photochrom.photos.fields import blob_of, has_field, remove_fields, set_blob, set_name
from photochrom.photos.ifd import Directory
from photochrom.photos.iptc import bare_iptc, photoshop_block
from photochrom.photos.photograph import Photograph
from photochrom.photos.png_text import TEXT_FIELD
from photochrom.photos.provenance import NOTE_FIELD, Provenance, packet_with_note

SOURCE_FIELD = "photochrom-source"  # the original's path, which nothing may be written to; not stored in any file
STAMP_FIELD = "photochrom-stamp"  # what tells whether the original is still the file that was opened
NAME_FIELD = "photochrom-name"  # what to call the original in messages

# Descriptions of the source's encoding, which are wrong of the result, and of its thumbnail, which is still gray.
_STALE = (
    "icc-profile-data",
    "jpeg-thumbnail-data",
    "orientation",
    "palette",
    "bits-per-sample",
    "n-pages",
    "page-height",
)
_XMP_FIELD, _IPTC_FIELD = "xmp-data", "iptc-data"
_KEPT = (EXIF_FIELD, _XMP_FIELD, _IPTC_FIELD, TEXT_FIELD, NOTE_FIELD, "image-description", "photoshop-data")
_PARSED_EXIF = b"exif-ifd"  # libvips' texts of what is in the EXIF block, which would take precedence over it
_PARSED_TEXT = b"png-comment-"  # the same of PNG's texts
_JPEG_MARKER = 65_400  # bytes, less the names that stand before the data
_UNKNOWN = 1.0  # pixels per millimeter: what libvips says of a file that does not say
_USUAL = 72 / 25.4  # pixels per millimeter: what it says itself of JPEG and PNG files that do not


def carry_metadata(colored: Any, source: Any, photograph: Photograph) -> Any:
    """The picture with the source's EXIF, XMP, IPTC, texts and resolution, and tagged as the sRGB that it is.

    What the target's format has a place for is written. The profile of the source no longer describes the pixels;
    libvips' own sRGB profile (480 bytes) takes its place, so that no program has to guess.
    """
    across, down = _resolution(source)
    image = colored.copy(xres=across, yres=down)
    for name in _STALE:
        if has_field(image, name):
            image.remove(name)
    remove_fields(image, _PARSED_EXIF)
    for name in _KEPT:
        if has_field(source, name) and not has_field(image, name):
            image.set_type(source.get_typeof(name), name, source.get(name))
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", pyvips.Operation.call("profile_load", "srgb"))
    set_name(image, NAME_FIELD, photograph.name)
    if photograph.path is not None:
        set_name(image, SOURCE_FIELD, str(photograph.path.absolute()))
        if photograph._stamp:
            image.set_type(pyvips.GValue.gstr_type, STAMP_FIELD, photograph._stamp)
    return image


def metadata_for(image: Any, format_name: str, note: Provenance | None = None) -> tuple[Any, Directory]:
    """The picture with its metadata as this format can hold them, and the EXIF that libvips will not write (TIFF's).

    A JPEG marker holds 64 kB: longer EXIF loses its makers' notes, and what is still longer is left out, where libvips
    would fail to write the picture at all (editing programs write megabytes of XMP into TIFF).
    """
    image = image.copy()
    exif = of_the_result(
        read_exif(blob_of(image, EXIF_FIELD)), note.summary() if note else None, srgb=format_name != "TIFF"
    )
    block: bytes | None = write_exif(exif)
    packet = blob_of(image, _XMP_FIELD)
    iptc = blob_of(image, _IPTC_FIELD)
    if note is not None:
        packet = packet_with_note(packet, note) or packet
    if format_name == "JPEG":
        if len(write_exif(exif)) > _JPEG_MARKER:
            block = write_exif(shortened(exif))
        iptc = photoshop_block(iptc) if iptc else None
        block, iptc = (None if data and len(data) > _JPEG_MARKER else data for data in (block, iptc))
        if packet and len(packet) > _JPEG_MARKER:
            packet = blob_of(image, _XMP_FIELD)  # without the note, which EXIF has too, it may have room
            packet = None if packet and len(packet) > _JPEG_MARKER else packet
    elif format_name == "TIFF":
        block = None
        # libvips counts in words what its libtiff counts in bytes, and would store the first quarter alone.
        iptc = bare_iptc(iptc) + bytes(3 * len(bare_iptc(iptc))) if iptc else None
    for field, data in ((EXIF_FIELD, block), (_XMP_FIELD, packet), (_IPTC_FIELD, iptc)):
        set_blob(image, field, data)
    return image, exif if format_name == "TIFF" else Directory()


def _resolution(source: Any) -> tuple[float, float]:
    """Pixels per millimeter; of WebP and AVIF, which have it in EXIF alone, libvips does not read it."""
    if (source.xres, source.yres) != (_UNKNOWN, _UNKNOWN):
        return source.xres, source.yres
    return resolution_of(read_exif(blob_of(source, EXIF_FIELD))) or (_USUAL, _USUAL)
