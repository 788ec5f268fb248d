# ruff: noqa: PTH112, PTH116, PTH119, PTH120 - paths stay text here: a folder may hold 20,000, and a Path costs more
"""From what was typed to the photographs behind it: files, folders, patterns, addresses, standard input.

Folders are listed in the order of names, whatever order the disk gives them in, so that two runs do the same. Links to
folders are not followed, which leaves loops no way to be one. Hidden files stay out: macOS leaves a "._old.jpg" beside
each "old.jpg" on foreign disks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from photochrom.batch.result_names import results_among, split
from photochrom.batch.work import Work

STDIN = "-"
_MAGIC = re.compile(r"[*?\[]")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_KINDS = "JPEG, PNG, TIFF, WebP, AVIF, HEIC or GIF, by their extensions"


def find_photographs(
    sources: Iterable[str | Path], *, exclude: Sequence[Path] = (), together: bool = False
) -> Iterator[Work]:
    """The photographs behind files, folders, patterns, addresses and "-", in a fixed order.

    Args:
        sources: a file is taken as it is; a folder with all under it; a pattern (`scans/**/*.tif`) as it matches;
            http(s) addresses and "-" are read later.
        exclude: folders that are left out, such as the one for results.
        together: all results go to one folder, so that several folders need names of their own in it: those from
            their common parent on.
    Yields: a Work for each photograph, and one of kind "refused" for each source that holds none.

    Example:
        >>> [work.relative for work in find_photographs(["old.jpg", "https://example.org/a/new.jpg?size=9"])]
        ['old.jpg', 'new.jpg']
    """
    typed = [os.fspath(source) for source in sources]
    folders = [base for base in map(_base, typed) if base is not None]
    prefixes = _prefixes(folders) if together else {}
    left_out = [os.stat(folder) for folder in exclude if os.path.isdir(folder)]
    seen = set[str]()
    for source in typed:
        base = _base(source)
        if base is None:
            yield _single(source)
            continue
        found = False
        for path, inside in _walk(base, _pattern_below(source), left_out):
            found = True
            if isinstance(path, OSError):
                reason = path.strerror or str(path)
                yield Work(inside, inside, base, "refused", f"cannot be listed ({reason}); change its permissions")
            elif path not in seen:
                seen.add(path)
                yield Work(path, prefixes.get(base, "") + inside, base)
        if not found:
            what = "this folder" if os.path.isdir(source) else "what this pattern matches"
            yield Work(source, source, None, "refused", f"there are no photographs in {what}; they are {_KINDS}")


def is_listing(source: str | Path) -> bool:
    """Whether a source is a folder or a pattern, which stand for many photographs.

    Example:
        >>> is_listing("scans/*.tif"), is_listing("https://example.org/*.tif")
        (True, False)
    """
    return _base(os.fspath(source)) is not None


def listed_folders(sources: Iterable[str | Path]) -> list[Path]:
    """The folders among the sources, and those that patterns start in."""
    return [Path(base) for source in sources if (base := _base(os.fspath(source))) is not None]


def name_of_address(address: str) -> str:
    """A file name out of an address: its last part, without what a file system or a terminal could take amiss.

    Example:
        >>> name_of_address("https://example.org/a/..%2F..%2Fetc%2Fold.jpg?size=9")
        'old.jpg'
    """
    from urllib.parse import unquote, urlsplit

    # Unquoted before it is taken apart: %2F is a "/" once it is a name.
    last = re.split(r"[/\\]", unquote(urlsplit(address).path).rstrip("/\\"))[-1]
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", last).strip(". ")
    return name or "photograph"


def _single(source: str) -> Work:
    if source == STDIN:
        return Work(source, "stdin", None, "stdin")
    if _ADDRESS.match(source):
        return Work(source, name_of_address(source), None, "url")
    if _OTHER_SCHEME.match(source) and not os.path.lexists(source):
        scheme = source.partition(":")[0]
        return Work(source, source, None, "refused", f"{scheme} addresses are not read; take http(s), or a file")
    return Work(source, os.path.basename(source), os.path.dirname(source) or os.curdir)


def _base(source: str) -> str | None:
    """The folder that a folder or a pattern is listed from, None for anything else."""
    if source == STDIN or _ADDRESS.match(source):
        return None
    if os.path.isdir(source):
        return source
    if not _MAGIC.search(source) or os.path.lexists(source):
        return None
    parts = PurePath(source).parts
    plain = next(index for index, part in enumerate(parts) if _MAGIC.search(part))
    return str(PurePath(*parts[:plain]))


def _pattern_below(source: str) -> tuple[str, ...]:
    """The parts of a pattern below its base; ("**",), which is everything, for a folder."""
    if os.path.isdir(source):
        return ("**",)
    parts = PurePath(source).parts
    return parts[next(index for index, part in enumerate(parts) if _MAGIC.search(part)) :]


def _prefixes(folders: list[str]) -> dict[str, str]:
    """What stands before the names of each folder's photographs: its way from the parent that all have in common."""
    whole = {folder: os.path.realpath(folder) for folder in folders}
    if len(set(whole.values())) < 2:
        return {}
    try:
        parent = os.path.commonpath(list(whole.values()))
    except ValueError:  # several drives
        return {folder: PurePath(*PurePath(path).parts[1:]).as_posix() + "/" for folder, path in whole.items()}
    ways = {folder: PurePath(path).relative_to(parent).as_posix() for folder, path in whole.items()}
    return {folder: "" if way == "." else f"{way}/" for folder, way in ways.items()}


