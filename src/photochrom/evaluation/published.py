"""The rows of the paper's table as published, to stand beside those measured here.

They were taken over 10,000 other photographs, with another classifier and on another machine: they say what to expect,
and no interval links them to the rows of a report.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, table 1.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "https://arxiv.org/abs/1603.08511"


@dataclass(frozen=True)
class Published:
    """One line of the paper's table; None where it has a dash."""

    name: str
    system: str  # the key that a `report.Row` of the same system has
    params_mb: float | None  # parameters, 4 bytes each
    feats_mb: float | None  # activations of one photograph
    ms: float | None  # a photograph, on the authors' GPU
    auc_raw: float  # percent
    auc_rebalanced: float  # percent
    top1: float  # percent, VGG-16
    labelled_real: float | None  # percent of people's choices; 50 is perfect
    labelled_real_error: float | None  # its standard error


PUBLISHED: tuple[Published, ...] = (
    Published("Ground truth", "truth", None, None, None, 100.0, 100.0, 68.3, 50.0, None),
    Published("Gray", "gray", None, None, None, 89.1, 58.0, 52.7, None, None),
    Published("Random", "random", None, None, None, 84.2, 57.3, 41.0, 13.0, 4.4),
    Published("Dahl", "dahl", None, None, None, 90.4, 58.9, 48.7, 18.3, 2.8),
    Published("Larsson et al.", "larsson", 588.0, 495.0, 122.1, 91.7, 65.9, 59.4, 27.2, 2.7),
    Published("Zhang et al. (L2)", "l2", 129.0, 127.0, 17.8, 91.2, 64.4, 54.9, 21.2, 2.5),
    Published("Zhang et al. (L2, ft)", "l2-ft", 129.0, 127.0, 17.8, 91.5, 66.2, 56.5, 23.9, 2.8),
    Published("Zhang et al. (class)", "class", 129.0, 142.0, 22.1, 91.6, 65.1, 56.6, 25.2, 2.7),
    Published("Zhang et al. (full)", "full", 129.0, 142.0, 22.1, 89.5, 67.3, 56.0, 32.3, 2.2),
)
