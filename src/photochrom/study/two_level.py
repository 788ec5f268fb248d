"""How sure a share is: people differ, and each of them answers a few times.

The share labelled real is that of all trials. Its standard error and interval come from the two-level bootstrap of the
paper's own tool: draw participants with replacement, then trials within each of them. It counts the spread within
people twice, once in their observed shares and once by drawing anew, and is therefore cautious: its intervals cover the
truth somewhat more often than they say (Davison and Hinkley 1997, "Bootstrap Methods and their Application", 3.8).

Where systems are compared that caution would hide differences, most of all where everybody met both: there people's
own spread cancels, and what is counted twice is all that is left. So the interval of a difference draws participants
alone, and p comes from a permutation of participants, which is exact whenever two systems are equal: between
participants by giving their systems out anew, within them by exchanging the two systems.
Photographs are not drawn anew: what is said holds for people in general, on these photographs.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, section 3.1; the tool is phillipi/AMT_Real_vs_Fake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photochrom.study.trial_record import TrialRecord

RESAMPLES = 10_000  # as the paper's tool
LEVEL = 0.95
_FEWEST = 2  # participants, below which nobody knows how they differ

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """Answers, counted by participant and system.

    Attributes:
        systems: names, S of them.
        participants: numbers of arrival, P of them.
        labelled: int64 [P, S], trials in which the coloring was taken for the photograph.
        trials: int64 [P, S], all trials; 0 where a participant did not meet a system.
    """

    systems: tuple[str, ...]
    participants: tuple[int, ...]
    labelled: Counts
    trials: Counts


@dataclass(frozen=True)
class Share:
    """The share labelled real of one system, in 0..1.

    Attributes:
        rate: of all trials.
        error, low, high: standard error, and the ends of the 95 % interval; None below two participants, and where
            everybody always answered the same, of which no resample differs.
        participants, trials: how many.
    """

    system: str
    rate: float
    error: float | None
    low: float | None
    high: float | None
    participants: int
    trials: int


@dataclass(frozen=True)
class Difference:
    """One system's share less another's.

    Attributes:
        difference, low, high: in -1..1, with the 95 % interval of the bootstrap over participants; None as for a
            `Share`.
        p: two-sided, of the permutation test; None where too few participants met the two.
        p_adjusted: by Holm over all pairs of systems of a report.
        wins: share of the two-level resamples in which the first is ahead, ties by half, as the paper's tool gives it.
    """

    first: str
    second: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    wins: float | None


def count(records: Sequence[TrialRecord], systems: Sequence[str]) -> Tally:
    """Count the answers to these systems; records of others are left out.

    Args:
        records: whatever is to be counted, filtered before.
        systems: their order is that of the columns.
    """
    participants = sorted({record.participant for record in records if record.system in systems})
    rows = {number: row for row, number in enumerate(participants)}
    columns = {name: column for column, name in enumerate(systems)}
    labelled = np.zeros((len(rows), len(columns)), np.int64)
    trials = np.zeros_like(labelled)
    for record in records:
        if record.system in columns:
            place = rows[record.participant], columns[record.system]
            trials[place] += 1
            labelled[place] += record.labelled_real
    return Tally(tuple(systems), tuple(participants), labelled, trials)


def bootstrap(
    tally: Tally, random: np.random.Generator, resamples: int = RESAMPLES, *, draw_trials: bool = True
) -> Floats:
    """The shares in each resample.

    Participants who met the same systems are drawn from among themselves: where each met one, every system keeps its
    number of participants; where each met all, a person's answers to all of them stay together. Drawing n trials with
    replacement, of which k were labelled real, gives a binomial number of them.

    Args:
        tally: of the answers.
        random: for the draws.
        resamples: B.
        draw_trials: within each participant too, the second level; else their answers stay as they are.
    Returns: float64 [B, S] in 0..1; NaN for a system without trials.
    """
    labelled = np.zeros((resamples, len(tally.systems)))
    trials = np.zeros_like(labelled)
    chance = tally.labelled / np.maximum(tally.trials, 1)
    met = tally.trials > 0
    for kind in np.unique(met, axis=0):
        members = np.flatnonzero((met == kind).all(axis=1))
        drawn = members[random.integers(len(members), size=(resamples, len(members)))]  # [B, members]
        for system in np.flatnonzero(kind):
            shown = tally.trials[drawn, system]
            called = random.binomial(shown, chance[drawn, system]) if draw_trials else tally.labelled[drawn, system]
            labelled[:, system] += called.sum(axis=1)
            trials[:, system] += shown.sum(axis=1)
    return np.divide(labelled, trials, out=np.full_like(labelled, np.nan), where=trials > 0)


def shares(tally: Tally, resampled: Floats) -> list[Share]:
    """The share labelled real of each system that was shown.

    Args:
        tally: of the answers.
        resampled: float [B, S], of `bootstrap`.
    """
    found = []
    for column, system in enumerate(tally.systems):
        trials = int(tally.trials[:, column].sum())
        participants = int((tally.trials[:, column] > 0).sum())
        if trials:
            rate = float(tally.labelled[:, column].sum()) / trials
            low, high = _interval(resampled[:, column], participants)
            error = None if low is None else float(resampled[:, column].std(ddof=1))
            found.append(Share(system, rate, error, low, high, participants, trials))
    return found


def differences(
    tally: Tally, resampled: Floats, random: np.random.Generator, permutations: int = RESAMPLES
) -> list[Difference]:
    """Every pair of systems that were shown, compared.

    Args:
        tally: of the answers.
        resampled: float [B, S], of `bootstrap`.
        random: for the permutations and for drawing participants.
        permutations: of each pair.
    """
    people = bootstrap(tally, random, len(resampled), draw_trials=False)
    shown = [column for column in range(len(tally.systems)) if tally.trials[:, column].any()]
    pairs = [(one, other) for place, one in enumerate(shown) for other in shown[place + 1 :]]
    values = [permutation_p(tally, one, other, random, permutations) for one, other in pairs]
    return [
        _difference(tally, resampled, people, one, other, p, adjusted)
        for (one, other), p, adjusted in zip(pairs, values, holm(values), strict=True)
    ]


def permutation_p(
    tally: Tally, first: int, second: int, random: np.random.Generator, permutations: int = RESAMPLES
) -> float | None:
    """Two-sided p of "these two systems are labelled real equally often".

    Args:
        tally: of the answers.
        first, second: columns.
        random: for the permutations; beside those drawn, the answers as they are count as one.
        permutations: how many are drawn.
    Returns: in 0..1; None where fewer than two participants met either.
    """
    columns = [first, second]
    labelled, trials = tally.labelled[:, columns], tally.trials[:, columns]
    met = trials > 0
    both, one = met.all(axis=1), met.any(axis=1) & ~met.all(axis=1)
    if min(met.sum(axis=0)) < _FEWEST:
        return None
    if both.any():
        # Whoever met both is their own control: the names of the systems may be exchanged within a person.
        exchanged = random.integers(2, size=(permutations, int(both.sum())), dtype=np.int64)
        sides = np.stack([exchanged, 1 - exchanged], axis=-1)  # [R, P, 2]: 0 takes the first's answers
        k, n = labelled[both], trials[both]
        k_moved = np.where(sides == 0, k[:, :1], k[:, 1:]).sum(axis=1)
        n_moved = np.where(sides == 0, n[:, :1], n[:, 1:]).sum(axis=1)
        observed = _gap(k.sum(axis=0), n.sum(axis=0))
    else:
        k, n = labelled[one].sum(axis=1), trials[one].sum(axis=1)
        sizes = met[one].sum(axis=0)
        order = random.random((permutations, len(k))).argsort(axis=1)
        parts = (order[:, : sizes[0]], order[:, sizes[0] :])
        k_moved = np.stack([k[part].sum(axis=1) for part in parts], axis=-1)
        n_moved = np.stack([n[part].sum(axis=1) for part in parts], axis=-1)
        observed = _gap(labelled[one].sum(axis=0), trials[one].sum(axis=0))
    as_far = np.abs(_gap(k_moved, n_moved)) >= np.abs(observed) - 1e-12
    return float((1 + as_far.sum()) / (1 + permutations))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """p-values adjusted for their number, by Holm's step-down method; None stays.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

    Example:
        >>> holm([0.01, 0.04, None, 0.03])
        [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[place] = highest
    return adjusted


def _difference(
    tally: Tally, resampled: Floats, people: Floats, one: int, other: int, p: float | None, adjusted: float | None
) -> Difference:
    gap = resampled[:, one] - resampled[:, other]
    few = int(min((tally.trials[:, [one, other]] > 0).sum(axis=0)))
    low, high = _interval(people[:, one] - people[:, other], few)
    wins = None if low is None else float((gap > 0).mean() + (gap == 0).mean() / 2)
    columns = [one, other]
    observed = float(_gap(tally.labelled[:, columns].sum(axis=0), tally.trials[:, columns].sum(axis=0)))
    return Difference(tally.systems[one], tally.systems[other], observed, low, high, p, adjusted, wins)


def _gap(labelled: Counts, trials: Counts) -> Floats:
    """Share of the first less that of the second; [..., 2] -> [...]."""
    share = labelled / trials
    gap: Floats = np.asarray(share[..., 0] - share[..., 1])
    return gap


def _interval(values: Floats, participants: int) -> tuple[float | None, float | None]:
    if participants < _FEWEST or values.min() == values.max():
        return None, None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
