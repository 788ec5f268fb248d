"""Simulated people take a study on a server of its own: most over HTTP, a handful in a real browser at real timing.

The server knows them by a secret that only this module has, and marks their sessions as simulated in the database from
the first request on. What they answer comes from simulated_people.py, with the rates that were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from photochrom.study.assignment import RANDOM, trials_of
from photochrom.study.errors import StudyError
from photochrom.study.manifest import Study
from photochrom.study.serving import served
from photochrom.study.settings import ServerSettings
from photochrom.study.simulated_line import SimulatedLine
from photochrom.study.simulated_people import SimulatedPeople, SimulatedPerson
from photochrom.study.tokens import new_token

AT_ONCE = 8  # participants over HTTP


def simulate(
    study_folder: Path,
    rates: Mapping[str, float],
    participants: int,
    *,
    browsers: int = 0,
    database: str | None = None,
    seed: int = 0,
) -> int:
    """Let simulated people take part from consent to completion code.

    Args:
        study_folder: of the study.
        rates: system -> share labelled real, 0..1; "random" may be among them.
        participants: how many come.
        browsers: how many of them use headless Chromium, where pictures are really shown; needs playwright.
        database: as for `serve`.
        seed: of the people.
    Returns: how many reached the end, which is all of them.
    Raises: StudyError for rates of other systems or more browsers than participants; StoreError; LineError for a
        request that was refused, which the study's rules never do to an honest participant.
    """
    study = Study.read(study_folder)
    unknown = sorted(set(rates) - {*study.systems, RANDOM})
    if unknown:
        raise StudyError(
            f"no system {', '.join(unknown)} in this study; it has {', '.join(study.systems)} and {RANDOM}"
        )
    if not 0 <= browsers <= participants:
        raise StudyError(f"browsers must be 0 to the {participants} participants, got {browsers}")
    people = SimulatedPeople(rates)
    for system in study.systems:
        people.rate(system)  # a system without a rate is refused before anybody comes
    secret = new_token()
    with served(study, ServerSettings(simulation_secret=secret), database=database) as address:
        if browsers:
            from photochrom.study.simulated_browsers import take_in_browsers

            take_in_browsers(address, secret, study, people, browsers, seed)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [pool.submit(_take, address, secret, study, people, seed) for _ in range(participants - browsers)]
            codes = [job.result() for job in jobs]
    return browsers + len(codes)


def _take(address: str, secret: str, study: Study, people: SimulatedPeople, seed: int) -> str:
    """One session over HTTP. Returns: its completion code."""
    line = SimulatedLine(address, secret)
    try:
        number = line.join()
        person = SimulatedPerson(people, study, number, seed)
        line.pass_checks(study)
        line.load_pictures()
        for trial in trials_of(study, number):
            showing = line.begin(trial)
            line.answer(trial, showing, person.respond(trial), study.design.slots)
        return line.finish()
    finally:
        line.close()
