from dataclasses import replace

import numpy as np
import pytest

from photochrom.study.analysis import analyze
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.simulated_people import SimulatedPeople, simulate_records

PEOPLE = SimulatedPeople({"one": 0.35, "two": 0.25}, photograph_spread=0.5)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(Design(pairs=20, practice=4, vigilance=0.2), photographs=30)


@pytest.fixture(scope="module")
def answers(study):
    """Forty simulated participants; number 3 stops early, 5 fails the plates."""
    records, participants = simulate_records(PEOPLE, study, 40, seed=0)
    records = [record for record in records if record.participant != 3 or record.number < 9]
    participants[3] = replace(participants[3], complete=False)
    participants[5] = replace(participants[5], color_vision="failed")
    return records, participants


@pytest.fixture(scope="module")
def report(study, answers):
    return analyze(study, *answers, resamples=500)


def plain_rate(records, system, left_out=()):
    chosen = [r for r in records if r.system == system and r.kind != "practice" and r.participant not in left_out]
    return sum(r.chosen_slot == r.truth_slot for r in chosen) / len(chosen), len(chosen)


def test_shares_are_those_of_the_trials_with_and_without_exclusions(report, answers):
    records, _ = answers
    out = set(report.people.excluded)
    assert {3, 5} <= out
    for system in ("one", "two"):
        rate, trials = plain_rate(records, system, out)
        assert (report.share(system).rate, report.share(system).trials) == (pytest.approx(rate), trials)
        rate, trials = plain_rate(records, system)
        everybody = next(share for share in report.everybody.shares if share.system == system)
        assert (everybody.rate, everybody.trials) == (pytest.approx(rate), trials)


def test_randoms_share_counts_those_whom_vigilance_left_out(study, answers, report):
    records, _ = answers
    inattentive = {number for number, why in report.people.excluded.items() if "Random" in " ".join(why)}
    assert inattentive  # some of 40 simulated people miss three of four
    rate, trials = plain_rate(records, "random", set(report.people.excluded) - inattentive)
    assert (report.share("random").rate, report.share("random").trials) == (pytest.approx(rate), trials)


def test_the_rules_are_the_manifests_own(study, answers):
    lenient = replace(study, exclusions=replace(study.exclusions, color_vision=False))
    assert 5 not in analyze(lenient, *answers, resamples=100).people.excluded


def test_per_photograph_counts_add_up_to_the_systems(report):
    for system in ("one", "two"):
        mine = [each for each in report.photographs if each.system == system]
        share = report.share(system)
        assert sum(each.trials for each in mine) == share.trials
        assert sum(each.labelled for each in mine) == pytest.approx(share.rate * share.trials)


def test_learning_steps_cover_the_test_trials_once(report):
    steps = [step for step in report.learning if step.system == "one"]
    assert [(step.first, step.last) for step in steps] == [(1, 5), (6, 10), (11, 15), (16, 20)]
    assert sum(step.trials for step in steps) == report.share("one").trials


def test_response_and_display_times_are_those_of_the_trials(study, answers, report):
    records, _ = answers
    counted = [r for r in records if r.kind != "practice"]
    off = np.array([shown - 1000 for r in counted for shown in r.shown_ms])
    assert report.display_times.displays == len(off) == sum(report.display_times.histogram.counts)
    assert report.display_times.percentiles[2] == pytest.approx(np.median(off))
    assert report.display_times.within_tolerance == pytest.approx((np.abs(off) <= 50).mean())
    mine = [r.response_ms for r in counted if r.system == "one" and r.participant not in report.people.excluded]
    assert report.response_times[0].quartiles == pytest.approx(np.percentile(mine, [25, 50, 75]))


def test_the_same_answers_in_any_order_give_the_same_report(study, answers, report):
    records, participants = answers
    assert analyze(study, records[::-1], participants[::-1], resamples=500) == report


def test_one_simulated_answer_marks_the_whole_report(study, answers):
    records, participants = ([replace(each, simulated=False) for each in part] for part in answers)
    assert not analyze(study, records, participants, resamples=100).simulated
    assert analyze(study, [replace(records[0], simulated=True), *records[1:]], participants, resamples=100).simulated
    told = [replace(participants[0], simulated=True), *participants[1:]]
    assert analyze(study, records, told, resamples=100).simulated


def test_one_picture_at_a_time_counts_colorings_and_tells_how_often_photographs_are_called_real(make_study):
    single = make_study(Design(presentation="single", pairs=20, practice=2, vigilance=0.1), photographs=30)
    records, participants = simulate_records(PEOPLE, single, 30, seed=2)
    report = analyze(single, records, participants, resamples=100)
    shown = [r for r in records if r.kind == "test" and r.participant not in report.people.excluded]
    colorings = [r for r in shown if r.truth_slot == 1 and r.system == "one"]
    assert report.share("one").rate == pytest.approx(np.mean([r.chosen_slot == 0 for r in colorings]))
    photographs = [r for r in shown if r.truth_slot == 0]
    assert report.kept.photographs_called_real == pytest.approx(np.mean([r.chosen_slot == 0 for r in photographs]))
    assert report.first_called_colored is None


def test_an_untimed_study_has_no_display_times(make_study):
    untimed = make_study(Design(pairs=4, practice=0, duration_ms=None), photographs=10)
    records, participants = simulate_records(PEOPLE, untimed, 8, seed=0)
    assert analyze(untimed, records, participants, resamples=100).display_times is None


def test_answers_of_another_study_and_none_at_all_are_refused(study, answers):
    records, participants = answers
    with pytest.raises(StudyError, match="nothing to report"):
        analyze(study, [r for r in records if r.kind == "practice"], participants)
    with pytest.raises(StudyError, match="not among the participants"):
        analyze(study, records, participants[:5])
    with pytest.raises(StudyError, match="name the study it is of"):
        analyze(study, [*records, replace(records[0], photograph="elsewhere")], participants)
