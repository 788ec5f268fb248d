"""Pictures made of a photograph and its color maps, as lazy pyvips images: colored, masked, the color as a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photochrom import __version__
from photochrom.color.uncertainty import scale_colors
from photochrom.inference.made import Made
from photochrom.photos import PhotoError, Photograph, in_gray, join_color, open_photograph
from photochrom.photos.enlarging import enlarge
from photochrom.photos.metadata import carry_metadata
from photochrom.photos.provenance import Provenance, annotate

Floats = npt.NDArray[np.float32]

MASK_SIDE = 2048  # pixels of a mask's long side that are kept: finer edges than a hand draws

# The weights by which blend modes weigh the channels. Source: W3C, Compositing and Blending Level 1, "Lum".
LUMA = (0.30, 0.59, 0.11)


def colored(photograph: Photograph, ab: Floats, lightness: Floats, mask: Floats | None) -> Any:
    """The photograph in color, gray where the mask is black; as `photos.join_color` otherwise."""
    joined = join_color(photograph, ab, lightness=lightness)
    if mask is None:
        return joined
    gray = in_gray(photograph)
    plain = gray[0].bandjoin([gray[0], gray[0]])
    alpha = joined[3] if joined.hasalpha() else None
    body = _mask_image(mask, joined).ifthenelse(joined.extract_band(0, n=3), plain, blend=True)
    body = body.copy(interpretation=joined.interpretation)
    return carry_metadata(body if alpha is None else body.bandjoin(alpha), joined, photograph)


def noted(picture: Any, made: Made) -> Any:
    """The picture with a note of how its colors were made, which goes into every file written of it."""
    return annotate(picture, Provenance(f"photochrom {__version__}", made.model, made.sha256, made.temperature))


def in_its_own_colors(photograph: Photograph) -> Any:
    """The photograph as it is, in sRGB, with its metadata; gray gets three equal channels."""
    pixels = photograph.pixels()
    if photograph.is_gray:
        bands = pixels.bandsplit()
        pixels = bands[0].bandjoin([bands[0], bands[0], *bands[1:]])
        pixels = pixels.copy(interpretation="rgb16" if photograph.depth == 16 else "srgb")
    return carry_metadata(pixels, photograph.pixels(), photograph)


def color_layer(picture: Any, mask: Floats | None) -> Any:
    """The color of a picture without its light and shade, opaque where it is colored: 4 bands of the picture's depth.

    In the blend mode "Color" only the differences between a layer's channels count. So every pixel is moved along the
    gray axis to the middle, as near as its color has room: what stays is flat color, and blends as the picture would.
    """
    white = 255 if picture.format == "uchar" else 65535
    red, green, blue = (picture[band] for band in range(3))
    luma = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]
    lowest, highest = red.minpair(green).minpair(blue), red.maxpair(green).maxpair(blue)
    # At least -lowest, at most white - highest; whole steps, so that differences stay exact.
    shift = (luma * -1 + (white + 1) / 2).cast("int").maxpair(lowest * -1).minpair(highest * -1 + white)
    flat = [(band + shift).cast(picture.format) for band in (red, green, blue)]
    opaque = _mask_image(mask, picture) if mask is not None else red * 0 + white
    if mask is not None and white == 65535:
        opaque = opaque * 257
    if picture.hasalpha():
        opaque = opaque * (picture[3] / white)
    layer = flat[0].bandjoin([*flat[1:], (opaque + 0.5).cast(picture.format)])
    return layer.copy(interpretation=picture.interpretation)


def uncertainty_picture(photograph: Photograph, uncertainty: Floats) -> Any:
    """A map of 0..1 at the photograph's size, on the scale of `color.uncertainty`: 3 bands of 8 bits."""
    import pyvips

    levels = enlarge(uncertainty * np.float32(255), photograph.width, photograph.height)
    table = pyvips.Image.new_from_array(scale_colors()[None])
    return (levels + 0.5).cast("uchar").maplut(table).copy(interpretation="srgb")


def read_mask(source: str | Path | bytes, max_megapixels: float) -> Floats:
    """A mask from a picture: float32 [h, w] in 0..1, 1 where it is white, at most 2048 pixels on a side.

    Raises: PhotoError for a file that is no picture.
    """
    try:
        mask = open_photograph(source, max_megapixels=max_megapixels)
    except PhotoError as error:
        raise type(error)(str(error).replace("the photograph:", "the mask:", 1)) from None  # bytes have no name
    scale = min(1.0, MASK_SIDE / max(mask.width, mask.height))
    width, height = (max(1, round(scale * side)) for side in (mask.width, mask.height))
    pixels = mask.reduced(width, height)
    levels = pixels.numpy().reshape(height, width, -1).mean(axis=2)
    return np.asarray(levels / (255 if pixels.format == "uchar" else 65535), np.float32)


def _mask_image(mask: Floats, picture: Any) -> Any:
    """The mask in 8 bits, stretched to the picture."""
    import pyvips

    small = pyvips.Image.new_from_array(np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8))
    return small.resize(picture.width / small.width, vscale=picture.height / small.height, kernel="linear")
