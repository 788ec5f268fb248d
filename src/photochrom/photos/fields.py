"""The metadata fields of a pyvips.Image, by name.

pyvips' own list of them fails on a name that is no UTF-8, and PNG's keywords are Latin-1: a sound file may have one.
"""

import os
from typing import Any

import pyvips


def has_field(image: Any, name: str) -> bool:
    """Whether the image has this field.

    Example:
        >>> has_field(pyvips.Image.black(16, 16), "exif-data")
        False
    """
    return bool(image.get_typeof(name) != 0)


def set_blob(image: Any, name: str, data: bytes | None) -> None:
    """Set a field of bytes, or remove it where there are none; the image must be a copy of one's own."""
    if data:
        image.set_type(pyvips.GValue.blob_type, name, data)
    elif has_field(image, name):
        image.remove(name)


def blob_of(image: Any, name: str) -> bytes | None:
    """A field of bytes, None without it."""
    return bytes(image.get(name)) if has_field(image, name) else None


def set_name(image: Any, field: str, name: str) -> None:
    """Set a field of a file's name, as its bytes: libvips' texts are UTF-8, and a name may be no UTF-8."""
    set_blob(image, field, os.fsencode(name))


def name_of(image: Any, field: str) -> str | None:
    """A field of a file's name, None without it."""
    data = blob_of(image, field)
    return None if data is None else os.fsdecode(data)


def remove_fields(image: Any, prefix: bytes) -> None:
    """Remove every field whose name begins so; the image must be a copy of one's own."""
    names = pyvips.vips_lib.vips_image_get_fields(image.pointer)
    count = 0
    while names[count] != pyvips.ffi.NULL:
        if pyvips.ffi.string(names[count]).startswith(prefix):
            pyvips.vips_lib.vips_image_remove(image.pointer, names[count])
        pyvips.glib_lib.g_free(names[count])
        count += 1
    pyvips.glib_lib.g_free(names)
