"""The record of one folder of results: what is done, what failed, and what is being written.

While a run goes on, everything unfinished lies in one hidden folder, with a journal that grows by a line for each
photograph. A result is written there, noted in the journal, and only then given its name. So a run may be killed at
any moment: a file under its final name is whole, and either it is noted, or it is not there yet. The next run reads the
journal, throws the unfinished files away, and at its end leaves the manifest and the ledger of failures alone.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from threading import Lock

from photochrom.batch.errors import BatchError, is_no_room
from photochrom.batch.manifest import Entry, Result, read_manifest, write_lines, write_manifest
from photochrom.batch.work import Work

MANIFEST = "photochrom-manifest.jsonl"
FAILURES = "photochrom-failures.jsonl"
UNFINISHED = ".photochrom-unfinished"
_JOURNAL = "journal.jsonl"


class Known:
    """What earlier runs have left in one folder of results; only read. Raises: BatchError as `read_manifest`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries = read_manifest(root / MANIFEST)
        self.failures: dict[str, dict[str, str]] = {}
        try:
            journal = (root / UNFINISHED / _JOURNAL).read_bytes()
        except OSError:  # the last run ended by itself
            return
        for line in journal.splitlines():
            self._remember(line)

    def is_done(self, relative: str, sha256: str, choices: str) -> bool:
        """Whether this content was colored with these choices, and its results lie there in their sizes."""
        entry = self.entries.get(relative)
        if entry is None or (entry.sha256, entry.choices) != (sha256, choices):
            return False
        return all(_size(self.root / result.name) == result.size for result in entry.results)

    def owns(self, relative: str, path: Path) -> bool:
        """Whether the file there is what a run made of this photograph, and nobody has changed it since."""
        entry = self.entries.get(relative)
        name = self._name(path)
        made = next((each for each in entry.results if each.name == name), None) if entry is not None else None
        return made is not None and _size(path) == made.size and _sha256(path) == made.sha256

    def _remember(self, line: bytes) -> None:
        try:
            value = json.loads(line)
            if "error" in value:
                self.failures[value["relative"]] = value
            else:
                entry = Entry.from_json(value)
                self.entries[entry.relative] = entry
                self.failures.pop(entry.relative, None)
        except (ValueError, KeyError, TypeError):
            return  # a line that was cut: its photograph is colored again

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()


class Record(Known):
    """What is known of one folder of results, and what a run adds to it; threads may share it.

    Args:
        root: the folder; made where it is missing.

    Raises: BatchError for a folder that cannot be written, that another run is writing to, or with a manifest that
        cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.unfinished = root / UNFINISHED
        self._lock = Lock()
        self._number = 0
        try:
            self.unfinished.mkdir(parents=True, exist_ok=True)
            self._journal = _open_locked(self.unfinished / _JOURNAL)
        except OSError as error:
            raise BatchError(f"{root}: cannot be written ({error.strerror}); choose another folder with -o") from None
        self._cut = True  # the last line may have been cut, by a kill or a full disk: the next begins anew
        super().__init__(root)
        for path in self.unfinished.iterdir():
            if path.name != _JOURNAL:
                shutil.rmtree(path, ignore_errors=True)

    def workshop(self) -> Path:
        """A new, empty folder for the results of one photograph, on the disk where they will lie. Raises: OSError."""
        with self._lock:
            self._number += 1
            folder = self.unfinished / str(self._number)
        folder.mkdir()
        return folder

    def note(self, relative: str, sha256: str, choices: str, finished: Sequence[tuple[Path, Path]]) -> None:
        """Note results before they are given their names.

        Args:
            relative: the photograph's place.
            sha256: of its content.
            choices: sha256 of what was chosen.
            finished: of each result, the whole file in the workshop and the name that it will have.
        Raises: OSError.
        """
        results = tuple(Result(self._name(path), file.stat().st_size, _sha256(file)) for file, path in finished)
        entry = Entry(relative, sha256, choices, results)
        self._append(json.dumps(entry.to_json()))
        self.entries[relative] = entry
        self.failures.pop(relative, None)

    def note_failure(self, work: Work, error: str) -> None:
        """Note a photograph that was not colored. Raises: OSError."""
        failure = {"relative": work.relative, "source": work.shown, "error": error}
        self._append(json.dumps(failure))
        self.failures[work.relative] = failure

    def close(self) -> None:
        """Write the manifest and the ledger, and remove what is unfinished.

        Raises: BatchError when there is no room for them; the journal stays then, and the next run goes on from it.
        """
        written = {MANIFEST: bool(self.entries), FAILURES: bool(self.failures)}
        try:
            if self.entries:
                write_manifest(self.unfinished / MANIFEST, self.entries.values())
            if self.failures:
                write_lines(self.unfinished / FAILURES, (self.failures[name] for name in sorted(self.failures)))
            for name, wanted in written.items():
                if wanted:
                    (self.unfinished / name).replace(self.root / name)
                else:
                    (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            why = "no room for the manifest" if is_no_room(error) else f"the manifest cannot be written ({error})"
            raise BatchError(
                f"{self.root}: {why}; the journal is kept: free some space and go on with --resume"
            ) from None
        finally:
            self._journal.close()
        shutil.rmtree(self.unfinished, ignore_errors=True)

    def _append(self, line: str) -> None:
        data = (b"\n" if self._cut else b"") + line.encode("ascii") + b"\n"
        with self._lock:
            self._cut = True
            if self._journal.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._cut = False


def _open_locked(path: Path) -> FileIO:
    """The journal, unbuffered, and ours until it is closed or the process ends, however that happens."""
    while True:
        file = FileIO(path, "a")
        if not _lock(file):
            file.close()
            raise BatchError(f"{path.parent.parent}: another run is writing to this folder; wait until it has ended")
        # Between opening and locking, a run that ended may have removed the file.
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()
        path.parent.mkdir(exist_ok=True)


def _lock(file: FileIO) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: two runs into one folder are the user's to avoid
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
