"""How many participants and trials a study needs, by the two-level model that its report uses.

A person's share of a system varies between people with the standard deviation s, and each of m trials is a draw of it.
The mean over n people then has the variance (s^2 + (r (1 - r) - s^2) / m) / n around the rate r: more trials lessen the
second part alone. Two systems differ by an effect d; the test is two-sided.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist, median

import numpy as np

from photochrom.study.errors import StudyError
from photochrom.study.published import PAIRS, PARTICIPANTS, PUBLISHED
from photochrom.study.simulated_people import SimulatedPeople
from photochrom.study.two_level import Tally, permutation_p

_FEWEST = 4  # participants, below which no permutation reaches p = 0.05


def published_spread() -> float:
    """The standard deviation between people that the paper's standard errors tell, as a share.

    Their bootstrap draws people and then trials, so that its variance is (s^2 + 2 r (1 - r) / m) / n, nearly: the
    spread of the observed shares, and the binomial's once more. Random is left out: it is no system.

    Returns: the median over the paper's systems.

    Example:
        >>> round(published_spread(), 2)
        0.14
    """
    found = []
    for row in PUBLISHED[1:]:
        rate, error = row.rate / 100, row.error / 100
        between = PARTICIPANTS * error**2 - 2 * rate * (1 - rate) / PAIRS
        found.append(sqrt(max(0.0, between)))
    return median(found)


@dataclass(frozen=True)
class Question:
    """What is to be found out, and what is assumed about people.

    Raises: StudyError for a value out of range.
    """

    effect: float  # the difference in the share labelled real that is not to be missed, such as 0.03
    alpha: float = 0.05  # of the two-sided test
    power: float = 0.8  # the chance of finding it
    rate: float = 0.3  # of the better system
    spread: float | None = None  # standard deviation between people; None: `published_spread()`
    within: bool = False  # everybody meets both systems
    shared: float = 0.5  # within: share of the spread's variance that is a person's own, which then cancels

    def __post_init__(self) -> None:
        for name in ("effect", "alpha", "power", "rate"):
            if not 0 < getattr(self, name) < 1:
                raise StudyError(f"{name} must lie between 0 and 1, got {getattr(self, name)}")
        if self.effect >= self.rate:
            raise StudyError(
                f"effect={self.effect} must be below rate={self.rate}: the other system's rate is 0 or more"
            )
        if self.power <= self.alpha:
            raise StudyError(f"power={self.power} must be above alpha={self.alpha}; try 0.8")
        if not 0 <= self.shared <= 1:
            raise StudyError(f"shared must lie in 0..1, got {self.shared}")
        most = sqrt(self.other * (1 - self.other))
        if not 0 <= self.people_spread < most:
            raise StudyError(
                f"spread must lie in 0..{most:.2f} at a rate of {self.other:.2f}, got {self.people_spread}"
            )

    @property
    def people_spread(self) -> float:
        """The standard deviation between people."""
        return published_spread() if self.spread is None else self.spread

    @property
    def other(self) -> float:
        """The rate of the other system."""
        return self.rate - self.effect


@dataclass(frozen=True)
class Need:
    """An answer: `participants` in all, with `trials` of each system that they meet."""

    participants: int
    trials: int


def participants_needed(question: Question, trials: int) -> Need:
    """How many people two systems take.

    Args:
        question: what is to be found out.
        trials: test trials that a participant has of a system, vigilance not counted.
    Returns: participants in all: half of them for each system, or all of them for both.
    Raises: StudyError for less than one trial.

    Example:
        >>> participants_needed(Question(effect=0.1, spread=0.1), 36)
        Need(participants=48, trials=36)
    """
    if trials < 1:
        raise StudyError(f"a participant needs one trial or more, got {trials}")
    normal = NormalDist()
    reach = normal.inv_cdf(1 - question.alpha / 2) + normal.inv_cdf(question.power)
    each = max(_FEWEST, ceil(_variance(question, trials) * (reach / question.effect) ** 2))
    return Need(each if question.within else 2 * each, trials)


def smallest_effect(question: Question, participants: int, trials: int) -> float:
    """The effect that so many participants in all find with the question's power, at about its rate.

    Args:
        question: its own effect only says where the other rate lies.
        participants: in all.
        trials: of each system that they meet.
    """
    normal = NormalDist()
    reach = normal.inv_cdf(1 - question.alpha / 2) + normal.inv_cdf(question.power)
    each = participants if question.within else participants / 2
    return reach * sqrt(_variance(question, trials) / each)


def simulated_power(question: Question, need: Need, *, studies: int = 400, seed: int = 0) -> float:
    """How often simulated studies of this size find the effect, by the report's own test.

    Args:
        question: what is to be found out.
        need: the size.
        studies: how many are simulated.
        seed: of the simulation.
    """
    random = np.random.default_rng(seed)
    people = people_of(question)
    found = 0
    for _ in range(studies):
        tally = draw_tally(people, ("first", "second"), need.participants, need.trials, random, within=question.within)
        p = permutation_p(tally, 0, 1, random, 999)
        found += p is not None and p <= question.alpha
    return found / studies


def people_of(question: Question) -> SimulatedPeople:
    """Simulated people of these rates and this spread; one of shares is about r (1 - r) times one of logits."""
    middle = (question.rate + question.other) / 2
    return SimulatedPeople(
        {"first": question.rate, "second": question.other},
        spread=question.people_spread / (middle * (1 - middle)),
        shared=question.shared,
        lapse=0.0,
    )


def draw_tally(
    people: SimulatedPeople,
    systems: tuple[str, ...],
    participants: int,
    trials: int,
    random: np.random.Generator,
    *,
    within: bool = False,
) -> Tally:
    """The counts of one simulated study, drawn at once.

    Args:
        people: the population.
        systems: with a rate each.
        participants: in all; every system in turn, or all systems for everybody.
        trials: of each system that a participant meets.
        random: for the draws.
        within: whether everybody meets every system.
    """
    own = np.sqrt(people.shared) * random.standard_normal((participants, 1))
    rest = np.sqrt(1 - people.shared) * random.standard_normal((participants, len(systems)))
    deviates = people.spread * (own + rest)
    chances = np.stack(
        [people.chances(people.rate(name), deviates[:, column]) for column, name in enumerate(systems)], axis=1
    )
    shown = np.full((participants, len(systems)), trials)
    if not within:
        shown[np.arange(participants)[:, None] % len(systems) != np.arange(len(systems))] = 0
    return Tally(systems, tuple(range(participants)), random.binomial(shown, chances), shown)


def _variance(question: Question, trials: int) -> float:
    """Of the difference, times the number of people of a system."""
    total = 0.0
    between = question.people_spread**2
    for rate in (question.rate, question.other):
        # A draw of a person's share has the variance r (1 - r) in all; s^2 of it is the person's.
        total += between + (rate * (1 - rate) - between) / trials
    return total - 2 * question.shared * between if question.within else total
