"""Simulated people take a study on a server of its own: as asked for, and marked as what they are."""

import shutil

import pytest

from photochrom.study.assignment import trials_of
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.simulate import simulate
from photochrom.study.simulated_people import SimulatedPeople, SimulatedPerson
from photochrom.study.store import open_store

RATES = {"one": 0.3, "two": 0.4}


def test_they_come_to_the_end_and_answer_as_the_model_says(make_study, database):
    study = make_study(photographs=24)
    assert simulate(study.folder, RATES, 6, database=database, seed=3) == 6
    store = open_store(database, study)
    records, people = store.records(study), store.participants()
    store.close()
    assert [(person.number, person.complete, person.simulated) for person in people] == [
        (n, True, True) for n in range(6)
    ]
    assert all(record.simulated for record in records)
    for number in range(6):
        person = SimulatedPerson(SimulatedPeople(RATES), study, number, 3)
        expected = [person.respond(trial) for trial in trials_of(study, number)]
        mine = [record for record in records if record.participant == number]
        assert [record.chosen_slot for record in mine] == [response.chosen_slot for response in expected]
        assert [record.response_ms for record in mine] == pytest.approx([each.response_ms for each in expected])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium is installed")
@pytest.mark.parametrize("presentation", ["succession", "side-by-side", "single"])
def test_a_handful_use_a_real_browser_whose_displays_are_measured(make_study, tmp_path, presentation, record_property):
    pytest.importorskip("playwright", reason="playwright is not installed")
    study = make_study(Design(presentation=presentation, pairs=3, practice=1, vigilance=0.0, feedback_ms=300))
    database = str(tmp_path / "answers.sqlite")
    assert simulate(study.folder, RATES, 3, browsers=2, database=database) == 3
    store = open_store(database, study)
    records = [record for record in store.records(study) if record.participant < 2]  # the browsers came first
    store.close()
    shown = [each for record in records for each in record.shown_ms[: study.design.slots]]
    record_property("shown_ms", shown)
    assert len(records) == 8
    assert all(record.simulated for record in records)
    # Whole frames of 1000 ms; on a busy machine some are late, and then they say so.
    assert sum(abs(each - 1000) <= 50 for each in shown) >= 0.5 * len(shown)
    for record in records:
        assert record.on_time == all(abs(each - 1000) <= 50 for each in record.shown_ms[: study.design.slots])


@pytest.mark.parametrize(
    ("rates", "browsers", "said"),
    [({"three": 0.3} | RATES, 0, "no system three"), ({"one": 0.3}, 0, "two"), (RATES, 7, "browsers")],
)
def test_what_cannot_be_is_refused_before_anybody_comes(small_study, tmp_path, rates, browsers, said):
    database = tmp_path / "answers.sqlite"
    with pytest.raises(StudyError, match=said):
        simulate(small_study.folder, rates, 4, browsers=browsers, database=str(database))
    assert not database.exists()
