import numpy as np
import pytest

from photochrom.study.errors import StudyError
from photochrom.study.power import (
    Question,
    draw_tally,
    participants_needed,
    people_of,
    published_spread,
    simulated_power,
    smallest_effect,
)


def test_the_textbooks_case_without_differences_between_people():
    # Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions": 0.3 against 0.2 at 5 % and 80 % takes
    # about 290 draws a group without continuity correction; here they come in fives.
    need = participants_needed(Question(effect=0.1, rate=0.3, spread=0), 5)
    assert need.participants / 2 * 5 == pytest.approx(291, abs=6)


def test_more_trials_help_less_and_less_where_people_differ():
    needs = [participants_needed(Question(effect=0.05), trials).participants for trials in (10, 40, 160, 10_000)]
    assert needs == sorted(needs, reverse=True)
    people_alone = 2 * 2 * published_spread() ** 2 * (1.959964 + 0.841621) ** 2 / 0.05**2
    assert needs[-1] == pytest.approx(people_alone, rel=0.02)


def test_the_spread_that_the_papers_errors_tell_reproduces_them():
    # Zhang et al. (class): 25.2 +- 2.7 by a bootstrap of both levels over 40 people with 40 trials.
    between = published_spread()
    error = np.sqrt((between**2 + 2 * 0.252 * 0.748 / 40) / 40)
    assert error == pytest.approx(0.027, abs=0.003)


@pytest.mark.parametrize("within", [False, True])
def test_simulated_studies_of_that_size_find_the_effect_as_often_as_was_asked(within):
    question = Question(effect=0.1, rate=0.35, spread=0.1, within=within)
    need = participants_needed(question, 20)
    assert simulated_power(question, need, studies=150, seed=1) == pytest.approx(0.8, abs=0.11)  # 3.4 errors


def test_the_smallest_effect_is_the_one_that_needs_so_many():
    question = Question(effect=0.06)
    need = participants_needed(question, 36)
    assert smallest_effect(question, need.participants, need.trials) == pytest.approx(0.06, rel=0.02)


def test_simulated_counts_have_the_rate_and_the_spread_of_the_question():
    question = Question(effect=0.02, rate=0.3, spread=0.1)
    tally = draw_tally(people_of(question), ("first", "second"), 4000, 50, np.random.default_rng(2))
    first = tally.labelled[::2, 0] / tally.trials[::2, 0]
    assert first.mean() == pytest.approx(0.3, abs=0.01)
    assert first.var() == pytest.approx(0.1**2 + (0.3 * 0.7 - 0.01) / 50, rel=0.12)
    assert (tally.trials[::2, 1] == 0).all()


@pytest.mark.parametrize(
    "change", [{"effect": 0}, {"effect": 0.4}, {"alpha": 1}, {"power": 0.01}, {"spread": 0.6}, {"shared": 2}]
)
def test_questions_that_cannot_be_are_refused(change):
    with pytest.raises(StudyError):
        Question(**({"effect": 0.05} | change))


def test_a_participant_needs_a_trial():
    with pytest.raises(StudyError, match="one trial"):
        participants_needed(Question(0.05), 0)
