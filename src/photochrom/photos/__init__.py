"""Photographs as files, through libvips: open, take the lightness, join color to it, save with its metadata."""

from photochrom.photos.arrays import photograph_from_array
from photochrom.photos.errors import (
    DamagedPhoto,
    OutOfMemory,
    OversizedPhoto,
    PhotoError,
    UnreadablePhoto,
    UnsupportedPhoto,
    UnwritablePhoto,
)
from photochrom.photos.joining import in_gray, join_color
from photochrom.photos.mark import add_mark
from photochrom.photos.photograph import Photograph, open_pages, open_photograph
from photochrom.photos.provenance import Provenance, annotate
from photochrom.photos.saving import check_target, encode_pages, encode_photograph, save_pages, save_photograph
from photochrom.photos.sheets import before_after, contact_sheet
from photochrom.photos.untrusted import restrict_loaders

__all__ = [
    "DamagedPhoto",
    "OutOfMemory",
    "OversizedPhoto",
    "PhotoError",
    "Photograph",
    "Provenance",
    "UnreadablePhoto",
    "UnsupportedPhoto",
    "UnwritablePhoto",
    "add_mark",
    "annotate",
    "before_after",
    "check_target",
    "contact_sheet",
    "encode_pages",
    "encode_photograph",
    "in_gray",
    "join_color",
    "open_pages",
    "open_photograph",
    "photograph_from_array",
    "restrict_loaders",
    "save_pages",
    "save_photograph",
]
