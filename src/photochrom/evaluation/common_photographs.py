"""Figures of rows over the photographs that they have in common.

A folder of pictures may lack some. Its row is then over those that it has, and what it is compared with has to be over
the same ones: whoever leaves out the hard photographs would win otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from photochrom.evaluation.records import Record
from photochrom.evaluation.sums import Figure, RowSums, Weights

Figures = dict[str, Figure]  # by the name of the measure


@dataclass
class _Group:
    """Rows that are measured over the same photographs."""

    counted: np.ndarray  # bool [n]
    sums: dict[str, RowSums] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)


class CommonSums:
    """Adds up the records of rows, once for every set of photographs that a row or a comparison is over.

    Where no row lacks a photograph, there is one such set.

    Args:
        has: by the row's name bool [n], the photographs that it has a coloring for.
        truth: the row of the photographs themselves, which lacks none.
        gray: the row without color, which lacks none.
        compared: pairs of rows.
        resamples: of the bootstrap.
        convention: of the AuC.
    """

    def __init__(
        self,
        has: Mapping[str, np.ndarray],
        truth: str,
        gray: str,
        compared: Iterable[tuple[str, str]],
        resamples: int,
        convention: str,
    ) -> None:
        self.has, self.truth, self.gray = has, truth, gray
        self.groups: dict[bytes, _Group] = {}
        for rows in [*((name,) for name in has), *compared]:
            counted = self._counted(rows)
            group = self.groups.setdefault(counted.tobytes(), _Group(counted))
            for name in (*rows, truth, gray):
                group.sums.setdefault(name, RowSums(resamples, convention))

    def add(self, row: str, chunk: range, record: Record, weights: np.ndarray) -> None:
        """One chunk of a row: its photographs' numbers, its record, and the weights [B, n] in the resamples."""
        for group in self.groups.values():
            if row in group.sums:
                group.sums[row].add(record, weights, group.counted[chunk.start : chunk.stop])

    def finish(self, weights: Weights) -> None:
        """Take the figures when every chunk was added."""
        for group in self.groups.values():
            group.figures = {name: sums.figures(weights) for name, sums in group.sums.items()}
            _add_recovered(group.figures, self.truth, self.gray)

    def figures(self, *rows: str) -> list[Figures]:
        """The figures of each of these rows, one or a pair that is compared, over the photographs that all have."""
        figures = self.groups[self._counted(rows).tobytes()].figures
        return [figures[name] for name in rows]

    def _counted(self, rows: Sequence[str]) -> np.ndarray:
        counted: np.ndarray = np.logical_and.reduce([self.has[name] for name in rows])
        return counted


def _add_recovered(figures: Mapping[str, Figures], truth: str, gray: str) -> None:
    """The share of the gap in top-1 from gray to truth that each row wins back, in percent."""
    if "top1" not in figures[truth]:
        return
    from photochrom.evaluation.classification import recovered_gap

    high, low = figures[truth]["top1"], figures[gray]["top1"]
    for row in figures.values():
        own = row.get("top1")
        value = np.nan if own is None else float(recovered_gap(own.value, low.value, high.value))
        if own is not None and not np.isnan(value):  # without a gap there is nothing to win
            share = recovered_gap(own.resampled, low.resampled, high.resampled)
            row["recovered"] = Figure(value, share)
