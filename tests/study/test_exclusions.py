import json
from dataclasses import replace

import pytest

from photochrom.study.errors import StudyError
from photochrom.study.exclusions import Exclusions, apply
from photochrom.study.trial_record import ParticipantRecord, TrialRecord, labelled_real

NONE = Exclusions(False, False, False, None, None, False, None)


def trial(number, *, kind="test", fooled=False, on_time=True, response_ms=600.0, participant=0):
    system = "random" if kind == "vigilance" else "one"
    shown = (1000.0, 1000.0)
    return TrialRecord(
        participant, system, kind, number, "p", 0, 0 if fooled else 1, fooled, response_ms, shown, on_time, False
    )


def person(number=0, complete=True, screen=True, vision="passed"):
    return ParticipantRecord(number, complete, screen, vision, "2026-01-01", False)


def reasons(rules, somebody, trials):
    return apply(rules, [somebody], trials).reasons.get(0, [])


@pytest.mark.parametrize(
    ("rule", "somebody"),
    [
        ({"incomplete": True}, person(complete=False)),
        ({"screen": True}, person(screen=False)),
        ({"color_vision": True}, person(vision="failed")),
    ],
)
def test_each_rule_about_a_person_leaves_out_that_person_alone(rule, somebody):
    trials = [trial(0), trial(1, participant=1)]
    kept = apply(replace(NONE, **rule), [somebody, person(1)], trials)
    assert list(kept.reasons) == [0]
    assert kept.records == [trials[1]]
    assert apply(NONE, [somebody, person(1)], trials).records == trials


def test_an_unclear_or_missing_check_leaves_nobody_out():
    assert not reasons(Exclusions(), person(vision="unclear"), [trial(0)])
    assert not reasons(Exclusions(), person(screen=None, vision=None), [trial(0)])


@pytest.mark.parametrize(("fooled", "left_out"), [(0, False), (2, False), (3, True), (4, True)])
def test_vigilance_below_half_leaves_a_person_out(fooled, left_out):
    watched = [trial(number, kind="vigilance", fooled=number < fooled) for number in range(4)]
    assert bool(reasons(Exclusions(), person(), watched)) == left_out


def test_two_trials_of_vigilance_are_too_few_to_judge_by():
    assert not reasons(Exclusions(), person(), [trial(number, kind="vigilance", fooled=True) for number in range(2)])


def test_answers_to_the_systems_never_decide_who_stays():
    assert not reasons(Exclusions(), person(), [trial(number, fooled=True) for number in range(40)])


def test_displays_out_of_time_leave_out_the_trial_and_beyond_a_share_the_person():
    some = [trial(number, on_time=number >= 2) for number in range(10)]
    kept = apply(Exclusions(), [person()], some)
    assert (kept.records, kept.off_time, kept.reasons) == (some[2:], 2, {})
    many = [trial(number, on_time=number >= 3) for number in range(10)]
    assert "3 of 10 trials were off in time" in reasons(Exclusions(), person(), many)


def test_hasty_answers_are_left_out_and_practice_is_never_counted():
    trials = [trial(0, kind="practice"), trial(1, response_ms=40), trial(2)]
    kept = apply(Exclusions(), [person()], trials)
    assert (kept.records, kept.too_fast) == ([trials[2]], 1)
    assert apply(NONE, [person()], trials).records == trials[1:]


def test_rules_survive_the_way_through_json_and_others_are_refused():
    rules = Exclusions(vigilance_below=None, answer_before_ms=250)
    assert Exclusions.from_json(json.loads(json.dumps(rules.to_json()))) == rules
    with pytest.raises(StudyError, match="share"):
        Exclusions(vigilance_below=50)
    with pytest.raises(StudyError, match="answer_before_ms"):
        Exclusions(answer_before_ms=-1)
    with pytest.raises(StudyError, match="unknown"):
        Exclusions.from_json(rules.to_json() | {"drop_fooled": True})


@pytest.mark.parametrize("presentation", ["succession", "side-by-side"])
@pytest.mark.parametrize("truth", [0, 1])
def test_of_a_pair_the_coloring_is_labelled_real_when_the_photograph_is_called_colored(presentation, truth):
    assert labelled_real(presentation, truth, truth)
    assert not labelled_real(presentation, truth, 1 - truth)


def test_of_one_picture_it_is_labelled_real_when_it_is_not_called_colored():
    assert [labelled_real("single", truth, chosen) for truth in (0, 1) for chosen in (0, 1)] == [True, False] * 2
