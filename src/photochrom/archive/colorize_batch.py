"""`ColorizeBatch`: photographs in, colored photographs out, for `map_batches` of Ray Data and its likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from photochrom.archive.isolation import PROGRAM, ColoredFile, IsolatedColorizer, Isolation
from photochrom.archive.limits import Limits
from photochrom.batch import Outputs
from photochrom.inference.options import Options

Column = npt.NDArray[Any]
AT_ONCE = 2  # photographs in one process: while one waits for its file, the other has the core


class ColorizeBatch:
    """Colors the photographs of a batch, with the bytes that `photochrom colorize` gives.

    It can be pickled, and loads its network in a process of its own when the first batch comes. A photograph that
    crashes that process is tried again alone, and then has its row with an error; the others have theirs.

    Args:
        options: as of a `Colorizer`. Without `threads`, the network takes one for each photograph.
        outputs: what to write of each photograph; of its places only whether there is a map of uncertainty counts.
        limits: of the process that colors.
        at_once: photographs at a time.
        program: the command line of the process that colors.

    Raises: ValueError for less than one at a time.

    Example:
        >>> batch = {"path": ["1931/old.jpg"], "bytes": [Path("old.jpg").read_bytes()]}  # doctest: +SKIP
        >>> ColorizeBatch(Options(temperature=0.38))(batch)["target"]  # doctest: +SKIP
        array(['1931/old.color.jpg'], dtype=object)
        >>> dataset.map_batches(ColorizeBatch, fn_constructor_args=(Options(),), concurrency=4)  # doctest: +SKIP
    """

    def __init__(
        self,
        options: Options | None = None,
        outputs: Outputs | None = None,
        *,
        limits: Limits | None = None,
        at_once: int = AT_ONCE,
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        if at_once < 1:
            raise ValueError(f"at_once must be at least 1, got {at_once}")
        options = options or Options()
        if options.threads is None:
            options = replace(options, threads=1)
        self._settings = Isolation(options, outputs or Outputs(), limits or Limits(), at_once, program)
        self._colorizer = IsolatedColorizer(self._settings)

    def __call__(self, batch: Mapping[str, Sequence[Any] | Column]) -> dict[str, Column]:
        """Color a batch.

        Args:
            batch: columns of one length: `bytes`, the photographs' files, and `path`, the place of each, by which its
                result is named. Other columns are handed on.
        Returns: the columns of the batch, with the result's file in `bytes` (empty where there is none), and `target`
            (the result's place, None where there is none), `state` ("colored", "copied" or "failed"), `error` (None or
            one line) and `seconds`; with `extras`, a list of {target, bytes}, where the outputs have some.
        Raises: KeyError for a batch without one of the two; WeightsError or ArchiveError when nothing can be colored.
        """
        paths, contents = batch["path"], batch["bytes"]
        with ThreadPoolExecutor(self._settings.at_once) as pool:
            timed = list(pool.map(self._timed, map(str, paths), map(bytes, contents)))
        files = [file for file, _ in timed]
        columns: dict[str, Sequence[Any]] = {
            "bytes": [file.content for file in files],
            "target": [file.target for file in files],
            "state": [file.state for file in files],
            "error": [file.error for file in files],
        }
        if self._settings.outputs.extras:
            columns["extras"] = [[{"target": name, "bytes": data} for name, data in file.extras] for file in files]
        return {
            **{name: np.asarray(values) for name, values in batch.items() if name != "bytes"},
            **{name: _objects(values) for name, values in columns.items()},
            "seconds": np.array([seconds for _, seconds in timed], dtype=np.float64),
        }

    def color(self, path: str, content: bytes, *, distinct: bool = False) -> ColoredFile:
        """Color one photograph; threads may call it, up to `at_once` of them.

        Args:
            path: its place, by which its result is named.
            content: of its file.
            distinct: another photograph's result has the plain name: old.gif beside old.png.
        """
        return self._colorizer.color(path, content, distinct=distinct)

    @property
    def processor_seconds(self) -> float:
        """Seconds of processor that the coloring took so far."""
        return self._colorizer.processor_seconds

    def close(self) -> None:
        """End the process that colors; it is started again when it is needed."""
        self._colorizer.close()

    def _timed(self, path: str, content: bytes) -> tuple[ColoredFile, float]:
        start = perf_counter()
        return self.color(path, content), perf_counter() - start

    def __getstate__(self) -> Isolation:
        return self._settings  # a process stays where it was started

    def __setstate__(self, settings: Isolation) -> None:
        self._settings = settings
        self._colorizer = IsolatedColorizer(settings)


def _objects(values: Sequence[Any]) -> Column:
    """An array of Python objects: NumPy's own arrays of bytes would drop zeros at their ends."""
    column = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        column[index] = value
    return column
