"""Photographs as files, through libvips: open, take the lightness, join color to it, save with its metadata."""

from photochrom.photos.arrays import photograph_from_array
from photochrom.photos.errors import (
    DamagedPhoto,
    OversizedPhoto,
    PhotoError,
    UnreadablePhoto,
    UnsupportedPhoto,
    UnwritablePhoto,
)
from photochrom.photos.joining import in_gray, join_color
from photochrom.photos.photograph import Photograph, open_photograph
from photochrom.photos.saving import check_target, encode_photograph, save_photograph
from photochrom.photos.sheets import before_after, contact_sheet

__all__ = [
    "DamagedPhoto",
    "OversizedPhoto",
    "PhotoError",
    "Photograph",
    "UnreadablePhoto",
    "UnsupportedPhoto",
    "UnwritablePhoto",
    "before_after",
    "check_target",
    "contact_sheet",
    "encode_photograph",
    "in_gray",
    "join_color",
    "open_photograph",
    "photograph_from_array",
    "save_photograph",
]
