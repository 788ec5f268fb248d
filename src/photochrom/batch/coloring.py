"""One photograph of a run: read, colored, written beside its place, and put there when everything about it is right."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from time import perf_counter
from typing import IO, TYPE_CHECKING

from photochrom.batch.errors import BatchError, NoRoom, is_no_room
from photochrom.batch.finding import STDIN
from photochrom.batch.outputs import Outputs, Targets, targets_for
from photochrom.batch.pictures import Picture, color_pictures
from photochrom.batch.planning import Task
from photochrom.batch.snapshot import Snapshot, take_snapshot
from photochrom.batch.stopping import Stop
from photochrom.batch.work import Outcome, Work

if TYPE_CHECKING:
    from photochrom.batch.record import Record
    from photochrom.inference import Colorizer

LITTLE = 1 << 20  # bytes free on a disk: with less it is full


@dataclass(frozen=True)
class Coloring:
    """What is the same for all photographs of a run."""

    colorizer: Colorizer
    outputs: Outputs
    choices: str  # as `choices_sha256`
    stop: Stop
    resume: bool
    unexpected: Callable[[Exception], str]  # the line for an error that nobody foresaw; may raise it
    stdin: IO[bytes] | None = None
    stdout: IO[bytes] | None = None

    def __call__(self, task: Task) -> Outcome:
        """Color one photograph.

        Returns: what became of it; an error in it is one line that begins with the photograph's name.
        Raises: WeightsError, without which no photograph can be colored; NoRoom when the disk is full; Stopped.
        """
        from photochrom.inference import WeightsError
        from photochrom.photos import PhotoError

        start = perf_counter()
        try:
            outcome = self._color(task)
        except WeightsError:
            raise
        except (PhotoError, BatchError, ValueError) as error:  # ValueError: a hint outside this picture
            self.stop.check()
            return self._failed(task, str(error))
        except OSError as error:
            self.stop.check()
            target = task.targets.picture
            reason = "no room to write it" if is_no_room(error) else f"cannot be written ({error.strerror})"
            return self._failed(task, f"{target}: {reason}; choose another folder with -o")
        except Exception as error:
            self.stop.check()
            return self._failed(task, self.unexpected(error))
        return replace(outcome, seconds=None if outcome.state == "done" else round(perf_counter() - start, 3))

    def _color(self, task: Task) -> Outcome:
        from photochrom.photos import formats

        work = task.work
        if task.refusal:
            raise BatchError(task.refusal)
        if not (task.replacing or self.resume or self.outputs.to_stdout):
            refuse_existing(work, task.targets)
        snapshot = take_snapshot(work, stdin=self.stdin)
        self.stop.check()
        if (
            self.resume
            and task.record is not None
            and task.record.is_done(work.relative, snapshot.sha256, self.choices)
        ):
            return _done_already(work, task.record)
        pages = snapshot.open(max_megapixels=self.colorizer.options.max_megapixels)
        targets = task.targets
        if targets.pending:
            targets = targets_for(work, self.outputs, extension=formats.natural_extension(pages[0].format))
        colored = color_pictures(self.colorizer, snapshot, pages, targets, self.outputs)
        with self._workshop(task.record, targets.picture.parent) as folder:
            files = [folder / f"{n}{picture.path.suffix}" for n, picture in enumerate(colored.pictures)]
            sizes = [self._write(picture, file) for picture, file in zip(colored.pictures, files, strict=True)]
            snapshot.check_unchanged()
            self.stop.check()
            if self.outputs.to_stdout:
                self._pour(files[0])
            else:
                places = [picture.path for picture in colored.pictures]
                self._put(task, snapshot, list(zip(files, places, strict=True)))
        return Outcome(
            work.shown,
            STDIN if self.outputs.to_stdout else str(targets.picture),
            *sizes[0],
            state="copied" if colored.kept else "colored",
            extras=tuple(str(picture.path) for picture in colored.pictures[1:]),
            already_colored=colored.already_colored,
            relative=work.relative,
        )

    def _write(self, picture: Picture, file: Path) -> tuple[int, int]:
        from photochrom.photos import PhotoError

        self.stop.check()
        try:
            return picture.write(file, quality=self.outputs.quality, stop=self.stop)
        except PhotoError as error:
            # The place that the user knows, rather than the one where it is being written.
            raise type(error)(str(error).replace(str(file), str(picture.path))) from None

    @contextmanager
    def _workshop(self, record: Record | None, folder: Path) -> Iterator[Path]:
        """A hidden folder on the disk of the results, gone at the end."""
        if self.outputs.to_stdout:
            import tempfile

            with tempfile.TemporaryDirectory(prefix="photochrom-") as name:
                yield Path(name)
            return
        if record is not None:
            path = record.workshop()
        else:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f".photochrom-{os.urandom(4).hex()}"
            path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _put(self, task: Task, snapshot: Snapshot, finished: list[tuple[Path, Path]]) -> None:
        """Give finished files their names: none of an original, none that is taken by something not ours."""
        from photochrom.photos import check_target

        work, record = task.work, task.record
        for _, path in finished:
            path.parent.mkdir(parents=True, exist_ok=True)
            ours = self.resume and record is not None and record.owns(work.relative, path)
            if not (task.replacing or ours):
                _refuse_taken(path, snapshot.path)
            check_target(path, original=snapshot.path, overwrite=True)
        if record is not None:
            # What is replaced goes before it is noted: a name that is there and noted belongs to the new file.
            for _, path in finished:
                path.unlink(missing_ok=True)
            record.note(work.relative, snapshot.sha256, self.choices, finished)
        for file, path in finished:
            _move(file, path)

    def _pour(self, file: Path) -> None:
        assert self.stdout is not None
        with file.open("rb") as content:
            shutil.copyfileobj(content, self.stdout)
        self.stdout.flush()

    def _failed(self, task: Task, message: str) -> Outcome:
        """Note a failure. Raises: NoRoom when the disk is full: the rest would only fail as well."""
        record, work = task.record, task.work
        message = named(work, message)
        if record is not None:
            full = NoRoom(f"{record.root}: the disk is full; free some space and go on with --resume")
            try:
                record.note_failure(work, message)
            except OSError as error:
                raise full from error
            if shutil.disk_usage(record.root).free < LITTLE:
                raise full
        return Outcome(work.shown, state="failed", error=message, relative=work.relative)


def named(work: Work, message: str) -> str:
    """A message in one line, begun with the photograph's name exactly once.

    Example:
        >>> named(Work("scans/old.jpg", "old.jpg"), "old.jpg: the file is empty; get an intact copy")
        'scans/old.jpg: the file is empty; get an intact copy'
    """
    message = " ".join(message.split())
    for name in (work.shown, PurePath(work.source).name, work.relative):
        message = message.removeprefix(f"{name}: ")
    return f"{work.shown}: {message}"


def _done_already(work: Work, record: Record) -> Outcome:
    picture, *extras = (str(record.root / result.name) for result in record.entries[work.relative].results)
    return Outcome(work.shown, picture, state="done", extras=tuple(extras), relative=work.relative)


def refuse_existing(work: Work, targets: Targets) -> None:
    """Early, before the network runs. Raises: BatchError."""
    if work.kind == "file" and not Path(work.source).exists():
        return  # which is worth telling first
    for path in (targets.picture, *targets.extras):
        _refuse_taken(path, Path(work.source) if work.kind == "file" else None)


def _refuse_taken(path: Path, original: Path | None) -> None:
    if os.path.lexists(path) and not (original is not None and path.exists() and path.samefile(original)):
        raise BatchError(f"{path} exists already; --force replaces it, --resume goes on, -o chooses another place")


def _move(file: Path, path: Path) -> None:
    """Rename, or copy where the place is on another disk. Raises: OSError."""
    try:
        file.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = path.with_name(f".{os.urandom(4).hex()}{path.suffix}")
        try:
            shutil.copyfile(file, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
