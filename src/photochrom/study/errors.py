"""What a study refuses, in one line: what was wanted, what came, what to do."""


class StudyError(Exception):
    """A study that cannot be built, read or analyzed; the message says why and what to do."""
