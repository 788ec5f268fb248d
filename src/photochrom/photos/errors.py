"""What can go wrong with a photograph as a file.

    PhotoError
    ├── UnreadablePhoto    the file is missing, closed to us, or no photograph
    ├── UnsupportedPhoto   a sound file of a kind that is not colored
    ├── OversizedPhoto     more pixels than the limit
    ├── DamagedPhoto       truncated or corrupt data, or a file that changed while it was read
    ├── OutOfMemory        not enough memory for a picture of this size
    └── UnwritablePhoto    the result has no place to go

Each message is one line: what is wrong, and what to do about it.
"""

import re


class PhotoError(Exception):
    """A photograph could not be read, colored or written."""


class UnreadablePhoto(PhotoError):
    """The file is missing, closed to us, or no photograph."""


class UnsupportedPhoto(PhotoError):
    """A sound file of a kind that is not colored: animated, floating point, raw."""


class OversizedPhoto(PhotoError):
    """The header announces more pixels than the limit allows."""


class DamagedPhoto(PhotoError):
    """The pixels end too early or do not decode, or the file changed while it was read."""


class OutOfMemory(PhotoError):
    """There was not enough memory; nothing was written."""


class UnwritablePhoto(PhotoError):
    """The target exists, is an original, has no room, or names an unknown format."""


# What libvips says when the disk or its quota is full, or a file reaches the size the system allows.
_NO_ROOM = re.compile(r"no space left|quota exceeded|file too large", re.IGNORECASE)
_NO_WRITE = re.compile(
    r"unable to open for write|write error|write failed|unable to write|error closing", re.IGNORECASE
)
# libvips' words, the system's, and C++'s, when memory runs out.
_NO_MEMORY = re.compile(r"out of memory|bad_alloc|unable to allocate|cannot allocate|failed to allocate", re.IGNORECASE)
# libtiff "failed to allocate memory" for a directory of "0 elements": that is damage, not want of memory.
_NOTHING_TO_READ = "(0 elements"
# What libvips says of a file that it cannot open: it was there when its header was read.
_NO_READ = "unable to open for read"
_GONE = re.compile(rf"no such file|{_NO_READ}|does not exist", re.IGNORECASE)


def condense(text: str) -> str:
    r"""One clean line out of libvips' several: the first that names a cause, without the operation that met it.

    Example:
        >>> condense("unable to call avg\n  VipsJpeg: premature end of JPEG image\n")
        'premature end of JPEG image'
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    # pyvips' own line comes first; where a file ends too early, a line for each place looked for in vain follows.
    causes = [line for line in lines[1:] if "bad seek to" not in line and _NOTHING_TO_READ not in line]
    if not causes:
        return "it ends too early" if len(lines) > 1 else "its header does not parse"
    cause = re.sub(r"^[A-Za-z]\w*: (?=\S)", "", causes[0])  # "VipsJpeg: premature end": the component
    return cause if len(cause) <= 120 else cause[:119] + "…"


def of_reading(name: str, text: str) -> PhotoError:
    """The error for pixels that libvips could not decode; text is what it said."""
    if any(_NO_MEMORY.search(line) for line in text.splitlines() if _NOTHING_TO_READ not in line):
        return of_memory(name)
    if _GONE.search(text):
        return of_absence(name)
    return DamagedPhoto(f"{name}: the file is damaged or cut short ({condense(text)}); get an intact copy")


def of_writing(source: str, target: str, text: str) -> PhotoError:
    """The error for a picture that could not be encoded: reading streams along, so the fault lies at either end."""
    if _NO_ROOM.search(text):
        return no_room(target)
    if _NO_READ in text:  # PNG's encoder then says, further down, that it could not write
        return of_absence(source)
    if _NO_WRITE.search(text):
        return UnwritablePhoto(f"{target}: cannot be written ({condense(text)}); choose another folder")
    return of_reading(source, text)


def of_memory(name: str) -> OutOfMemory:
    """The error for a picture that the memory cannot hold."""
    return OutOfMemory(f"{name}: there is not enough memory for it; close other programs or reduce the picture")


def of_change(name: str) -> DamagedPhoto:
    """The error for a file that is no longer the one whose header was read."""
    return DamagedPhoto(f"{name}: the file changed while it was being read; color it again once it rests")


def of_absence(name: str) -> UnreadablePhoto:
    """The error for a file that was there when its header was read."""
    return UnreadablePhoto(f"{name}: the file vanished while it was being read; put it back and color it again")


def no_room(target: str) -> UnwritablePhoto:
    """The error for a full disk."""
    return UnwritablePhoto(f"{target}: no room to write it; free some space or choose another folder")
