"""libvips' errors, also those that pyvips cannot read: they name files, and a file's name may be no UTF-8."""

import pyvips

VIPS_ERRORS = (pyvips.Error, UnicodeDecodeError)


def text_of(error: BaseException) -> str:
    r"""What libvips said, after a first line of pyvips.

    Args:
        error: one of VIPS_ERRORS.

    Example:
        >>> text_of(UnicodeDecodeError("utf-8", b"unable to open caf\xe9.jpg", 18, 19, "invalid continuation byte"))
        'libvips said\nunable to open caf\\xe9.jpg'
    """
    if not isinstance(error, UnicodeDecodeError):
        return str(error)
    pyvips.vips_lib.vips_error_clear()  # pyvips would have done it after decoding; else the next error begins with this
    return "libvips said\n" + error.object.decode("utf-8", "backslashreplace")
