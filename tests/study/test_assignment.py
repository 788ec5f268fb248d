from collections import Counter
from dataclasses import replace

import pytest

from photochrom.study.assignment import RANDOM, system_of, trials_of
from photochrom.study.design import Design

PEOPLE = 60
ONE_EACH = Design(pairs=8, practice=3, vigilance=0.25)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(ONE_EACH, systems=("one", "two", "three"), photographs=25)


def test_systems_never_differ_by_more_than_one_whoever_comes_last(study):
    given = Counter()
    for participant in range(PEOPLE):
        given[system_of(study, participant)] += 1
        assert max(given.values()) - min(given[system] for system in study.systems) <= 1


def test_the_order_of_systems_is_not_the_same_in_every_block(study):
    blocks = {tuple(system_of(study, 3 * block + place) for place in range(3)) for block in range(20)}
    assert len(blocks) > 3


def test_a_participant_meets_one_system_and_no_photograph_twice(study):
    for participant in range(PEOPLE):
        trials = trials_of(study, participant)
        assert [trial.number for trial in trials] == list(range(11))
        assert [trial.kind for trial in trials[:3]] == ["practice"] * 3
        assert Counter(trial.kind for trial in trials[3:]) == {"test": 6, "vigilance": 2}
        assert {trial.system for trial in trials if trial.kind != "vigilance"} == {system_of(study, participant)}
        assert {trial.system for trial in trials if trial.kind == "vigilance"} == {RANDOM}
        assert len({trial.photograph for trial in trials}) == len(trials)


def test_the_photograph_stands_in_either_slot_as_often_within_each_kind(study):
    firsts = 0
    for participant in range(PEOPLE):
        trials = trials_of(study, participant)
        for kind in ("practice", "test", "vigilance"):
            slots = Counter(trial.truth_slot for trial in trials if trial.kind == kind)
            assert abs(slots[0] - slots[1]) <= 1
        firsts += trials[3].truth_slot
    assert 15 < firsts < 45  # the first test trial's slot is a coin's: 4 standard deviations of 60 throws


def test_vigilance_may_come_anywhere_among_the_test_trials(study):
    places = {
        trial.number for person in range(PEOPLE) for trial in trials_of(study, person) if trial.kind == "vigilance"
    }
    assert places == set(range(3, 11))


def test_photographs_are_dealt_evenly(study):
    shown = Counter(trial.photograph for person in range(PEOPLE) for trial in trials_of(study, person))
    # 25 photographs, 11 for a participant: two participants of a system share a pack, 3 cards are left of it.
    assert max(shown.values()) <= 30  # of 30 packs, each photograph is in a pack once
    assert min(shown.values()) >= 18
    two = [{trial.photograph for trial in trials_of(study, person)} for person in range(PEOPLE)]
    of_one = [hand for person, hand in enumerate(two) if system_of(study, person) == "one"]
    assert all(not (first & second) for first, second in zip(of_one[::2], of_one[1::2], strict=True))


def test_the_same_seed_gives_the_same_trials_and_another_seed_others(study):
    again = [trials_of(study, person) for person in range(PEOPLE)]
    assert again == [trials_of(study, person) for person in range(PEOPLE)]
    assert again != [trials_of(replace(study, seed=1), person) for person in range(PEOPLE)]


def test_within_participants_every_system_comes_equally_often(make_study):
    study = make_study(replace(ONE_EACH, systems_within=True), systems=("one", "two", "three"), photographs=11)
    extra = Counter()
    for participant in range(PEOPLE):
        trials = trials_of(study, participant)
        counts = Counter(trial.system for trial in trials if trial.kind == "test")
        assert set(counts.values()) == {2}
        practice = Counter(trial.system for trial in trials if trial.kind == "practice")
        assert max(practice.values()) == 1
        extra.update(practice)
    assert set(extra) == {"one", "two", "three"}


def test_one_picture_at_a_time_shows_photographs_and_colorings_and_only_colorings_for_vigilance(make_study):
    study = make_study(replace(ONE_EACH, presentation="single"), photographs=11)
    for participant in range(PEOPLE):
        trials = trials_of(study, participant)
        assert Counter(trial.truth_slot for trial in trials if trial.kind == "test") == {0: 3, 1: 3}
        assert {trial.truth_slot for trial in trials if trial.kind == "vigilance"} == {1}


def test_a_number_of_arrival_below_zero_is_refused(study):
    with pytest.raises(ValueError, match="0 or above"):
        trials_of(study, -1)
