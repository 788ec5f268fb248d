"""What can go wrong with an archive, beside its photographs."""


class ArchiveError(Exception):
    """A store that cannot be used, a run that does not fit its target; one line with what to do, and no secrets."""


class BadPlace(ArchiveError):
    """A result whose name the target does not take: one photograph's trouble, not the run's."""
