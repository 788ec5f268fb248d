"""What can be chosen when a photograph is colorized: one dataclass for Python, the command line and the web."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from photochrom.color.distribution import check_temperature
from photochrom.inference.working_size import SIZE_MULTIPLE


@dataclass(frozen=True)
class Options:
    """How to colorize; refused at once when a value cannot work.

    Raises:
        ValueError: for a value out of its range, in one line.

    Example:
        >>> Options(temperature=0.5).working_size
        256
    """

    model: str | Path = "lite"  # a name of `registry()`, or the path of an ONNX file
    temperature: float | None = (
        None  # in (0, 1]: 1 the mean color (calm), towards 0 the mode (vivid); None: the model's
    )
    working_size: int = 256  # pixels of the short side that the network sees
    max_megapixels: float = 500.0  # larger photographs are refused before they are decoded
    threads: int | None = None  # of the network; None: as many as there are cores

    def __post_init__(self) -> None:
        if self.temperature is not None:
            check_temperature(self.temperature)
        if not SIZE_MULTIPLE <= self.working_size <= 2048:
            raise ValueError(f"working_size must lie in {SIZE_MULTIPLE}..2048 pixels, got {self.working_size}; try 256")
        if not (self.max_megapixels > 0 and math.isfinite(self.max_megapixels)):
            raise ValueError(f"max_megapixels must be a number above 0, got {self.max_megapixels}; try 500")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads must be at least 1, got {self.threads}; None takes as many as there are cores")
