"""Where `OutOfMemory` was before it joined its family in `photochrom.photos`; imported from there."""

from photochrom.photos import OutOfMemory

__all__ = ["OutOfMemory"]
