from dataclasses import replace

import numpy as np
import pytest

from photochrom.study.assignment import trials_of
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.simulated_people import (
    SimulatedPeople,
    SimulatedPerson,
    photograph_deviates,
    simulate_records,
)

DESIGN = Design(pairs=40, practice=2)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(DESIGN, photographs=60)


def rate_of(records, system):
    return np.mean(
        [record.labelled_real for record in records if record.system == system and record.kind != "practice"]
    )


def test_systems_are_labelled_real_as_often_as_was_asked_lapses_and_differences_included(study):
    people = SimulatedPeople({"one": 0.32, "two": 0.18}, photograph_spread=0.6, lapse=0.1, vigilance=0.13)
    records, participants = simulate_records(people, study, 300, seed=1)
    assert len(participants) == 300
    # Two standard errors: 150 people of a spread of 0.1, with 36 trials each; and 1200 trials of vigilance.
    assert rate_of(records, "one") == pytest.approx(0.32, abs=0.03)
    assert rate_of(records, "two") == pytest.approx(0.18, abs=0.03)
    assert rate_of(records, "random") == pytest.approx(0.13, abs=0.025)


def test_the_mean_over_people_is_the_rate_by_integration():
    people = SimulatedPeople({"one": 0.3}, spread=0.9, lapse=0.04)
    deviates = np.linspace(-9, 9, 20_001)
    density = np.exp(-(deviates**2) / 2)
    mean = np.average(people.chances(0.3, 0.9 * deviates), weights=density)
    assert mean == pytest.approx(0.3, abs=1e-6)


def test_people_differ_by_the_spread_that_was_asked_for(make_study):
    long = make_study(Design(pairs=100, practice=0, vigilance=0), systems=("one",), photographs=100)
    records, _ = simulate_records(SimulatedPeople({"one": 0.3}, spread=0.6, lapse=0), long, 120, seed=3)
    shares = [np.mean([r.labelled_real for r in records[start : start + 100]]) for start in range(0, len(records), 100)]
    chances = SimulatedPeople({"one": 0.3}, spread=0.6, lapse=0).chances(
        0.3, 0.6 * np.random.default_rng(0).standard_normal(100_000)
    )
    wanted = np.sqrt(chances.var() + (chances * (1 - chances)).mean() / 100)
    assert np.std(shares) == pytest.approx(wanted, rel=0.2)


def test_photographs_differ_around_a_middle_of_nought(study):
    deviates = photograph_deviates(SimulatedPeople({"one": 0.3}, photograph_spread=0.8), study, seed=4)
    assert np.mean(list(deviates.values())) == pytest.approx(0, abs=1e-12)
    assert np.std(list(deviates.values())) == pytest.approx(0.8, rel=0.06)


def test_the_same_seed_gives_the_same_people(study):
    people = SimulatedPeople({"one": 0.3, "two": 0.3})
    assert simulate_records(people, study, 4, seed=5) == simulate_records(people, study, 4, seed=5)
    assert simulate_records(people, study, 4, seed=5) != simulate_records(people, study, 4, seed=6)


def test_everything_is_marked_as_simulated(study):
    records, participants = simulate_records(SimulatedPeople({"one": 0.3, "two": 0.3}), study, 2, seed=0)
    assert all(each.simulated for each in [*records, *participants])


def test_one_picture_is_shown_and_photographs_are_called_real_as_often_as_was_asked(make_study):
    single = make_study(Design(presentation="single", pairs=40, practice=0), photographs=60)
    people = SimulatedPeople({"one": 0.4, "two": 0.4}, photographs_real=0.8)
    records, _ = simulate_records(people, single, 100, seed=7)
    assert all(record.shown_ms[1] is None and record.shown_ms[0] is not None for record in records)
    called = {
        truth: [r.labelled_real for r in records if r.kind == "test" and r.truth_slot == truth] for truth in (0, 1)
    }
    assert np.mean(called[0]) == pytest.approx(0.8, abs=0.03)
    assert np.mean(called[1]) == pytest.approx(0.4, abs=0.04)


def test_an_untimed_design_measures_no_display(study, make_study):
    untimed = make_study(replace(DESIGN, duration_ms=None), photographs=60)
    person = SimulatedPerson(SimulatedPeople({"one": 0.3, "two": 0.3}), untimed, 0, 0)
    assert person.respond(trials_of(untimed, 0)[0]).shown_ms == (None, None)


@pytest.mark.parametrize(
    "change", [{"lapse": 1.5}, {"spread": -1}, {"rates": {"one": 1.2}}, {"rates": {"one": 0.01}, "lapse": 0.1}]
)
def test_people_who_cannot_be_are_refused(change):
    with pytest.raises(StudyError):
        SimulatedPeople(**({"rates": {"one": 0.3}} | change))


def test_a_system_without_a_rate_is_refused(study):
    with pytest.raises(StudyError, match="no rate for 'two'"):
        simulate_records(SimulatedPeople({"one": 0.3}), study, 4, seed=0)
