"""The model of a simulated participant: fooled at a known rate, unlike others, and not always attentive.

A person's chance of taking a system's coloring for the photograph lies, in logits, around that of the system. People
differ by a normal deviate that is partly their own (sharp eyes help against every system) and partly of one system;
photographs may differ too. In a lapse the answer is a coin's. The middle is chosen so that the share labelled real over
all people, photographs and lapses is the rate that was asked for, exactly. Nothing of this is a person: whatever is
computed from it is marked as simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photochrom.study.assignment import RANDOM, Trial, generator, trials_of
from photochrom.study.errors import StudyError
from photochrom.study.manifest import Study
from photochrom.study.trial_record import ParticipantRecord, TrialRecord, labelled_real

_PEOPLE, _ANSWERS, _PHOTOGRAPHS = range(100, 103)  # streams of the simulation's seed
_NODES = 40  # of the quadrature over people
_FRAME_MS = 1000 / 60
_STARTED = "1970-01-01"  # no day: nobody was there


@dataclass(frozen=True)
class Response:
    """What a simulated person does in one trial."""

    chosen_slot: int  # the picture called colored; "single": 1 = "colored", 0 = "real"
    response_ms: float
    shown_ms: tuple[float | None, float | None]  # None: not shown, or untimed


@dataclass(frozen=True)
class SimulatedPeople:
    """A population.

    Raises: StudyError for a value that cannot be.
    """

    rates: Mapping[str, float]  # by system: the share labelled real, lapses included; "random" for vigilance
    spread: float = 0.45  # standard deviation between people in logits: about 0.09 at a rate of 0.3
    shared: float = 0.5  # share of that variance which is a person's own, whatever the system
    photograph_spread: float = 0.0  # standard deviation between photographs in logits
    lapse: float = 0.03  # share of answers that a coin gives
    photographs_real: float = 0.75  # "single": how often a photograph is called real
    vigilance: float = 0.13  # Random's share labelled real where `rates` has none: that of the paper's table

    def __post_init__(self) -> None:
        shares = {"shared": self.shared, "lapse": self.lapse, "photographs_real": self.photographs_real}
        for name, value in (shares | dict(self.rates) | {"vigilance": self.vigilance}).items():
            if not 0 <= value <= 1:
                raise StudyError(f"{name} is a share in 0..1, got {value}")
        for name, value in {"photographs_real": self.photographs_real, RANDOM: self.vigilance, **self.rates}.items():
            if not self.lapse / 2 < value < 1 - self.lapse / 2:
                raise StudyError(f"{name}={value} cannot be with {self.lapse} lapses, half of which fool; lower lapse")
        if self.spread < 0 or self.photograph_spread < 0:
            raise StudyError(f"spreads are 0 or above, got {self.spread} and {self.photograph_spread}")
        object.__setattr__(self, "rates", MappingProxyType(dict(self.rates)))

    def rate(self, system: str) -> float:
        """The share labelled real that was asked for. Raises: StudyError for a system without one."""
        if system in self.rates:
            return self.rates[system]
        if system == RANDOM:
            return self.vigilance
        raise StudyError(f"no rate for {system!r}, only for {', '.join(self.rates)}; type --rate {system}=0.3")

    def chances(self, rate: float, deviates: ArrayLike) -> NDArray[np.float64]:
        """How often those are fooled who lie so many logits from the middle of a system of this rate."""
        wanted = (rate - self.lapse / 2) / (1 - self.lapse)
        middle = _middle(wanted, float(np.hypot(self.spread, self.photograph_spread)))
        fooled: NDArray[np.float64] = 1 / (1 + np.exp(-(middle + np.asarray(deviates, np.float64))))
        return (1 - self.lapse) * fooled + self.lapse / 2


class SimulatedPerson:
    """One simulated participant.

    Args:
        people: the population.
        study: whose trials are taken.
        participant: number of arrival.
        seed: of the simulation, not of the study.
    """

    def __init__(self, people: SimulatedPeople, study: Study, participant: int, seed: int) -> None:
        self._people = people
        self._design = study.design
        self._hardness = photograph_deviates(people, study, seed)
        draw = generator(seed, _PEOPLE, participant)
        own = np.sqrt(people.shared) * draw.standard_normal()
        names = (*study.systems, RANDOM)
        rest = np.sqrt(1 - people.shared) * draw.standard_normal(len(names))
        self._deviates = {name: people.spread * float(own + each) for name, each in zip(names, rest, strict=True)}
        self._pace = 700.0 * float(np.exp(0.3 * draw.standard_normal()))  # ms, a typical answer of this person
        self._random = generator(seed, _ANSWERS, participant)

    def respond(self, trial: Trial) -> Response:
        """What the person answers; asked again, another answer may come."""
        response_ms = self._pace * float(np.exp(0.4 * self._random.standard_normal()))
        shown = tuple(self._shown() if slot < self._design.slots else None for slot in (0, 1))
        return Response(self._chosen(trial), response_ms, (shown[0], shown[1]))

    def _chosen(self, trial: Trial) -> int:
        single = self._design.presentation == "single"
        if single and trial.truth_slot == 0:
            is_real = self._random.random() < self._people.photographs_real
            return 0 if is_real else 1
        deviate = self._deviates[trial.system] + self._hardness[trial.photograph]
        fooled = self._random.random() < self._people.chances(self._people.rate(trial.system), deviate)
        if single:
            return 0 if fooled else 1
        return trial.truth_slot if fooled else 1 - trial.truth_slot

    def _shown(self) -> float | None:
        """A display lasts whole frames of a screen of 60 Hz, now and then one more."""
        if self._design.duration_ms is None:
            return None
        frames = round(self._design.duration_ms / _FRAME_MS) + int(self._random.random() < 0.02)
        return frames * _FRAME_MS + 0.2 * float(self._random.standard_normal())


def photograph_deviates(people: SimulatedPeople, study: Study, seed: int) -> dict[str, float]:
    """How much more or less each photograph fools, in logits: the quantiles of a normal, in a random order.

    Quantiles and not draws, so that the photographs of every study give the rate that was asked for.
    """
    count = len(study.photographs)
    quantiles = [NormalDist().inv_cdf((place + 0.5) / count) for place in range(count)]
    order = generator(seed, _PHOTOGRAPHS).permutation(count)
    names = [photograph.name for photograph in study.photographs]
    return {name: people.photograph_spread * quantiles[place] for name, place in zip(names, order, strict=True)}


def simulate_records(
    people: SimulatedPeople, study: Study, participants: int, seed: int
) -> tuple[list[TrialRecord], list[ParticipantRecord]]:
    """A whole simulated study without a server: what its database would hold.

    Args:
        people: the population.
        study: whose trials are taken.
        participants: how many come, each to the end.
        seed: of the simulation.
    """
    records = []
    for number in range(participants):
        person = SimulatedPerson(people, study, number, seed)
        records += [_record(study, number, trial, person.respond(trial)) for trial in trials_of(study, number)]
    return records, [ParticipantRecord(number, True, True, "passed", _STARTED, True) for number in range(participants)]


def _record(study: Study, participant: int, trial: Trial, response: Response) -> TrialRecord:
    design = study.design
    off = [abs(each - design.duration_ms) for each in response.shown_ms if each is not None and design.duration_ms]
    return TrialRecord(
        participant=participant,
        system=trial.system,
        kind=trial.kind,
        number=trial.number,
        photograph=trial.photograph,
        truth_slot=trial.truth_slot,
        chosen_slot=response.chosen_slot,
        labelled_real=labelled_real(design.presentation, trial.truth_slot, response.chosen_slot),
        response_ms=response.response_ms,
        shown_ms=response.shown_ms,
        on_time=all(each <= design.tolerance_ms for each in off),
        simulated=True,
    )


@lru_cache(maxsize=256)
def _middle(rate: float, spread: float) -> float:
    """The logit around which people must lie for `rate` of them to be fooled on average."""
    places, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    low, high = -30.0, 30.0
    for _ in range(60):  # halving: 60 / 2^60 of a logit is left
        middle = (low + high) / 2
        mean = float((weights / (1 + np.exp(-(middle + spread * places)))).sum())
        low, high = (middle, high) if mean < rate else (low, middle)
    return (low + high) / 2
