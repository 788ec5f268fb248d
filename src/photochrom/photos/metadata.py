"""What a photograph says about itself, carried to its colored copy."""

from typing import Any

import pyvips

from photochrom.photos.photograph import Photograph

SOURCE_FIELD = "photochrom-source"  # the original's path, which nothing may be written to; not stored in any file
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

_PHOTOSHOP = b"Photoshop 3.0\0"
_JPEG_MARKER = 65_400  # bytes, less the names that stand before the data
_IPTC_RESOURCE = b"8BIM\x04\x04"


def carry_metadata(colored: Any, source: Any, photograph: Photograph) -> Any:
    """The picture with the source's EXIF, XMP, IPTC and resolution, and tagged as the sRGB that it is.

    What the target's format has a place for is written: TIFF gets no EXIF from libvips, WebP and AVIF hold no
    resolution outside EXIF. The profile of the source no longer describes the pixels; libvips' own sRGB profile (480
    bytes) takes its place, so that no program has to guess.
    """
    image = colored.copy(xres=source.xres, yres=source.yres)
    kept = set(source.get_fields()) - set(_STALE)
    for name in image.get_fields():
        if name in _STALE:
            image.remove(name)
    for name in kept - set(image.get_fields()):
        image.set_type(source.get_typeof(name), name, source.get(name))
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", pyvips.Operation.call("profile_load", "srgb"))
    if "exif-data" in image.get_fields():
        image.set_type(pyvips.GValue.gstr_type, "exif-ifd2-ColorSpace", "1")  # EXIF's number for sRGB
    image.set_type(pyvips.GValue.gstr_type, NAME_FIELD, photograph.name)
    if photograph.path is not None:
        image.set_type(pyvips.GValue.gstr_type, SOURCE_FIELD, str(photograph.path.absolute()))
    return image


def metadata_for(image: Any, format_name: str) -> Any:
    """The picture with its metadata as this format can hold them; libvips hands them on as they were in the source.

    IPTC lies in a Photoshop block in JPEG and bare in TIFF. A JPEG marker holds 64 kB: longer EXIF, XMP and IPTC
    (editing programs write megabytes into TIFF) are left out, where libvips would fail to write the picture at all.

    Source: Adobe Photoshop File Formats Specification, image resource 0x0404; TIFF tag 33723.
    """
    image = image.copy()
    if "iptc-data" in image.get_fields() and format_name in ("JPEG", "TIFF"):
        data = bytes(image.get("iptc-data"))
        bare = _bare_iptc(data)
        if format_name == "JPEG":
            stored = data if data.startswith(_PHOTOSHOP) else _PHOTOSHOP + _resource(data)
        else:
            # libvips counts in words what its libtiff counts in bytes, and would store the first quarter alone.
            stored = bare + bytes(3 * len(bare))
        image.set_type(pyvips.GValue.blob_type, "iptc-data", stored)
    if format_name == "JPEG":
        for field in ("exif-data", "xmp-data", "iptc-data"):
            if field in image.get_fields() and len(image.get(field)) > _JPEG_MARKER:
                image.remove(field)
    return image


def _resource(iptc: bytes) -> bytes:
    """Block of: signature and number, an empty name padded to two bytes, length, data padded to even length."""
    return _IPTC_RESOURCE + b"\0\0" + len(iptc).to_bytes(4, "big") + iptc + bytes(len(iptc) % 2)


def _bare_iptc(data: bytes) -> bytes:
    start = data.find(_IPTC_RESOURCE)
    if not data.startswith(_PHOTOSHOP) or start < 0 or start + 12 > len(data):
        return data
    name = data[start + 6] + 1
    length_at = start + 6 + name + name % 2
    length = int.from_bytes(data[length_at : length_at + 4], "big")
    return data[length_at + 4 : length_at + 4 + length]
