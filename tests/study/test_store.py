"""The database, on SQLite and on a real PostgreSQL server: nobody twice, no trial twice, nothing answered lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from photochrom.study.assignment import trials_of
from photochrom.study.database import StoreError
from photochrom.study.identity import Identity
from photochrom.study.refusals import NotInvited, OutOfOrder, TookPart, UnknownSession
from photochrom.study.sessions import Answer
from photochrom.study.store import open_store
from photochrom.study.tokens import new_token

CONSENT = "c" * 64
ANYBODY = Identity("local", None)
SCREEN = {"width": 1280.0, "gray_steps": 11, "passed": True}


def answer(slot=0, **changed):
    fields = {"response_ms": 812.5, "shown_ms": (1000.1, 999.9), "frames": (60, 60), "frame_ms": 16.7, "hidden": False}
    return Answer(chosen_slot=slot, **(fields | changed))


@pytest.fixture
def store(database, small_study):
    opened = open_store(database, small_study)
    yield opened
    opened.close()


@pytest.fixture
def seat(store, small_study):
    """seat(identity) -> (token, number, plan) of a participant who has done the checks."""

    def sit(identity=ANYBODY, simulated=False):
        token = new_token()
        session = store.sessions.admit(identity, token, consent=CONSENT, simulated=simulated)
        store.sessions.note_check(token, "screen", SCREEN)
        store.sessions.note_check(token, "color_vision", "passed")
        return token, session.number, trials_of(small_study, session.number)

    return sit


def keep(store, token, number, showing, given=None, least=0.0):
    store.sessions.answer(token, number, showing, given or answer(), on_time=True, least_seconds=least)


def take(store, token, plan, slot_of=lambda trial: 0):
    for trial in plan:
        showing = new_token()
        store.sessions.begin(token, plan, trial.number, showing)
        keep(store, token, trial.number, showing, answer(slot_of(trial)))
    return store.sessions.finish(token, plan)


def test_a_whole_session_comes_back_as_records(store, seat, small_study):
    token, number, plan = seat()
    take(store, token, plan, lambda trial: trial.truth_slot)  # always calls the photograph colored
    records = store.records(small_study)
    assert [(r.participant, r.number, r.kind, r.photograph, r.system, r.truth_slot) for r in records] == [
        (number, t.number, t.kind, t.photograph, t.system, t.truth_slot) for t in plan
    ]
    assert all(record.labelled_real for record in records)
    assert {(r.response_ms, r.shown_ms, r.on_time, r.simulated) for r in records} == {
        (812.5, (1000.1, 999.9), True, False)
    }
    [person] = store.participants()
    assert (person.number, person.complete, person.screen_passed, person.color_vision) == (0, True, True, "passed")


def test_what_was_kept_is_there_when_the_database_is_opened_again(database, small_study, seat, store):
    token, _, plan = seat()
    store.sessions.begin(token, plan, plan[0].number, "s" * 32)
    keep(store, token, plan[0].number, "s" * 32)
    again = open_store(database, small_study, create=False)
    assert again.key == store.key
    assert len(again.records(small_study)) == 1
    assert again.sessions.of_token(token).begun == 1
    again.close()


def test_a_trial_is_begun_once_and_asking_again_in_the_same_words_is_no_second_time(store, seat):
    token, _, plan = seat()
    first = plan[0].number
    store.sessions.begin(token, plan, first, "a" * 32)
    store.sessions.begin(token, plan, first, "a" * 32)
    with pytest.raises(OutOfOrder, match="shown before"):
        store.sessions.begin(token, plan, first, "b" * 32)
    keep(store, token, first, "a" * 32)
    with pytest.raises(OutOfOrder, match="shown before"):
        store.sessions.begin(token, plan, first, "a" * 32)


def test_only_the_next_trial_can_be_begun_and_only_after_the_checks(store, small_study):
    token = new_token()
    plan = trials_of(small_study, 0)
    store.sessions.admit(ANYBODY, token, consent=CONSENT, simulated=False)
    with pytest.raises(OutOfOrder, match="checks"):
        store.sessions.begin(token, plan, plan[0].number, "a" * 32)
    store.sessions.note_check(token, "screen", SCREEN)
    store.sessions.note_check(token, "color_vision", "passed")
    with pytest.raises(OutOfOrder, match="not the next"):
        store.sessions.begin(token, plan, plan[1].number, "a" * 32)
    with pytest.raises(OutOfOrder, match="still due"):
        store.sessions.finish(token, plan)


def test_an_answer_needs_its_showing_and_is_never_replaced(store, seat, small_study):
    token, _, plan = seat()
    first = plan[0].number
    with pytest.raises(OutOfOrder, match="not shown"):
        keep(store, token, first, "a" * 32)
    store.sessions.begin(token, plan, first, "a" * 32)
    with pytest.raises(OutOfOrder, match="not shown"):
        keep(store, token, first, "b" * 32)
    keep(store, token, first, "a" * 32, answer(1))
    keep(store, token, first, "a" * 32, answer(1))  # its acknowledgement was lost
    with pytest.raises(OutOfOrder, match="another answer"):
        keep(store, token, first, "a" * 32, answer(0))
    assert [record.chosen_slot for record in store.records(small_study)] == [1]


def test_a_trial_left_without_an_answer_is_interrupted_and_stays_so(store, seat, small_study):
    token, _, plan = seat()
    store.sessions.begin(token, plan, plan[0].number, "a" * 32)
    store.sessions.begin(token, plan, plan[1].number, "b" * 32)
    with pytest.raises(OutOfOrder, match="interrupted"):
        keep(store, token, plan[0].number, "a" * 32)
    keep(store, token, plan[1].number, "b" * 32)
    assert [record.number for record in store.records(small_study)] == [plan[1].number]
    assert store.progress().interrupted == 1


def test_an_answer_that_nobody_can_have_seen_the_pictures_for_is_refused(store, seat, small_study):
    token, _, plan = seat()
    store.sessions.begin(token, plan, plan[0].number, "a" * 32)
    with pytest.raises(OutOfOrder, match="before its pictures"):
        keep(store, token, plan[0].number, "a" * 32, least=3.6)
    assert store.records(small_study) == []
    hurried, _, plan = seat(simulated=True)
    store.sessions.begin(hurried, plan, plan[0].number, "a" * 32)
    keep(store, hurried, plan[0].number, "a" * 32, least=3.6)
    assert [record.simulated for record in store.records(small_study)] == [True]


def test_nobody_takes_part_twice_under_one_identity(store, seat):
    person = Identity("prolific", "5f1", "session-one")
    token, number, plan = seat(person)
    with pytest.raises(TookPart):
        seat(Identity("prolific", "5f1", "session-two"))
    with pytest.raises(TookPart):
        seat(Identity("local", "5f1"))
    elsewhere, same, _ = seat(person)  # who has the proof goes on, in another browser
    assert same == number
    with pytest.raises(UnknownSession):
        store.sessions.of_token(token)
    code = take(store, elsewhere, plan)
    again, same, _ = seat(person)
    assert (same, store.sessions.of_token(again).code) == (number, code)
    assert store.sessions.finish(again, plan) == code


def test_a_browser_with_a_session_is_not_given_another_identity(store):
    token = new_token()
    first, second = store.add_links(2)
    store.sessions.admit(Identity("link", first, first), token, consent=CONSENT, simulated=False)
    with pytest.raises(TookPart, match="another name"):
        store.sessions.admit(Identity("link", second, second), token, consent=CONSENT, simulated=False)


def test_a_link_that_was_never_made_opens_nothing(store):
    with pytest.raises(NotInvited):
        store.sessions.admit(Identity("link", "forged", "forged"), new_token(), consent=CONSENT, simulated=False)
    assert store.participants() == []


def test_numbers_of_arrival_have_no_gap_and_no_double_when_forty_come_at_once(store):
    ready = threading.Barrier(8)

    def come(_):
        ready.wait(20)
        return [store.sessions.admit(ANYBODY, new_token(), consent=CONSENT, simulated=False).number for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for given in pool.map(come, range(8)) for number in given]
    assert sorted(numbers) == list(range(40))


def test_one_token_asked_for_at_once_from_many_sides_is_one_session(store):
    token, ready = new_token(), threading.Barrier(6)

    def come(_):
        ready.wait(20)
        return store.sessions.admit(ANYBODY, token, consent=CONSENT, simulated=False).number

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(come, range(6))) == {0}
    assert len(store.participants()) == 1


def test_two_pages_that_answer_the_same_trial_at_once_leave_one_answer(store, seat, small_study):
    token, _, plan = seat()
    store.sessions.begin(token, plan, plan[0].number, "a" * 32)
    ready = threading.Barrier(8)

    def give(slot):
        ready.wait(20)
        try:
            keep(store, token, plan[0].number, "a" * 32, answer(slot % 2, response_ms=float(slot)))
        except OutOfOrder:
            return None
        return slot

    with ThreadPoolExecutor(8) as pool:
        kept = [slot for slot in pool.map(give, range(8)) if slot is not None]
    assert len(kept) == 1
    assert [record.response_ms for record in store.records(small_study)] == [float(kept[0])]


def test_forgetting_leaves_answers_that_are_nobodys(store, seat, database, small_study):
    person = Identity("prolific", "somebody@example.org", "s")
    token, _, plan = seat(person)
    code = take(store, token, plan)
    assert store.forget("nobody") is False
    assert store.forget("somebody@example.org") is True
    with pytest.raises(UnknownSession):
        store.sessions.of_token(token)
    assert len(store.records(small_study)) == len(plan)
    [kept] = rows_of(database, "participants")
    assert {kept[name] for name in ("identity", "proof", "session", "code")} == {None}
    assert code not in repr(kept)
    assert "1280" not in repr(kept["screen"])
    assert [each.screen_passed for each in store.participants()] == [True]
    assert store.progress().forgotten == 1
    assert store.forget("somebody@example.org") is False


def test_forgetting_by_completion_code_can_take_the_answers_too(store, seat, small_study):
    token, _, plan = seat()
    other, _, other_plan = seat()
    code = take(store, token, plan)
    take(store, other, other_plan)
    assert store.forget(code, answers=True) is True
    assert {record.participant for record in store.records(small_study)} == {1}


def test_no_secret_and_no_identity_is_in_the_database_as_it_is(store, seat, database):
    [link] = store.add_links(1)
    token, _, plan = seat(Identity("link", link, link))
    worker, _, _ = seat(Identity("mturk", "WORKER77", "ASSIGNMENT88"))
    take(store, token, plan)
    everything = repr([rows_of(database, name) for name in ("studies", "participants", "trials", "links")])
    for secret in (link, token, worker, "WORKER77", "ASSIGNMENT88"):
        assert secret not in everything


def test_two_studies_share_a_database_and_nothing_else(store, seat, make_study, database, small_study):
    token, _, plan = seat(Identity("prolific", "5f1", "s"))
    take(store, token, plan)
    other = make_study(seed=1)
    beside = open_store(database, other)
    assert beside.participants() == []
    with pytest.raises(UnknownSession):
        beside.sessions.of_token(token)
    assert (
        beside.sessions.admit(Identity("prolific", "5f1", "s"), new_token(), consent=CONSENT, simulated=False).number
        == 0
    )
    with pytest.raises(StoreError, match="belong to the study"):
        beside.records(small_study)
    beside.close()


def test_progress_counts_systems_and_time_and_nothing_else(store, seat):
    token, _, plan = seat()
    take(store, token, plan)
    seat()
    progress = store.progress()
    assert (progress.started, progress.complete, progress.answers, progress.on_time) == (2, 1, len(plan), 1.0)
    assert sorted(progress.by_system.values()) == [(1, 0), (1, 1)]
    assert set(progress.by_system) == {"one", "two"}


def rows_of(database, table):
    address = (
        database.replace("postgresql://", "postgresql+psycopg://") if "://" in database else f"sqlite:///{database}"
    )
    engine = create_engine(address)
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table}"))]
    engine.dispose()
    return rows


def test_an_address_that_is_no_database_is_refused_without_its_password(small_study, tmp_path):
    with pytest.raises(StoreError, match="nobody has taken part"):
        open_store(str(tmp_path / "absent.sqlite"), small_study, create=False)
    with pytest.raises(StoreError, match="SQLite or PostgreSQL"):
        open_store("mysql://user:secret@host/name", small_study)
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        open_store("postgresql://user:secret@127.0.0.1:9/name", small_study)
    assert "secret" not in str(refused.value)


def test_sqlite_writes_ahead_and_waits_for_the_disk(small_study, tmp_path):
    store = open_store(str(tmp_path / "a.sqlite"), small_study)
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
    store.close()
