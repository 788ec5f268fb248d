"""Figures for Prometheus, in its text format.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). No label ever holds a text of the
client's: a request counts under the pattern of its route, so that there is a fixed number of series.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Lock

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds
Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counts of one server; threads may share it.

    Example:
        >>> metrics = Metrics()
        >>> metrics.answered("/healthz", "GET", 200, 0.004)
        >>> 'photochrom_requests_total{route="/healthz",method="GET",status="200"} 1' in metrics.text()
        True
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[Labels] = Counter()
        self._photographs: Counter[Labels] = Counter()
        self._buckets: dict[Labels, list[int]] = {}
        self._seconds: Counter[Labels] = Counter()
        self._gauges: list[tuple[str, str, Callable[[], float]]] = [
            ("photochrom_memory_bytes", "Resident memory of the process.", resident_bytes),
        ]
        self._started = time.time()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        by_route: Labels = (("route", route),)
        with self._lock:
            self._requests[(("route", route), ("method", method), ("status", str(status)))] += 1
            counts = self._buckets.setdefault(by_route, [0] * (len(BUCKETS) + 1))
            counts[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[by_route] += seconds  # type: ignore[assignment]  # a Counter adds floats as well

    def colored(self, outcome: str) -> None:
        """Count one photograph: "colored" or "failed"."""
        with self._lock:
            self._photographs[(("outcome", outcome),)] += 1

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A figure that is asked for at each reading."""
        self._gauges.append((name, meaning, value))

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        with self._lock:
            lines = [
                *_family("photochrom_requests_total", "counter", "Answered requests.", self._requests),
                *_family("photochrom_photographs_total", "counter", "Photographs by outcome.", self._photographs),
                *self._histogram(),
            ]
        lines += _family("photochrom_start_time_seconds", "gauge", "When it started.", {(): self._started})
        for name, meaning, value in self._gauges:
            lines += _family(name, "gauge", meaning, {(): value()})
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name = "photochrom_request_seconds"
        lines = [f"# HELP {name} Time to the end of the answer.", f"# TYPE {name} histogram"]
        for labels, counts in self._buckets.items():
            total = 0
            for limit, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                lines.append(f"{name}_bucket{_labels((*labels, ('le', limit)))} {total}")
            lines.append(f"{name}_sum{_labels(labels)} {float(self._seconds[labels])!r}")
            lines.append(f"{name}_count{_labels(labels)} {total}")
        return lines


def resident_bytes() -> float:
    """Memory of this process that is in RAM; 0 where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _family(name: str, kind: str, meaning: str, samples: dict[Labels, float] | Counter[Labels]) -> list[str]:
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    return lines + [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples.items()]


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""
