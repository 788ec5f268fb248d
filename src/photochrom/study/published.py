"""The shares labelled real that the paper published, to stand beside those of a study.

They were taken with other people, on other photographs, in 2016: they say what to expect, and no interval links them to
a study's own.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, table 1, "AMT Labeled Real": mean and standard error in percent.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "https://arxiv.org/abs/1603.08511"
PARTICIPANTS = 40  # of each system, as published
PAIRS = 40  # of each participant


@dataclass(frozen=True)
class Published:
    """One row of the paper."""

    name: str
    rate: float  # percent; 50 is perfect
    error: float  # standard error of it


PUBLISHED: tuple[Published, ...] = (
    Published("Random", 13.0, 4.4),
    Published("Dahl", 18.3, 2.8),
    Published("Larsson et al.", 27.2, 2.7),
    Published("Zhang et al. (L2)", 21.2, 2.5),
    Published("Zhang et al. (L2, ft)", 23.9, 2.8),
    Published("Zhang et al. (class)", 25.2, 2.7),
    Published("Zhang et al. (full)", 32.3, 2.2),
)
