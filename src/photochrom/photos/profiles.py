"""Bring a picture to sRGB: embedded profiles, CMYK and Lab converted, gray kept as one channel."""

from typing import Any

import numpy as np
import pyvips

from photochrom.photos.fields import has_field

_INTENT = {"intent": "relative", "black_point_compensation": True}
_SAMPLES = 9  # steps a channel of the colors on which a profile is compared with sRGB


def to_srgb(image: Any) -> Any | None:
    """The picture in sRGB: 1 or 3 bands, uchar or ushort, plus the untouched alpha; lazy. None for other samples.

    A picture without a profile is taken for sRGB, CMYK without one for the common press standard that libvips carries.
    The embedded profile is taken off, since it no longer describes the pixels.

    Raises: pyvips.Error where a CMYK picture's profile cannot be used.
    """
    if image.interpretation in ("lab", "labs", "labq", "lch", "xyz", "hsv"):
        # An 8-bit Lab TIFF arrives as floating point; labs is its 16-bit form.
        image = image.colourspace("rgb16" if image.format == "short" else "srgb")
    if image.format not in ("uchar", "ushort"):
        return None
    cmyk = image.interpretation == "cmyk"
    colors = 4 if cmyk else 3 if image.bands >= 3 else 1
    body = image.extract_band(0, n=colors)
    if cmyk:
        depth = 8 if body.format == "uchar" else 16
        body = body.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth, **_INTENT)
    else:
        body = _color_to_srgb(body) if colors == 3 else _gray_to_srgb(body)
    # The band after the colors is transparency; what a TIFF may hold beyond is left out.
    srgb = body.bandjoin(image[colors].cast(body.format)) if image.bands > colors else body
    srgb = srgb.copy(interpretation=_interpretation(body.bands, body.format))
    srgb.remove("icc-profile-data")
    return srgb


def on_white(srgb: Any) -> Any:
    """The picture without its alpha, transparent parts seen on white paper."""
    if not srgb.hasalpha():
        return srgb
    white = white_of(srgb)
    return srgb.flatten(background=white, max_alpha=white).cast(srgb.format)


def white_of(image: Any) -> int:
    """The highest value of the picture's depth."""
    return 255 if image.format == "uchar" else 65535


def _interpretation(bands: int, kind: str) -> str:
    if bands == 1:
        return "b-w" if kind == "uchar" else "grey16"
    return "srgb" if kind == "uchar" else "rgb16"


def _gray_to_srgb(gray: Any) -> Any:
    """A gray profile maps each value to another: a table, made by converting every value once."""
    if not has_field(gray, "icc-profile-data"):
        return gray
    deep = gray.format == "ushort"
    ramp = pyvips.Image.identity(ushort=deep)
    table = _transformed(ramp, gray.get("icc-profile-data"))
    if table is None:
        return gray
    return gray.maplut(table[1])  # R = G = B: any channel


def _color_to_srgb(color: Any) -> Any:
    """Most embedded profiles are sRGB itself, under many names: those are found by what they do, and skipped."""
    if not has_field(color, "icc-profile-data"):
        return color
    top = white_of(color)
    steps = np.rint(np.linspace(0, top, _SAMPLES)).astype(np.uint8 if top == 255 else np.uint16)
    samples = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(1, -1, 3)
    seen = _transformed(pyvips.Image.new_from_array(samples), color.get("icc-profile-data"))
    if seen is None:
        return color
    moved = np.abs(seen.numpy().astype(np.int32) - samples).max()
    if moved <= top / 255:  # one 8-bit step: the rounding of the conversion
        return color
    return color.icc_transform("srgb", embedded=True, depth=8 if top == 255 else 16, **_INTENT)


def _transformed(samples: Any, profile: bytes) -> Any | None:
    """These few colors through the profile to sRGB; None where the profile is broken or does not fit."""
    deep = samples.format == "ushort"
    tagged = samples.copy(interpretation=_interpretation(samples.bands, samples.format))
    tagged.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    try:
        # Without an input_profile to fall back on, a profile that does not fit is an error.
        return tagged.icc_transform("srgb", embedded=True, depth=16 if deep else 8, **_INTENT).copy_memory()
    except pyvips.Error:
        return None
