"""Several sources mixed by weight: which photograph comes at which place of an endless sequence.

An epoch has as many places as there are photographs in all. Each source fills its share of them, and within a source
every photograph comes once before any comes again. A place follows from the seed and its number alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from photochrom.data.locations import DataError
from photochrom.storage.addresses import public

SMALLEST_SHARE = 1e-4  # of a mixture; below, an epoch in which the source appears would be very long
PLACES_OF_THE_RAREST = 100  # in an epoch, so that rounding moves no share by more than a hundredth

_AUTHORITY = re.compile(r"\w+://[^/]*")


@dataclass(frozen=True)
class WeightedSource:
    """A source as it was given, and its weight; None where none was given."""

    location: str
    weight: float | None = None


@dataclass(frozen=True)
class Mixture:
    """Sources that lie behind each other in one list of photographs, and how often each is drawn.

    Attributes:
        counts: photographs of each source, in the order of the list.
        weights: above 0; only their ratios matter.

    Raises: ValueError for counts and weights that do not fit.
    """

    counts: tuple[int, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.weights) or not self.counts:
            raise ValueError(f"{len(self.counts)} sources need as many weights, got {len(self.weights)}")
        if min(self.counts) < 1 or not all(math.isfinite(weight) and weight > 0 for weight in self.weights):
            raise ValueError(f"every source needs photographs and a weight above 0, got {self.counts}, {self.weights}")
        if min(self.shares) < SMALLEST_SHARE:
            raise ValueError(f"a share of {min(self.shares):.2g} is too small; give each source {SMALLEST_SHARE:g}")

    @property
    def shares(self) -> tuple[float, ...]:
        """The weights, scaled to a sum of 1."""
        return tuple(weight / sum(self.weights) for weight in self.weights)

    def photograph(self, place: int, seed: int) -> int:
        """Which photograph of the list comes at this place, 0 and up.

        Example:
            >>> mixture = Mixture(counts=(1, 100), weights=(3, 1))
            >>> sum(mixture.photograph(place, seed=0) == 0 for place in range(400))
            300
        """
        quotas = _quotas(self)
        epoch, position = divmod(place, sum(quotas))
        order, before = _epoch_of(self, seed, epoch)
        source = int(order[position])
        drawn = epoch * quotas[source] + int(before[position])  # of this source, up to here
        round_, within = divmod(drawn, self.counts[source])
        return sum(self.counts[:source]) + int(shuffled(self.counts[source], (seed, round_, 1, source))[within])


def parse_source(text: str | Path) -> WeightedSource:
    """Split `a.parquet:0.6` into the source and its weight; a name that exists as it stands is taken as it stands.

    Raises: DataError for a weight that is not above 0.

    Example:
        >>> parse_source("photos/:0.4")
        WeightedSource(location='photos/', weight=0.4)
        >>> parse_source("http://localhost:8000").weight is None
        True
    """
    given = str(text)
    location, colon, number = given.rpartition(":")
    try:
        weight = float(number)
    except ValueError:
        return WeightedSource(given)
    port = _AUTHORITY.fullmatch(location) is not None and location.startswith("http")
    if not colon or not location or port or ("://" not in given and Path(given).exists()):
        return WeightedSource(given)
    if not (math.isfinite(weight) and weight > 0):
        raise DataError(f"{public(location)} has the weight {number}; a weight is a number above 0, such as 0.5")
    return WeightedSource(location, weight)


def parse_sources(data: Sequence[str | Path]) -> list[WeightedSource]:
    """Parse every source. Raises: DataError for none, or for weights on some of them only."""
    sources = [parse_source(text) for text in data]
    if not sources:
        raise DataError("no source of photographs was given; name a Parquet file, a tar shard or a folder")
    without = [source for source in sources if source.weight is None]
    if without and len(without) < len(sources):
        raise DataError(f"{public(without[0].location)} has no weight while others have one; weigh all of them or none")
    return sources


@lru_cache(maxsize=16)  # a batch may end one round of several sources and begin the next
def shuffled(count: int, seed: tuple[int, ...]) -> np.ndarray:
    """A permutation of `count` photographs that belongs to this seed."""
    return np.random.default_rng(seed).permutation(count)


@lru_cache(maxsize=4)
def _quotas(mixture: Mixture) -> tuple[int, ...]:
    """Places of each source in an epoch, rounded to whole ones by the largest remainders."""
    length = max(sum(mixture.counts), math.ceil(PLACES_OF_THE_RAREST / min(mixture.shares)))
    exact = np.array(mixture.shares) * length
    quotas = np.floor(exact).astype(int)
    short = length - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:short]] += 1
    return tuple(int(quota) for quota in quotas)


@lru_cache(maxsize=2)  # a batch may end one epoch and begin the next
def _epoch_of(mixture: Mixture, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """For each place of an epoch its source, and how often that source came before."""
    quotas = _quotas(mixture)
    order = np.random.default_rng((seed, epoch, 2)).permutation(np.repeat(np.arange(len(quotas)), quotas))
    before = np.empty(len(order), int)
    for source, quota in enumerate(quotas):
        before[order == source] = np.arange(quota)
    return order, before