def _walk(base: str, pattern: tuple[str, ...], left_out: list[os.stat_result]) -> Iterator[tuple[str | OSError, str]]:
    """Paths of photographs under `base` and their places in it; an OSError in place of a folder that is closed.

    A place in the pattern is kept for each folder, so that nothing is listed that cannot match. The folders still to
    be listed stand on a stack of our own: a tree may be deeper than Python calls may be.
    """
    stack = [(base, "", _skip_stars(pattern, {0}))]
    while stack:
        folder, inside, places = stack.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted((entry for entry in listing if not entry.name.startswith(".")), key=_by_name)
        except OSError as error:
            yield error, folder
            continue
        photographs = [entry.name for entry in entries if split(entry.name)[1] and not os.path.isdir(entry.path)]
        wanted = set(photographs) - results_among(photographs)
        deeper = []
        for entry in entries:
            reached = places if places is _ALL else _advance(pattern, places, entry.name)
            if not reached:
                continue
            if entry.is_dir(follow_symlinks=False):
                if not _is_one_of(entry, left_out):
                    beneath = _ALL if len(pattern) in reached else reached
                    deeper.append((entry.path, f"{inside}{entry.name}/", beneath))
            elif (reached is _ALL or len(pattern) in reached) and entry.name in wanted:
                yield entry.path, inside + entry.name
        stack.extend(reversed(deeper))


_ALL = frozenset({-1})  # the places of a folder that matched as a whole


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_one_of(entry: os.DirEntry[str], folders: list[os.stat_result]) -> bool:
    # The number is known from the listing; only where it agrees, the disk is asked.
    return any(entry.inode() == other.st_ino and os.path.samestat(os.stat(entry.path), other) for other in folders)


def _advance(pattern: tuple[str, ...], places: frozenset[int], name: str) -> frozenset[int]:
    """Where in the pattern a name leads, from all the places where its folder may stand."""
    reached = set[int]()
    for place in places:
        if place == len(pattern):
            continue
        if pattern[place] == "**":
            reached.add(place)
        elif fnmatchcase(name, pattern[place]):
            reached.add(place + 1)
    return _skip_stars(pattern, reached)


def _skip_stars(pattern: tuple[str, ...], places: set[int]) -> frozenset[int]:
    """With the places behind each "**", which may stand for no folder at all."""
    reached = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] == "**":
            place += 1
            reached.add(place)
    return frozenset(reached)
