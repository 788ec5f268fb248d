"""How often each of the 313 colors occurs in a collection: the prior from which rarity weights are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from photochrom.color.ab_bins import GRAY_BIN, ab_bins, nearest_bin, rarity_weights, smooth_prior
from photochrom.data.decoding import THREADS, attempted, decode, in_threads
from photochrom.data.ledger import Ledger
from photochrom.data.lightness_and_ab import target_ab
from photochrom.data.shards import EncodedPhotograph
from photochrom.photos.errors import PhotoError


@dataclass(frozen=True)
class Prior:
    """The colors of a collection.

    Attributes:
        counts: int64 [313], places whose nearest bin it is.
        shares: float64 [313], smoothed, sum 1.
        weights: float32 [313], the rarity weights.
        photographs: how many were counted.
    """

    counts: np.ndarray
    shares: np.ndarray
    weights: np.ndarray
    photographs: int

    @property
    def warning(self) -> str | None:
        """What is suspicious about it, in one line; None where gray leads, as it does in photographs."""
        leader = int(self.shares.argmax())
        if leader == GRAY_BIN:
            return None
        a, b = ab_bins()[leader].astype(int)
        return (
            f"the most common color is ab = ({a}, {b}), not gray, with {self.shares[leader]:.1%} against "
            f"{self.shares[GRAY_BIN]:.1%}: look at the photographs with `photochrom data inspect --sheet`"
        )


def count_prior(
    photographs: Iterable[EncodedPhotograph],
    *,
    ledger: Ledger,
    target: str = "mean",
    short_side: int = 256,
    sigma: float = 5.0,
    uniform_share: float = 0.5,
    threads: int = THREADS,
) -> Prior:
    """Count the colors of photographs as a network's target sees them.

    Args:
        photographs: unreadable ones go into the ledger.
        ledger: is added to.
        target: ab at stride 4 as the `mean` of 4x4 pixels, or the first `point` of them.
        short_side: photographs are brought down to this size first.
        sigma: smoothing over the ab plane, in ab units.
        uniform_share: lambda of the rarity weights, in 0..1.
        threads: of decoding.

    Raises:
        ValueError: no photograph could be read, or sigma or lambda are out of range.
        DataError: as `read_source`, from the photographs.
    Source: Zhang, Isola and Efros 2016, section 2.2.
    """
    counts, counted = np.zeros(len(ab_bins()), np.int64), 0

    def count(photograph: EncodedPhotograph, size: int) -> np.ndarray:
        return np.bincount(nearest_bin(target_ab(decode(photograph, size), target)).ravel(), minlength=len(counts))

    work = in_threads(lambda photograph: attempted(count, photograph, short_side), photographs, threads=threads)
    for photograph, found in work:
        ledger.tried += 1
        if isinstance(found, PhotoError):
            ledger.add(photograph, found)
            continue
        counts += found
        counted += 1
    if counted == 0:
        raise ValueError("no photograph could be read, so there are no colors to count; check the sources")
    shares = smooth_prior(counts, sigma)
    return Prior(counts, shares, rarity_weights(shares, uniform_share), counted)
