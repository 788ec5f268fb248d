"""Counts for Prometheus, through Ray's own exporter, which every node has."""

from __future__ import annotations

from collections.abc import Mapping

_SECONDS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]  # of a chunk of 64 photographs


class Metrics:
    """What actors tell of their work: photographs by what became of them, and seconds by stage."""

    def __init__(self) -> None:
        from ray.util.metrics import Counter, Histogram

        self._photographs = Counter(
            "photochrom_archive_photographs", "Photographs, by what became of them.", tag_keys=("state",)
        )
        self._seconds = Histogram(
            "photochrom_archive_chunk_seconds",
            "Of 64 photographs in a stage.",
            boundaries=_SECONDS,
            tag_keys=("stage",),
        )

    def count(self, states: Mapping[str, int], stages: Mapping[str, float]) -> None:
        """Add one chunk."""
        for state, count in states.items():
            if count:
                self._photographs.inc(count, {"state": state})
        for stage, seconds in stages.items():
            self._seconds.observe(seconds, {"stage": stage})
