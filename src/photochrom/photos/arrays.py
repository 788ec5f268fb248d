"""Photographs that are in memory already: NumPy arrays and PIL images."""

from typing import Any

import numpy as np
import pyvips

from photochrom.photos.errors import UnsupportedPhoto
from photochrom.photos.photograph import MAX_MEGAPIXELS, Photograph, judge_image

_EXIF_ORIENTATION = 0x0112
# PIL modes that are read as they are; every other has a nearest one that keeps what we use.
_PLAIN_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "I;16L", "I;16B", "I;16N")


def photograph_from_array(
    picture: Any, *, name: str = "the picture", max_megapixels: float = MAX_MEGAPIXELS
) -> Photograph:
    """A photograph out of a NumPy array or a PIL image; its pixels are copied.

    Args:
        picture: uint8 or uint16 (full range) [h, w] gray, or [h, w, channels] with 1 gray, 2 gray and alpha, 3 RGB or
            4 RGB and alpha, taken as sRGB; or a PIL image, with its embedded profile, EXIF and orientation.
        name: what to call it in messages.
        max_megapixels: refuse more pixels than this.

    Raises: UnsupportedPhoto for another type, shape or size; OversizedPhoto.

    Example:
        >>> photograph_from_array(np.zeros((480, 640), np.uint8)).width
        640
    """
    info: dict[str, Any] = {}
    orientation = 1
    if hasattr(picture, "getexif") and hasattr(picture, "convert"):  # a PIL image, without importing PIL
        info = picture.info
        orientation = int(picture.getexif().get(_EXIF_ORIENTATION, 1))
        if picture.mode not in _PLAIN_MODES:
            transparent = "transparency" in info or picture.mode in ("RGBa", "La", "PA")
            plain = "L" if picture.mode == "1" else "RGBA" if transparent else "RGB"
            _refuse_floats(name, picture.mode in ("F", "I"), f"PIL mode {picture.mode}")
            if plain != "L" and picture.mode in ("CMYK", "LAB", "HSV", "YCbCr"):
                info = {
                    key: value for key, value in info.items() if key != "icc_profile"
                }  # no longer of these channels
            picture = picture.convert(plain)
    array = np.asarray(picture)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        array = array.astype(np.uint16)  # native byte order
    _refuse_floats(name, array.dtype not in (np.uint8, np.uint16), f"{array.dtype} values")
    shape = array.shape
    if len(shape) == 2:
        array = array[..., None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or 0 in shape:
        raise UnsupportedPhoto(f"{name}: an array of shape {shape} is no picture; give [h, w] or [h, w, 1..4]")
    image = pyvips.Image.new_from_memory(
        array.tobytes(),
        array.shape[1],
        array.shape[0],
        array.shape[2],
        "uchar" if array.dtype == np.uint8 else "ushort",
    )
    image = image.copy(interpretation=_interpretation(array))
    _describe(image, info, orientation)
    return judge_image(name, image, lambda **_: image, "array", None, max_megapixels)


def _refuse_floats(name: str, refused: bool, what: str) -> None:
    if refused:
        raise UnsupportedPhoto(
            f"{name}: {what} are not read; give uint8 or uint16 (floats: scale 0..1 to 0..255 first)"
        )


def _interpretation(array: np.ndarray[Any, Any]) -> str:
    gray, color = ("b-w", "srgb") if array.dtype == np.uint8 else ("grey16", "rgb16")
    return gray if array.shape[2] <= 2 else color


def _describe(image: Any, info: dict[str, Any], orientation: int) -> None:
    """Give the image what PIL knows of it, under libvips' names."""
    for key, field in (("icc_profile", "icc-profile-data"), ("exif", "exif-data"), ("xmp", "xmp-data")):
        if isinstance(info.get(key), bytes) and info[key]:
            image.set_type(pyvips.GValue.blob_type, field, info[key])
    if 1 < orientation <= 8:
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    if "dpi" in info:
        across, down = (float(value) / 25.4 for value in info["dpi"])
        if across > 0 and down > 0:
            image.set_type(pyvips.GValue.gdouble_type, "xres", across)
            image.set_type(pyvips.GValue.gdouble_type, "yres", down)
