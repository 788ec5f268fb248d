"""What can go wrong with an archive, beside its photographs."""


class ArchiveError(Exception):
    """A store that cannot be used, a run that does not fit its target; one line with what to do, and no secrets."""


class BadPlace(ArchiveError):
    """A result whose name the target does not take: one photograph's trouble, not the run's."""


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
    if isinstance(error, OSError) and error.errno is not None and error.strerror and "://" not in error.strerror:
        return error.strerror.lower()
    return type(error).__name__
