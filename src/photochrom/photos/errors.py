"""What can go wrong with a photograph as a file.

    PhotoError
    ├── UnreadablePhoto    the file is missing, closed to us, or no photograph
    ├── UnsupportedPhoto   a sound file of a kind that is not colored
    ├── OversizedPhoto     more pixels than the limit
    ├── DamagedPhoto       truncated or corrupt data
    └── UnwritablePhoto    the result has no place to go

Each message is one line: what is wrong, and what to do about it.
"""

import re


class PhotoError(Exception):
    """A photograph could not be read, colored or written."""


class UnreadablePhoto(PhotoError):
    """The file is missing, closed to us, or no photograph."""


class UnsupportedPhoto(PhotoError):
    """A sound file of a kind that is not colored: animated, a strip of pixels, floating point."""


class OversizedPhoto(PhotoError):
    """The header announces more pixels than the limit allows."""


class DamagedPhoto(PhotoError):
    """The pixels end too early or do not decode."""


class UnwritablePhoto(PhotoError):
    """The target exists, is an original, has no room, or names an unknown format."""


# What libvips says when the disk or its quota is full, or a file reaches the size the system allows.
_NO_ROOM = re.compile(r"no space left|quota exceeded|file too large", re.IGNORECASE)
_NO_WRITE = re.compile(
    r"unable to open for write|write error|write failed|unable to write|error closing", re.IGNORECASE
)


def condense(text: str) -> str:
    r"""One clean line out of libvips' several: the first that names a cause, without the operation that met it.

    Example:
        >>> condense("unable to call avg\n  VipsJpeg: premature end of JPEG image\n")
        'premature end of JPEG image'
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    # pyvips' own line comes first; where a file ends too early, a line for each place looked for in vain follows.
    causes = [line for line in lines[1:] if "bad seek to" not in line]
    if not causes:
        return "it ends too early" if len(lines) > 1 else "its header does not parse"
    cause = re.sub(r"^[A-Za-z]\w*: (?=\S)", "", causes[0])  # "VipsJpeg: premature end": the component
    return cause if len(cause) <= 120 else cause[:119] + "…"


def of_reading(name: str, text: str) -> PhotoError:
    """The error for pixels that libvips could not decode; text is what it said."""
    return DamagedPhoto(f"{name}: the file is damaged or cut short ({condense(text)}); get an intact copy")


def of_writing(source: str, target: str, text: str) -> PhotoError:
    """The error for a picture that could not be encoded: reading streams along, so the fault lies at either end."""
    if _NO_ROOM.search(text):
        return UnwritablePhoto(f"{target}: no room to write it; free some space or choose another folder")
    if _NO_WRITE.search(text):
        return UnwritablePhoto(f"{target}: cannot be written ({condense(text)}); choose another folder")
    return of_reading(source, text)
