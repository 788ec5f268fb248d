"""The work on one chunk of photographs: every system colors them, every row that lacks the chunk is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from photochrom.evaluation.frechet import match_chroma
from photochrom.evaluation.photographs import Photographs
from photochrom.evaluation.records import (
    CHUNK,
    Record,
    RowRecord,
    SweepRecord,
    is_whole,
    record_path,
    save_record,
)
from photochrom.evaluation.systems import Coloring, NoColoring, Scene, System

if TYPE_CHECKING:
    from photochrom.evaluation.classification import Classifier
    from photochrom.evaluation.features import FeatureNetwork

JUDGED = 8  # pictures that a classifier sees at once: more would only take memory
NO_LABEL = -1


@dataclass(frozen=True)
class RowPlan:
    """One row of the table to be."""

    name: str
    system: System = field(repr=False)
    temperature: float | None
    folder: Path  # of its records


@dataclass(frozen=True)
class SweepPlan:
    """One system against the temperature."""

    row: str  # the row that stands for the system
    system: System = field(repr=False)
    temperatures: tuple[float, ...]
    folder: Path


@dataclass(frozen=True)
class Judges:
    """The networks that look at the pictures; None for one that was left out."""

    classifier: Classifier | None = None
    features: FeatureNetwork | None = None
    classify_sweep: bool = False

    def look(self, pictures: Sequence[np.ndarray], matched: Sequence[np.ndarray], labels: np.ndarray) -> Record:
        """What they say of some pictures.

        Args:
            pictures: uint8 [h, w, 3] each.
            matched: the same with the truth's chroma; empty where nobody asks.
            labels: int64 [n], NO_LABEL where there is none.
        Returns: with a classifier `rank` int64 [n] (classes that are more probable than the true one; -1 without a
            label) and `probability` float32 [n] (of the true class); with features `features` and `features_matched`
            float32 [n, d].
        """
        from photochrom.evaluation.classification import true_class_probability, true_class_rank
        from photochrom.evaluation.features import look

        said: Record = {}
        probabilities, features = look(self.classifier, self.features, np.stack(pictures))
        if probabilities is not None:
            known = labels != NO_LABEL
            said = {"rank": np.full(len(labels), NO_LABEL), "probability": np.zeros(len(labels), np.float32)}
            said["rank"][known] = true_class_rank(probabilities[known], labels[known])
            said["probability"][known] = true_class_probability(probabilities[known], labels[known])
        if features is not None and self.features is not None:
            said["features"] = features
            if matched:
                said["features_matched"] = self.features.features(np.stack(matched))
        return said


def chunks_of(count: int) -> list[range]:
    """The photographs of each chunk."""
    return [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]


def measure_chunk(
    chunk: int,
    photographs: Photographs,
    rows: Sequence[RowPlan],
    sweeps: Sequence[SweepPlan],
    judges: Judges,
    advance: Callable[[], None],
) -> None:
    """Measure the photographs of a chunk for all rows and sweeps that lack them, and write their records.

    Args:
        chunk: its number.
        photographs: the set.
        rows: of the table.
        sweeps: of the systems.
        judges: networks that look at the pictures.
        advance: called after each photograph; an exception from it stops the work.
    """
    lacking = [row for row in rows if not is_whole(record_path(row.folder, chunk))]
    unswept = [sweep for sweep in sweeps if not is_whole(record_path(sweep.folder, chunk))]
    gathered = {row.name: _Gathered(judges) for row in lacking}
    swept = {sweep.row: _SweepGathered(sweep.temperatures, judges) for sweep in unswept}
    for index in chunks_of(len(photographs))[chunk]:
        scene = Scene(index, photographs.square(index))
        label = photographs.entries[index].label
        for system in {id(plan.system): plan.system for plan in [*lacking, *unswept]}.values():
            own = [row for row in lacking if row.system is system]
            try:
                choose = system.color(scene)
            except NoColoring as error:
                for row in own:
                    gathered[row.name].lack(scene, str(error))
                continue
            for row in own:
                gathered[row.name].add(
                    scene, choose(row.temperature), label, matched=system.kind not in ("truth", "gray")
                )
            for sweep in unswept:
                if sweep.system is system:
                    swept[sweep.row].add(scene, [choose(one) for one in sweep.temperatures], label)
        advance()
    for row in lacking:
        save_record(record_path(row.folder, chunk), gathered[row.name].arrays())
    for sweep in unswept:
        save_record(record_path(sweep.folder, chunk), swept[sweep.row].arrays())


class _Gathered:
    """A row's record, and the pictures that wait for the judges."""

    def __init__(self, judges: Judges) -> None:
        self.record = RowRecord()
        self.judges = judges
        self.pictures: list[np.ndarray] = []
        self.matched: list[np.ndarray] = []
        self.labels: list[int] = []
        self.said: list[Record] = []

    def add(self, scene: Scene, coloring: Coloring, label: int | None, *, matched: bool) -> None:
        self.record.add(scene, coloring)
        self.pictures.append(coloring.picture)
        self.labels.append(NO_LABEL if label is None else label)
        if self.judges.features is not None and matched:
            self.matched.append(scene.recolored(match_chroma(coloring.ab, scene.ab)))
        if len(self.pictures) == JUDGED:
            self.ask()

    def lack(self, scene: Scene, reason: str) -> None:
        self.record.lack(scene, reason)

    def ask(self) -> None:
        """Show the waiting pictures to the judges."""
        if self.pictures:
            self.said.append(self.judges.look(self.pictures, self.matched, np.array(self.labels)))
        self.pictures, self.matched, self.labels = [], [], []

    def arrays(self) -> Record:
        """The record; what the judges said is about its valid photographs alone."""
        self.ask()
        names = self.said[0] if self.said else {}
        return self.record.arrays() | {name: np.concatenate([one[name] for one in self.said]) for name in names}


class _SweepGathered:
    """A sweep's record, with top-1 where that is asked for."""

    def __init__(self, temperatures: Sequence[float], judges: Judges) -> None:
        self.record = SweepRecord(temperatures)
        self.judges = Judges(judges.classifier) if judges.classify_sweep else Judges()
        self.right = np.zeros(len(temperatures))
        self.labelled = 0

    def add(self, scene: Scene, colorings: Sequence[Coloring], label: int | None) -> None:
        self.record.add(scene, colorings)
        if self.judges.classifier is not None and label is not None:
            labels = np.full(len(colorings), label)
            said = self.judges.look([coloring.picture for coloring in colorings], [], labels)
            self.right += said["rank"] == 0
            self.labelled += 1

    def arrays(self) -> Record:
        return self.record.arrays() | {"right": self.right, "labelled": np.array(self.labelled)}
