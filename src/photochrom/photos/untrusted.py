"""For servers: keep libvips from everything that strangers' files have no business with."""

import pyvips

# libvips' classes of the loaders behind `formats.READABLE`; each stands for its file, buffer and source forms.
ALLOWED_LOADERS = (
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadTiff",
    "VipsForeignLoadWebp",
    "VipsForeignLoadHeif",
    "VipsForeignLoadNsgif",
)


def restrict_loaders() -> None:
    """Block libvips' untrusted operations and every loader but those of photographs, for the rest of the process.

    `open_photograph` calls no other loader anyway. This is the second door: whatever else in the process hands a file
    to libvips, no SVG, PDF, ImageMagick or raw memory is parsed. It may be called again, and by any thread.

    Example:
        >>> restrict_loaders()  # doctest: +SKIP
    """
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in ALLOWED_LOADERS:
        pyvips.operation_block_set(loader, False)
