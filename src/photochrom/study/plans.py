"""What one participant is shown: trials in order, under names of pictures that tell nothing.

A PNG of a coloring seldom has as many bytes as that of its photograph. Both are therefore served equally long: the
shorter has zeros after the end of the PNG, where decoders do not look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from photochrom.study.assignment import Trial, trials_of
from photochrom.study.manifest import Study
from photochrom.study.tokens import picture_name

PLANS_KEPT = 1024  # participants at the same time; a plan is made again in a millisecond


@dataclass(frozen=True)
class Plan:
    """One participant's trials."""

    trials: tuple[Trial, ...]
    names: tuple[tuple[str, ...], ...]  # of each trial's pictures, by slot
    files: Mapping[str, Path]  # name -> picture

    def trial(self, number: int) -> Trial | None:
        """The trial of this number."""
        return next((trial for trial in self.trials if trial.number == number), None)


class Plans:
    """The plans of a study; threads may share it.

    Args:
        study: what is shown.
        key: of the names.
    """

    def __init__(self, study: Study, key: bytes) -> None:
        self._study = study
        self._key = key
        self._photographs = {photograph.name: photograph for photograph in study.photographs}
        self._lengths = {
            file: max(each.stat().st_size for each in photograph.files.values())
            for photograph in study.photographs
            for file in photograph.files.values()
        }
        self.of = lru_cache(PLANS_KEPT)(self._make)

    def bytes_of(self, file: Path) -> bytes:
        """A picture as it is served: as many bytes as the other ones of its photograph."""
        return file.read_bytes().ljust(self._lengths[file], b"\0")

    @property
    def room(self) -> tuple[int, int]:
        """Width and height in pixels that hold every picture."""
        return max(each.width for each in self._study.photographs), max(each.height for each in self._study.photographs)

    def _make(self, participant: int) -> Plan:
        """The plan of a participant, by number of arrival."""
        trials = trials_of(self._study, participant)
        slots = range(self._study.design.slots)
        names = tuple(
            tuple(picture_name(self._key, participant, trial.number, slot) for slot in slots) for trial in trials
        )
        files = {
            name: self._photographs[trial.photograph].files["truth" if slot == trial.truth_slot else trial.system]
            for trial, of_trial in zip(trials, names, strict=True)
            for slot, name in enumerate(of_trial)
        }
        return Plan(trials, names, files)
