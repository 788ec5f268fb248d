"""The server as a process: it stops when told to, and what it acknowledged survives a SIGKILL."""

import random
import signal
import threading
import time
from http.client import HTTPException

import httpx
import pytest

from photochrom.study.assignment import trials_of
from photochrom.study.design import Design
from photochrom.study.simulated_line import SimulatedLine
from photochrom.study.simulated_people import Response
from photochrom.study.store import open_store
from photochrom.study.tokens import new_token

SECRET = "a-secret-of-these-tests"
SESSIONS = 50


@pytest.mark.slow
def test_a_server_killed_amid_fifty_sessions_loses_no_acknowledged_answer(study_server, make_study, database):
    study = make_study(Design(pairs=30, practice=2, vigilance=0.1, duration_ms=None), photographs=64)
    server = study_server(study, database, simulation_secret=SECRET)
    acknowledged, lock = {}, threading.Lock()
    tokens = [None] * SESSIONS

    def take(index):
        """Answer until the line breaks, and note what the server said that it has."""
        choose = random.Random(index)
        line = SimulatedLine(server.address, SECRET)
        tokens[index] = line._token
        try:
            number = line.join()
            line.pass_checks(study)
            for trial in trials_of(study, number):
                response = Response(choose.randrange(2), round(choose.uniform(200, 2000), 3), (None, None))
                line.answer(trial, line.begin(trial), response, study.design.slots)
                with lock:
                    acknowledged[number, trial.number] = (response.chosen_slot, response.response_ms)
        except (OSError, HTTPException):
            line.close()  # the server died

    threads = [threading.Thread(target=take, args=(index,)) for index in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for _ in range(2400):
        if len(acknowledged) >= 6 * SESSIONS:
            break
        time.sleep(0.05)
    assert sum(thread.is_alive() for thread in threads) == SESSIONS  # all of them were in the middle
    server.kill()
    for thread in threads:
        thread.join(60)
    assert len(acknowledged) >= 6 * SESSIONS

    server.again()
    store = open_store(database, study)
    kept = {(r.participant, r.number): (r.chosen_slot, r.response_ms) for r in store.records(study)}
    store.close()
    assert acknowledged.items() <= kept.items()
    # An answer may be kept whose acknowledgement was on its way, at most one for each session.
    assert len(kept) - len(acknowledged) <= SESSIONS
    for token in random.Random(0).sample(tokens, 5):
        state = httpx.get(f"{server.address}api/study/session", headers={"Authorization": f"Bearer {token}"}).json()
        assert [trial["number"] for trial in state["trials"]] == list(range(state["begun"], study.design.trials))


def test_sigterm_is_an_order_that_is_carried_out(study_server, small_study):
    server = study_server(small_study)
    assert httpx.get(server.address).status_code == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


def test_the_same_address_serves_both_databases_with_the_same_words(study_server, small_study, database):
    server = study_server(small_study, database)
    said = httpx.get(f"{server.address}api/study").json()
    body = {"token": new_token(), "parameters": {}, "consent": said["consent_digest"]}
    assert httpx.post(f"{server.address}api/study/session", json=body).json() == {"participant": None}
    state = httpx.get(f"{server.address}api/study/session", headers={"Authorization": f"Bearer {body['token']}"})
    assert len(state.json()["trials"]) == small_study.design.trials


def test_refusals_are_in_the_log_of_the_process(study_server, small_study):
    server = study_server(small_study)
    httpx.get(f"{server.address}api/study/session", headers={"Authorization": "Bearer forged-by-somebody"})
    written = server.log.read_text()
    assert "photochrom.study WARNING refused GET /api/study/session with 401" in written
    assert "forged-by-somebody" not in written
