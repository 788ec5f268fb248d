"""A run on disk. A file, and a checkpoint of several files, appears whole or not at all, and stays over a power cut."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import json
import logging
import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from photochrom.training.settings import Settings, SettingsError

SETTINGS, PRIOR, DATA = "settings.json", "prior.npy", "data.json"
PHOTOGRAPHS = "photographs.npy"
CHECKPOINTS, BEST, METRICS = "checkpoints", "best.json", "metrics.jsonl"
WEIGHTS, NETWORK, STATE, SUMS = "weights.safetensors", "network.safetensors", "state.pt", "sums.json"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, the quota, or the largest file allowed

log = logging.getLogger(__name__)


class RunError(Exception):
    """A run folder that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Run:
    """The folder of one training run.

    `settings.json`, `prior.npy` (float64 [313]), `data.json` (where the photographs came from) and `photographs.npy`
    (the lightness of a few held-out ones, to check an export on) are written once. Every checkpoint is a folder
    `checkpoints/step-NNNNNNN` with `weights.safetensors` (averaged weights, for export), `network.safetensors` (the
    weights that are trained), `state.pt` (the rest of what it takes to go on) and `sums.json` (the step, and the
    SHA-256 of each of these). The last few stay, and the best by validation loss, which `best.json` names.
    """

    folder: Path

    def begin(self, settings: Settings, prior: np.ndarray, data: dict[str, Any], photographs: np.ndarray) -> None:
        """Write what does not change. Raises RunError if the folder already holds a run."""
        self.refuse_existing()
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / PRIOR, lambda path: save_array(path, prior))
        write_whole(self.folder / PHOTOGRAPHS, lambda path: save_array(path, photographs.astype(np.float16)))
        write_whole(self.folder / DATA, lambda path: path.write_text(json.dumps(data, indent=1)))
        text = json.dumps(dataclasses.asdict(settings), indent=1)
        write_whole(self.folder / SETTINGS, lambda path: path.write_text(text))  # last: now the run is begun

    def refuse_existing(self) -> None:
        """Raises RunError if the folder already holds a run."""
        if (self.folder / SETTINGS).exists():
            raise RunError(f"{self.folder} already holds a run; add --resume to go on with it, or choose another --out")

    def settings(self) -> Settings:
        """The settings that the run was begun with; those that came later have their defaults."""
        path = self.folder / SETTINGS
        if not path.exists():
            raise RunError(f"{self.folder} is no run: it has no {SETTINGS}")
        try:
            return Settings(**json.loads(path.read_text()))
        except (TypeError, SettingsError, json.JSONDecodeError) as error:
            raise RunError(f"{path} does not fit this version: {error}") from error

    def prior(self) -> np.ndarray:
        """float64 [313], the smoothed prior of the run's photographs."""
        return np.asarray(np.load(self.folder / PRIOR))

    def photographs(self) -> np.ndarray:
        """float32 [N, 1, S, S]: the lightness of a few held-out photographs. Raises RunError where none were kept."""
        path = self.folder / PHOTOGRAPHS
        if not path.exists():
            raise RunError(f"{self.folder} keeps no photographs to check the export on; name some with --calibration")
        return np.load(path).astype(np.float32)

    def data(self) -> dict[str, Any]:
        """Where the photographs came from, as `begin` was told."""
        loaded: dict[str, Any] = json.loads((self.folder / DATA).read_text())
        return loaded

    def save(
        self,
        weights: dict[str, Tensor],
        state: dict[str, Any],
        *,
        network: dict[str, Tensor] | None = None,
        step: int = 0,
        finished: bool = False,
        keep_last: int = 2,
    ) -> None:
        """Write a checkpoint, then remove those that are neither among the last few nor the best.

        Args:
            weights: averaged, for export.
            state: plain values and tensors, whatever it takes to go on besides the weights.
            network: the weights that are trained; None where nothing goes on.
            step: how many steps were made; names the checkpoint.
            finished: whether the run has come to its end.
            keep_last: how many to keep.
        Raises: RunError when the disk is full; what was there stays.
        """
        packed = io.BytesIO()
        torch.save(state, packed)
        contents = {WEIGHTS: pack(weights), NETWORK: pack(network or {}), STATE: packed.getvalue()}
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        record = {"step": step, "finished": finished, "sha256": sums}
        contents[SUMS] = json.dumps(record, indent=1).encode()
        place = self.folder / CHECKPOINTS / f"step-{step:07d}"
        partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
        try:
            with told_of_a_full_disk(self.folder):
                partial.mkdir(parents=True)
                for name, content in contents.items():
                    (partial / name).write_bytes(content)
                    flush_to_disk(partial / name)
                shutil.rmtree(place, ignore_errors=True)  # of the same step: written again after a resume
                partial.replace(place)
                flush_to_disk(place.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        best = self.best()
        for old in self.checkpoints()[:-keep_last]:
            if best is None or old.name != f"step-{best['step']:07d}":
                shutil.rmtree(old)

    def checkpoints(self) -> list[Path]:
        """Their folders, oldest first."""
        return sorted((self.folder / CHECKPOINTS).glob("step-*"))

    def last_whole(self) -> Path | None:
        """The newest checkpoint whose files are as they were written, or None before the first.

        A damaged one is named in a warning, and the one before it taken.

        Raises: RunError when none of them is whole.
        """
        for place in reversed(self.checkpoints()):
            wrong = damage(place)
            if wrong is None:
                return place
            log.warning("checkpoint %s is damaged (%s); going back to the one before it", place, wrong)
        if self.checkpoints():
            raise RunError(f"no checkpoint in {self.folder} is whole; begin again with another --out")
        return None

    def weights(self, *, best: bool = False) -> dict[str, Tensor]:
        """The averaged weights of the last checkpoint, or of the best by validation loss.

        Raises: RunError before the first.
        """
        record = self.best() if best else None
        chosen = self.folder / CHECKPOINTS / f"step-{record['step']:07d}" if record else self.last_whole()
        path = (chosen or self.folder) / WEIGHTS  # in the folder itself: a run of version 0.1
        if not path.exists():
            raise RunError(f"{self.folder} has no checkpoint yet; train longer, or lower checkpoint_minutes")
        return load_file(path)

    def state(self) -> dict[str, Any] | None:
        """The state of the last whole checkpoint, with its `step` and its `network`; None before the first."""
        place = self.last_whole()
        if place is None:
            return None
        state: dict[str, Any] = torch.load(place / STATE, map_location="cpu", weights_only=True)
        step = json.loads((place / SUMS).read_text())["step"]
        return state | {"step": step, "network": load_file(place / NETWORK), "average": load_file(place / WEIGHTS)}

    def finished(self) -> bool:
        """Whether the run has come to its end, and not just been stopped."""
        place = self.last_whole()
        return place is not None and bool(json.loads((place / SUMS).read_text())["finished"])

    def best(self) -> dict[str, Any] | None:
        """`step` and `loss` of the best validation so far, or None."""
        path = self.folder / BEST
        return json.loads(path.read_text()) if path.exists() else None

    def judge(self, step: int, loss: float) -> None:
        """Remember the checkpoint of this step as the best, if its validation loss is the lowest so far."""
        best = self.best()
        if math.isfinite(loss) and (best is None or loss < best["loss"]):
            text = json.dumps({"step": step, "loss": loss})
            write_whole(self.folder / BEST, lambda path: path.write_text(text))

    def log(self, record: dict[str, Any]) -> None:
        """Add a line to metrics.jsonl."""
        with told_of_a_full_disk(self.folder), (self.folder / METRICS).open("a") as file:
            file.write(json.dumps(record) + "\n")

    def rewind(self, step: int) -> None:
        """Forget what was written after a step: a run that goes on from there will write it again."""
        for place in self.checkpoints():
            if int(place.name.removeprefix("step-")) > step:
                shutil.rmtree(place)
        best = self.best()
        if best is not None and best["step"] > step:
            (self.folder / BEST).unlink()
        path = self.folder / METRICS
        if path.exists():
            kept = [line for line in path.read_text().splitlines(keepends=True) if logged_step(line) <= step]
            write_whole(path, lambda place: place.write_text("".join(kept)))


def logged_step(line: str) -> float:
    """The step of a line of metrics.jsonl; infinite for one that was cut off when the process was killed."""
    try:
        return int(json.loads(line)["step"])
    except (json.JSONDecodeError, KeyError):
        return float("inf")


def damage(place: Path) -> str | None:
    """What is wrong with a checkpoint's files, or None."""
    try:
        sums = json.loads((place / SUMS).read_text())["sha256"]
        for name, wanted in sums.items():
            with (place / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                    return f"{name} is not what was written"
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def pack(tensors: dict[str, Tensor]) -> bytes:
    """Tensors in the safetensors format."""
    return save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    Raises: RunError when the disk is full; `path` stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with told_of_a_full_disk(path.parent):
            write(temporary)
            flush_to_disk(temporary)
            temporary.replace(path)
            flush_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk and not in memory alone."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def told_of_a_full_disk(folder: Path) -> Iterator[None]:
    """Turns the system's error about a full disk into one that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise RunError(
            f"no room to write in {folder} ({error.strerror}); free some space and go on with --resume: "
            "the last whole checkpoint is untouched"
        ) from error


def save_array(path: Path, array: np.ndarray) -> None:
    """numpy.save under the very name given (it would add .npy)."""
    with path.open("wb") as file:
        np.save(file, array)
