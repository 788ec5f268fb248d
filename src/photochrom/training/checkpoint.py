"""A run on disk: settings, prior, averaged weights, and the state to go on from. A file appears whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from photochrom.training.settings import Settings, SettingsError

SETTINGS, PRIOR, DATA = "settings.json", "prior.npy", "data.json"
PHOTOGRAPHS = "photographs.npy"
WEIGHTS, STATE, METRICS = "weights.safetensors", "state.pt", "metrics.jsonl"


class RunError(Exception):
    """A run folder that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Run:
    """The folder of one training run.

    `settings.json`, `prior.npy` (float64 [313]), `data.json` (where the photographs came from) and `photographs.npy`
    (the lightness of a few held-out ones, to check an export on) are written once;
    `weights.safetensors` (averaged weights, for export) and `state.pt` (to go on from) at every checkpoint.
    """

    folder: Path

    def begin(self, settings: Settings, prior: np.ndarray, data: dict[str, Any], photographs: np.ndarray) -> None:
        """Write what does not change. Raises RunError if the folder already holds a run."""
        if (self.folder / SETTINGS).exists():
            raise RunError(f"{self.folder} already holds a run; add --resume to go on with it, or choose another --out")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / PRIOR, lambda path: save_array(path, prior))
        write_whole(self.folder / PHOTOGRAPHS, lambda path: save_array(path, photographs.astype(np.float16)))
        write_whole(self.folder / DATA, lambda path: path.write_text(json.dumps(data, indent=1)))
        text = json.dumps(dataclasses.asdict(settings), indent=1)
        write_whole(self.folder / SETTINGS, lambda path: path.write_text(text))

    def settings(self) -> Settings:
        """The settings that the run was begun with."""
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

    def save(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Write a checkpoint: averaged weights and the state to go on from."""
        owned = {name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}
        write_whole(self.folder / WEIGHTS, lambda path: save_file(owned, path))
        write_whole(self.folder / STATE, lambda path: torch.save(state, path))

    def weights(self) -> dict[str, Tensor]:
        """The averaged weights of the last checkpoint. Raises RunError before the first."""
        path = self.folder / WEIGHTS
        if not path.exists():
            raise RunError(f"{self.folder} has no checkpoint yet; train longer, or lower checkpoint_minutes")
        return load_file(path)

    def state(self) -> dict[str, Any] | None:
        """The state of the last checkpoint, or None before the first."""
        path = self.folder / STATE
        return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None

    def log(self, record: dict[str, Any]) -> None:
        """Add a line to metrics.jsonl."""
        with (self.folder / METRICS).open("a") as file:
            file.write(json.dumps(record) + "\n")


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def save_array(path: Path, array: np.ndarray) -> None:
    """numpy.save under the very name given (it would add .npy)."""
    with path.open("wb") as file:
        np.save(file, array)
