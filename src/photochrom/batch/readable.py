"""Names of files where people read them: a terminal or a page, which control characters must not reach."""


def readable(text: str) -> str:
    r"""The text with everything that does not print written as an escape: line breaks, colors, parts of bad UTF-8.

    Example:
        >>> print(readable("old\n\x1b[31m\udcff.jpg"))
        old\n\x1b[31m\udcff.jpg
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
