"""Other tone curves in training: old prints are darker, paler or harder than the photographs of today."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def random_gammas(step: int, seed: int, *, count: int, spread: float) -> np.ndarray:
    """The gammas of a step's whole batch, which depend on the seed and the step alone.

    Args:
        step: counted from 0.
        seed: of the run.
        count: photographs in the batch, over all processes.
        spread: of log gamma; 0 gives ones.
    Returns: float32 [count].
    """
    draw = np.random.default_rng([seed, step, 3]).standard_normal(count)  # crops draw from [seed, step]
    return np.exp(spread * draw).astype(np.float32)


def bend_tone(lightness: Tensor, gammas: np.ndarray) -> Tensor:
    """Put a gamma on each photograph's lightness.

    Args:
        lightness: float32 [N, 1, H, W] in 0..100.
        gammas: float32 [N].
    Returns: the same shape and range.

    Example:
        >>> bend_tone(torch.full((1, 1, 1, 1), 25.0), np.array([0.5], np.float32)).item()
        50.0
    """
    power = torch.from_numpy(gammas).to(lightness.device)[:, None, None, None]
    return 100 * (lightness / 100).clamp(0, 1) ** power
