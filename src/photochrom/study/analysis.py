"""From the answers of a study to its report; the same answers and seed give the same report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from photochrom.study.assignment import RANDOM, generator
from photochrom.study.errors import StudyError
from photochrom.study.exclusions import apply
from photochrom.study.manifest import Study
from photochrom.study.report import (
    DisplayTimes,
    Figures,
    Histogram,
    LearningStep,
    People,
    PhotographShare,
    ResponseTimes,
    StudyReport,
)
from photochrom.study.trial_record import ParticipantRecord, TrialRecord
from photochrom.study.two_level import RESAMPLES, bootstrap, count, differences, shares

LEARNING_STEPS = 4  # stretches of the test trials
_RESPONSE_EDGES = [float(edge) for edge in range(0, 4250, 250)]  # ms; what is slower stands in the last
_OFF_EDGES = [float(edge) for edge in range(-100, 110, 10)]  # ms off the wanted display time
_KEPT, _EVERYBODY = 200, 201  # streams of the report's seed


def analyze(
    study: Study,
    records: Sequence[TrialRecord],
    participants: Sequence[ParticipantRecord],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> StudyReport:
    """Analyze a study.

    Args:
        study: whose rules of exclusion count.
        records: every answered trial, in any order.
        participants: everybody who started.
        resamples: of the bootstrap, and permutations of the test.
        seed: of both.
    Raises: StudyError for answers that are not of this study, or for none.
    """
    records = sorted(records, key=lambda record: (record.participant, record.number))
    _check(study, records, participants)
    kept = apply(study.exclusions, participants, records)
    # Whom the rule of vigilance left out by Random's pictures must be counted when Random's own share is taken.
    unwatched = apply(replace(study.exclusions, vigilance_below=None), participants, records)
    everything = [record for record in records if record.kind != "practice"]
    tested = [record for record in _of_colorings(study, kept.records) if record.kind == "test"]
    return StudyReport(
        study=_described(study),
        simulated=any(record.simulated for record in records) or any(person.simulated for person in participants),
        people=People(
            started=len(participants),
            complete=sum(person.complete for person in participants),
            simulated=sum(person.simulated for person in participants),
            excluded=kept.reasons,
            off_time=kept.off_time,
            too_fast=kept.too_fast,
        ),
        kept=_figures(study, kept.records, unwatched.records, resamples, generator(seed, _KEPT)),
        everybody=_figures(study, everything, everything, resamples, generator(seed, _EVERYBODY)),
        photographs=_by_photograph(tested),
        response_times=[found for system in study.systems if (found := _response_times(system, tested))],
        response_histogram=_histogram([record.response_ms for record in tested], _RESPONSE_EDGES),
        display_times=_display_times(study, everything),
        learning=_learning(study, tested),
        first_called_colored=_first_called_colored(study, tested),
        resamples=resamples,
        seed=seed,
    )


def _check(study: Study, records: Sequence[TrialRecord], participants: Sequence[ParticipantRecord]) -> None:
    if not any(record.kind == "test" for record in records):
        raise StudyError(f"nobody has answered a test trial of {study.folder} yet; there is nothing to report")
    unknown = {record.participant for record in records} - {person.number for person in participants}
    if unknown:
        raise StudyError(f"there are answers of participants {sorted(unknown)[:5]} who are not among the participants")
    systems = {*study.systems, RANDOM}
    names = {photograph.name for photograph in study.photographs}
    for record in records:
        if record.system not in systems or record.photograph not in names:
            raise StudyError(
                f"an answer to {record.system} on {record.photograph} is not of {study.folder}; name the study it is of"
            )


def _described(study: Study) -> dict[str, object]:
    return {
        "name": study.folder.absolute().name,
        "hash": study.hash,
        "version": study.version,
        "seed": study.seed,
        "design": study.design.to_json(),
        "exclusions": study.exclusions.to_json(),
        "systems": list(study.systems),
        "photographs": len(study.photographs),
    }


def _of_colorings(study: Study, records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Trials in which a coloring could be taken for real: all but those that showed a single photograph."""
    single = study.design.presentation == "single"
    return [record for record in records if not single or record.truth_slot == 1]


def _figures(
    study: Study,
    records: Sequence[TrialRecord],
    with_inattentive: Sequence[TrialRecord],
    resamples: int,
    random: np.random.Generator,
) -> Figures:
    colored = _of_colorings(study, records)
    tally = count(colored, study.systems)
    resampled = bootstrap(tally, random, resamples)
    watched = count([record for record in with_inattentive if record.kind == "vigilance"], (RANDOM,))
    recognized = shares(watched, bootstrap(watched, random, resamples))
    photographs = [record.labelled_real for record in records if study.design.slots == 1 and record.truth_slot == 0]
    return Figures(
        shares=[*shares(tally, resampled), *recognized],
        differences=differences(tally, resampled, random, resamples),
        photographs_called_real=float(np.mean(photographs)) if photographs else None,
        participants=len({record.participant for record in records}),
        trials=len(records),
    )


def _by_photograph(tested: Sequence[TrialRecord]) -> list[PhotographShare]:
    found: dict[tuple[str, str], list[bool]] = {}
    for record in tested:
        found.setdefault((record.photograph, record.system), []).append(record.labelled_real)
    return [PhotographShare(*key, sum(answers), len(answers)) for key, answers in sorted(found.items())]


def _response_times(system: str, tested: Sequence[TrialRecord]) -> ResponseTimes | None:
    mine = [record for record in tested if record.system == system]
    if not mine:
        return None
    low, middle, high = np.percentile([record.response_ms for record in mine], [25, 50, 75]).tolist()
    fooled = [record.response_ms for record in mine if record.labelled_real]
    recognized = [record.response_ms for record in mine if not record.labelled_real]
    return ResponseTimes(
        system,
        (low, middle, high),
        float(np.median(fooled)) if fooled else None,
        float(np.median(recognized)) if recognized else None,
    )


def _display_times(study: Study, records: Sequence[TrialRecord]) -> DisplayTimes | None:
    wanted, tolerance = study.design.duration_ms, study.design.tolerance_ms
    if wanted is None:
        return None
    off = np.array([shown - wanted for record in records for shown in record.shown_ms if shown is not None])
    if not len(off):
        return None
    first, fifth, middle, last, most = np.percentile(off, [1, 5, 50, 95, 99]).tolist()
    return DisplayTimes(
        wanted,
        tolerance,
        len(off),
        float((np.abs(off) <= tolerance).mean()),
        (first, fifth, middle, last, most),
        _histogram(off.tolist(), _OFF_EDGES),
    )


def _learning(study: Study, tested: Sequence[TrialRecord]) -> list[LearningStep]:
    """Whether people get better: the share in equal stretches of the test trials."""
    pairs, practice = study.design.pairs, study.design.practice
    edges = np.linspace(0, pairs, min(LEARNING_STEPS, pairs) + 1).round().astype(int).tolist()
    steps = []
    for system in study.systems:
        for start, end in pairwise(edges):
            answers = [
                record.labelled_real
                for record in tested
                if record.system == system and start <= record.number - practice < end
            ]
            steps.append(
                LearningStep(system, start + 1, end, float(np.mean(answers)) if answers else None, len(answers))
            )
    return steps


def _first_called_colored(study: Study, tested: Sequence[TrialRecord]) -> float | None:
    if study.design.slots == 1 or not tested:
        return None
    return sum(record.chosen_slot == 0 for record in tested) / len(tested)


def _histogram(values: Sequence[float], edges: list[float]) -> Histogram:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return Histogram(edges, counts.tolist())
