"""Weights by name: a registry, the files inside the package, and a verified download into a cache.

The registry is data, `embedded/registry.json`; new weights are a file beside it and an entry in it. Every file that the
registry names is checked against its sha256 before it is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

EMBEDDED = Path(__file__).parent / "embedded"
CACHE_VARIABLE = "PHOTOCHROM_CACHE"
TIMEOUT = 30  # seconds without a byte before a download is given up
CHUNK = 1 << 20  # bytes


class WeightsError(Exception):
    """Weights that are missing, damaged, or not photochrom's; the message is one line with what to do."""


@dataclass(frozen=True)
class Weights:
    """One entry of the registry."""

    name: str  # what --model takes
    file: str  # file name, in the package or in the cache
    sha256: str  # of the file, 64 hexadecimal digits
    size: int  # bytes
    license: str  # of the weights, which may differ from the code's
    system: str  # a row of the paper's table
    url: str | None = None  # where to download from; None: inside the package
    description: str = ""  # character in a few words: faithful, vivid, ...

    @property
    def path(self) -> Path:
        """Where the file lies, or will lie once downloaded."""
        return (EMBEDDED if self.url is None else cache_folder()) / self.file

    @property
    def installed(self) -> bool:
        """Whether the file is there; its content is checked when it is used."""
        return self.path.is_file()


@dataclass(frozen=True)
class WeightsFile:
    """A file that is there, and the entry it must agree with (None for a file of the caller's own)."""

    path: Path
    entry: Weights | None = None

    @property
    def sha256(self) -> str:
        """Of the content: the registry's, or counted now. Raises: WeightsError for a file that cannot be read."""
        return file_sha256(self.path) if self.entry is None else self.entry.sha256

    def verify(self) -> None:
        """Compare the file with its entry's sha256. Raises: WeightsError when they differ."""
        if self.entry is None:
            return
        found = file_sha256(self.path)
        if found != self.entry.sha256:
            remedy = "reinstall photochrom" if self.entry.url is None else "delete it and run again"
            raise WeightsError(
                f"the weights {self.entry.name!r} in {self.path} are damaged "
                f"(sha256 {found[:12]}... instead of {self.entry.sha256[:12]}...); {remedy}"
            )


@lru_cache(maxsize=1)
def registry() -> dict[str, Weights]:
    """Every set of weights that has a name.

    Returns: name -> entry, in the order in which they are listed.
    Raises: WeightsError when the package's own list cannot be read.

    Example:
        >>> all(len(weights.sha256) == 64 for weights in registry().values())
        True
    """
    path = EMBEDDED / "registry.json"
    try:
        entries = [Weights(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))["models"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"the list of weights {path} cannot be read ({error}); reinstall photochrom") from None
    return {entry.name: entry for entry in entries}


def find_weights(model: str | Path) -> Path:
    """The verified ONNX file behind a name of the registry or a path, downloaded when it has to be.

    Args:
        model: a name, such as "lite", or the path of an ONNX file.
    Returns: a path to an existing file.
    Raises: WeightsError, in one line: an unknown name, a missing or damaged file, a download that failed.

    Example:
        >>> find_weights("lite").name  # doctest: +SKIP
        'lite.onnx'
    """
    file = locate_weights(model)
    file.verify()
    return file.path


def locate_weights(model: str | Path) -> WeightsFile:
    """As `find_weights`, with the check of the sha256 left for later: it reads the whole file.

    A name wins over a file of the same name in the working folder; `./lite` is the file.
    """
    entry = registry().get(model) if isinstance(model, str) else None
    if entry is None:
        return WeightsFile(_own_file(model))
    if not entry.installed:
        if entry.url is None:
            raise WeightsError(
                f"the weights {entry.name!r} are missing from this installation ({entry.path}); reinstall photochrom"
            )
        _download(entry, entry.url)
    return WeightsFile(entry.path, entry)


def cache_folder() -> Path:
    """Where downloads are kept: $PHOTOCHROM_CACHE, else $XDG_CACHE_HOME/photochrom, else ~/.cache/photochrom."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "photochrom"
    return Path("~/.cache/photochrom").expanduser()


def file_sha256(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits. Raises: WeightsError for a file that cannot be read."""
    import hashlib  # brings OpenSSL: in the background, with the rest of loading a network

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"the weights {path} cannot be read ({error.strerror}); check its permissions") from None


def _own_file(model: str | Path) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        raise WeightsError(f"{path} is a folder, not weights; name the .onnx file in it")
    if isinstance(model, Path) or path.suffix or len(path.parts) > 1:
        raise WeightsError(f"there are no weights at {path}; check the path, or take one of: {_names()}")
    raise WeightsError(f"no weights are called {model!r}; take one of: {_names()}, or the path of an .onnx file")


def _names() -> str:
    return ", ".join(registry()) or "(none are embedded in this build)"


def _download(entry: Weights, url: str) -> None:
    """Fetch to a temporary file, verify, rename: a file under its final name is always whole."""
    import hashlib
    from urllib.request import Request, urlopen  # http and ssl are slow to import, and rarely needed

    by_hand = f"fetch {url} by hand and put it at {entry.path}"
    try:
        with _part_of(entry.path) as part:
            digest, count = hashlib.sha256(), 0
            request = Request(url, headers={"User-Agent": "photochrom"})
            with urlopen(request, timeout=TIMEOUT) as response, part.open("wb") as file:
                # One byte beyond the expected size is enough to know that the file is another.
                while count <= entry.size and (block := response.read(min(CHUNK, entry.size + 1 - count))):
                    file.write(block)
                    digest.update(block)
                    count += len(block)
            if digest.hexdigest() != entry.sha256:
                raise WeightsError(
                    f"what came from {url} is not the weights {entry.name!r} (wrong sha256, {count} bytes of "
                    f"{entry.size}); try again later, or {by_hand}"
                )
            part.replace(entry.path)
    except OSError as error:  # URLError and timeouts among them
        reason = getattr(error, "reason", None) or error.strerror or error
        raise WeightsError(f"the weights {entry.name!r} could not be downloaded ({reason}); {by_hand}") from None


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, gone at the end unless it was renamed."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
