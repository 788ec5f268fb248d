"""Smooth random fields that change at the edges of a picture: noise by which whole regions move together.

A Gaussian process over what is known of every place: where it lies, how light it is, what color is expected there.
Two places that agree in all of it get nearly the same value; across an edge the values have little to do with each
other. It is drawn by random Fourier features, so a draw costs a few cosines a place.

Source: Rahimi and Recht 2007, "Random features for large-scale kernel machines", for the features of a Gaussian kernel.
"""

from __future__ import annotations  # np.random is slow to load, and an annotation would load it

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FEATURES = 192  # cosines to a field: the correlation comes out within about 0.07 of the kernel's


def correlated_fields(features: Floats, count: int, random: np.random.Generator) -> Floats:
    """Draw fields of mean 0 and variance 1 whose correlation between two places is exp(-d^2 / 2).

    Args:
        features: float32 [n, h, w]; d is the Euclidean distance between two places' features, so each is to be
            divided by the difference that matters beforehand.
        count: fields to draw, independent of each other.
        random: where chance comes from.

    Returns: float32 [count, h, w].
    Raises: ValueError for another rank.

    Example:
        >>> row = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 64)
        >>> field = correlated_fields(row, 1, np.random.default_rng(0))
        >>> bool(np.abs(np.diff(field)).max() < 0.1)
        True
    """
    if features.ndim != 3:
        raise ValueError(f"features must be [n, h, w], got shape {features.shape}")
    flat = features.reshape(len(features), -1)
    fields = np.empty((count, flat.shape[1]), np.float32)
    for field in fields:
        frequency = random.standard_normal((_FEATURES, len(features))).astype(np.float32)
        phase = random.uniform(0, 2 * np.pi, (_FEATURES, 1)).astype(np.float32)
        amplitude = random.standard_normal(_FEATURES).astype(np.float32)
        waves = frequency @ flat
        waves += phase
        np.cos(waves, out=waves)
        field[:] = amplitude @ waves * np.float32(np.sqrt(2 / _FEATURES))
    return fields.reshape(count, *features.shape[1:])
