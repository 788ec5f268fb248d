"""Out of memory, told in one line with what to do, whoever ran out: NumPy, libvips or ONNX Runtime."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# libvips: "out of memory", "vips_tracked: out of memory"; ONNX Runtime: "Failed to allocate memory for requested
# buffer", "bad allocation", "std::bad_alloc"; the system: "Cannot allocate memory". libtiff also fails to allocate
# "(0 elements of 2 bytes each)": that is a damaged directory, and no want of memory.
_SAID = re.compile(
    r"out of memory|bad_alloc|bad allocation|failed to allocate(?!.*\(0 elements)|unable to allocate|cannot allocate",
    re.IGNORECASE,
)


@contextmanager
def memory_told(name: str) -> Iterator[None]:
    """Around work on a photograph: running out of memory becomes a PhotoError, never a picture without its color.

    Args:
        name: what to call the photograph.
    Raises: OutOfMemory for any of those errors; every other error as it is.

    Example:
        >>> with memory_told("old.jpg"):  # doctest: +ELLIPSIS
        ...     raise MemoryError
        Traceback (most recent call last):
        ...
        photochrom.photos.errors.OutOfMemory: old.jpg: ...
    """
    try:
        yield
    except Exception as error:
        if not ran_out(error):
            raise
        from photochrom.photos import OutOfMemory  # here: it loads libvips

        if isinstance(error, OutOfMemory):  # told already
            raise
        raise OutOfMemory(
            f"{name}: there is not enough memory; close other programs, take a smaller working size or fewer jobs, "
            f"or reduce the picture"
        ) from None


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out.

    Example:
        >>> ran_out(RuntimeError("std::bad_alloc")), ran_out(ValueError("no such file"))
        (True, False)
    """
    return isinstance(error, MemoryError) or _SAID.search(str(error)) is not None
