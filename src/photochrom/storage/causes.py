"""Why a file could not be reached, without the words of the program that tried."""

from __future__ import annotations

import os


def cause(error: BaseException) -> str:
    """What kind of error it was, without its text, which may quote an address with its key.

    Example:
        >>> cause(PermissionError(13, "Permission denied", "s3://me:secret@bucket"))
        'permission denied'
    """
    if isinstance(error, FileNotFoundError):
        return "not found"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, UnicodeError):
        return "no UTF-8"
    status = getattr(error, "status", None)  # as aiohttp has it
    if isinstance(status, int):
        return f"HTTP status {status}"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()  # the system's words for the number: error.strerror may be anybody's
    return type(error).__name__
