"""How much one photograph may cost before it is given up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of the process that colors; beyond them it ends, and its photographs are tried again, each alone.

    Raises: ValueError in one line.

    Example:
        >>> Limits(seconds=0)
        Traceback (most recent call last):
        ...
        ValueError: seconds must be above 0, got 0; try 300
    """

    seconds: float = 300.0  # for one photograph; 500 megapixels take about 30 on one core
    memory: float = 4.0  # GiB of data that the process may hold; a stream needs some 0.3, a network 0.3

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"seconds must be above 0, got {self.seconds:g}; try 300")
        if not self.memory >= 0.5:
            raise ValueError(
                f"memory must be at least 0.5 GiB, got {self.memory:g}; the network alone needs about that"
            )
