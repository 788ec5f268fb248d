"""What can go wrong with a run over photographs, beside the photographs themselves."""

import errno


class BatchError(Exception):
    """A source that cannot be read, a result without a place, a record that is in use; one line with what to do."""


class NoRoom(BatchError):
    """The disk of the results is full: nothing more can be written, so the run ends."""


def is_no_room(error: OSError) -> bool:
    """Whether the system says that a disk, or somebody's share of it, is full.

    Example:
        >>> is_no_room(OSError(errno.ENOSPC, "No space left on device"))
        True
    """
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
