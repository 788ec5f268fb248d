"""Who sees what: the trials of a participant, from the study's seed and the number of arrival alone.

Nothing is kept between participants, so a server that starts again goes on with the same plan. Systems are given out
in permuted blocks: each block of arrivals has every system once, in a random order, so that their numbers never differ
by more than one. Photographs are dealt like cards: a shuffled pack goes around until it is too small for one more
participant, then it is shuffled anew; nobody sees a photograph twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photochrom.study.trial_record import TrialKind

if TYPE_CHECKING:
    from photochrom.study.manifest import Study

RANDOM = "random"  # the system of vigilance: a photograph with the colors of another one
# Named streams of the study's seed; numbers are never given out again.
BLOCKS, PACKS, ORDER, PARTNERS, PLATES = range(5)


@dataclass(frozen=True)
class Trial:
    """One trial, as the server knows it: the answer is in it."""

    number: int  # from 0, practice included
    kind: TrialKind
    photograph: str
    system: str  # "random" in a trial of vigilance
    truth_slot: int  # where the photograph stands; "single": 0 the photograph is shown, 1 the coloring


def generator(seed: int, *stream: int) -> np.random.Generator:
    """The random numbers of one purpose; the same seed and stream give the same."""
    return np.random.default_rng(np.random.SeedSequence([seed, *stream]))


def trials_of(study: Study, participant: int) -> tuple[Trial, ...]:
    """What a participant is shown, in order.

    Args:
        study: its design, systems, photographs and seed count.
        participant: number of arrival, from 0.
    Returns: the practice trials, then the test trials with those of vigilance among them.
    Raises: ValueError for a number below 0.
    """
    if participant < 0:
        raise ValueError(f"a participant's number of arrival is 0 or above, got {participant}")
    design = study.design
    order = generator(study.seed, ORDER, participant)
    if design.systems_within:
        systems, turn = study.systems, participant
    else:
        systems, turn = (system_of(study, participant),), participant // len(study.systems)
    deck = 0 if design.systems_within else study.systems.index(systems[0])
    photographs = _dealt(study, deck, turn)
    practice = _sequence(systems, design.practice, order)
    real = _sequence(systems, design.pairs - design.vigilance_trials, order)
    test = [*real, *[RANDOM] * design.vigilance_trials]
    shuffled = [test[place] for place in order.permutation(len(test))]
    kinds: list[TrialKind] = ["practice" for _ in practice]
    kinds += ["vigilance" if system == RANDOM else "test" for system in shuffled]
    shown = [*practice, *shuffled]
    slots = _truth_slots(list(zip(kinds, shown, strict=True)), order, single=design.presentation == "single")
    return tuple(
        Trial(number, kinds[number], photographs[number], shown[number], slots[number]) for number in range(len(shown))
    )


def system_of(study: Study, participant: int) -> str:
    """The one system of a participant, where every participant has one."""
    block, place = divmod(participant, len(study.systems))
    order = generator(study.seed, BLOCKS, block).permutation(len(study.systems))
    return study.systems[int(order[place])]


def _dealt(study: Study, deck: int, turn: int) -> list[str]:
    """As many photographs as there are trials: the hand of the `turn`-th participant of a deck."""
    wanted, available = study.design.trials, len(study.photographs)
    pack, hand = divmod(turn, available // wanted)
    order = generator(study.seed, PACKS, deck, pack).permutation(available)
    return [study.photographs[index].name for index in order[hand * wanted : (hand + 1) * wanted]]


def _sequence(systems: tuple[str, ...], count: int, order: np.random.Generator) -> list[str]:
    """Each system as often as the others, to within one, in a random order."""
    first = order.permutation(len(systems))  # whose turn it is to have one more
    each = [systems[first[place % len(systems)]] for place in range(count)]
    return [each[place] for place in order.permutation(count)]


def _truth_slots(shown: list[tuple[TrialKind, str]], order: np.random.Generator, *, single: bool) -> list[int]:
    """Either slot as often as the other, to within one, for each kind and system; in a random order.

    A trial of vigilance that shows one picture shows the random coloring: a photograph would ask for no vigilance.
    """
    slots = [1] * len(shown)
    for group in sorted(set(shown)):
        if single and group[0] == "vigilance":
            continue
        places = [place for place, each in enumerate(shown) if each == group]
        halves = (np.arange(len(places)) + order.integers(2)) % 2
        for place, slot in zip(places, order.permutation(halves), strict=True):
            slots[place] = int(slot)
    return slots
