"""A participant's session over HTTP, in this process: what the page is told, and what it is not."""

import io
import json
import re
import secrets

import numpy as np
import pytest
from PIL import Image

from photochrom.study.assignment import trials_of
from photochrom.study.design import Design
from photochrom.study.tokens import new_token

API = "/api/study"
SCREEN = {"width": 1280, "height": 800, "pixel_ratio": 1, "frame_ms": 16.7, "gray_steps": 11, "phone": False}


async def join(client, own=None, **parameters):
    """Give consent, and answer as every later request does."""
    said = (await client.get(API)).json()
    own = own or new_token()
    joined = await client.post(
        f"{API}/session", json={"token": own, "parameters": parameters, "consent": said["consent_digest"]}
    )
    if joined.status_code == 200:
        client.headers["Authorization"] = f"Bearer {own}"
    return joined


async def check(client, answers=("3", "4", "5")):
    for path, body in ((f"{API}/screen", SCREEN), (f"{API}/color-vision", {"answers": list(answers)})):
        assert (await client.post(path, json=body)).status_code == 200


def given(showing, slot=0, design=None, **changed):
    """The body of an answer; pictures of the small study have no set time."""
    figures = [None, None] if design is None else [float(design.duration_ms)] * design.slots
    frames = [None if each is None else 12 for each in figures]
    body = {
        "showing": showing,
        "chosen_slot": slot,
        "response_ms": 640.25,
        "shown_ms": figures,
        "frames": frames,
        "frame_ms": 16.7,
        "hidden": False,
    }
    return body | changed


async def take(client, number, slot=0, **changed):
    showing = new_token()
    begun = await client.post(f"{API}/trials/{number}/begin", json={"showing": showing})
    assert begun.status_code == 200, begun.text
    return await client.post(f"{API}/trials/{number}/answer", json=given(showing, slot, **changed))


def test_from_consent_to_the_completion_code(ask, small_study):
    async def story(client):
        assert (await join(client)).json() == {"participant": None}
        await check(client)
        state = (await client.get(f"{API}/session")).json()
        told = [(await take(client, trial["number"], 1)).json()["truth_slot"] for trial in state["trials"]]
        end = (await client.post(f"{API}/finish", json={"parameters": {}})).json()
        return told, end, client.service.store.records(small_study), client.service.store.participants()

    told, end, records, [person] = ask(story)
    plan = trials_of(small_study, 0)
    # After practice the answer is told, after any other trial it is not.
    assert told == [trial.truth_slot if trial.kind == "practice" else None for trial in plan]
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", end["code"])
    assert end["way"] == "next"
    assert [record.chosen_slot for record in records] == [1] * len(plan)
    assert person.complete
    assert person.color_vision == "passed"


def test_each_trial_shows_its_photograph_where_the_plan_says(ask, small_study):
    async def story(client):
        await join(client)
        state = (await client.get(f"{API}/session")).json()
        return [[(await client.get(address)).content for address in trial["addresses"]] for trial in state["trials"]]

    shown = ask(story)
    for trial, contents in zip(trials_of(small_study, 0), shown, strict=True):
        files = small_study.photograph(trial.photograph).files
        expected = [files["truth"], files[trial.system]]
        if trial.truth_slot == 1:
            expected.reverse()
        for content, file in zip(contents, expected, strict=True):
            np.testing.assert_array_equal(Image.open(io.BytesIO(content)), Image.open(file))


def test_one_picture_at_a_time_shows_the_photograph_or_the_coloring(ask, make_study):
    study = make_study(Design(presentation="single", pairs=6, practice=0, vigilance=0.0, duration_ms=None))

    async def story(client):
        await join(client)
        state = (await client.get(f"{API}/session")).json()
        assert all(len(trial["addresses"]) == 1 for trial in state["trials"])
        return [(await client.get(trial["addresses"][0])).content for trial in state["trials"]]

    for trial, content in zip(trials_of(study, 0), ask(story, study=study), strict=True):
        kind = "truth" if trial.truth_slot == 0 else trial.system
        file = study.photograph(trial.photograph).files[kind]
        np.testing.assert_array_equal(Image.open(io.BytesIO(content)), Image.open(file))


def test_the_page_is_told_nothing_that_gives_an_answer_away(ask, small_study):
    async def story(client):
        await join(client)
        await check(client)
        texts = [(await client.get(path)).text for path in (API, f"{API}/session")]
        state = json.loads(texts[1])
        heads = [
            dict((await client.get(trial["addresses"][slot])).headers) for trial in state["trials"] for slot in (0, 1)
        ]
        client.headers.pop("Authorization")
        await join(client)
        return texts, state, heads, (await client.get(f"{API}/session")).json()

    texts, state, heads, others = ask(story)
    for word in ("truth", "vigilance", "random", "system", "slot", 'one"', 'two"', "photograph-"):
        assert not any(word in text.replace("truth_slot", "") for text in texts), word
    for photograph in small_study.photographs:
        assert not any(digest in text for text in texts for digest in photograph.sha256s.values())
    addresses = [address for trial in state["trials"] for address in trial["addresses"]]
    assert all(re.fullmatch(r"/pictures/[0-9a-f]{32}", address) for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert set(addresses).isdisjoint(address for trial in others["trials"] for address in trial["addresses"])
    assert {frozenset(head) for head in heads} == {frozenset(heads[0])}
    assert {head["content-type"] for head in heads} == {"image/png"}
    # Not even by their lengths: both pictures of a trial have as many bytes.
    assert [head["content-length"] for head in heads[::2]] == [head["content-length"] for head in heads[1::2]]
    pairs = [trial.photograph for trial in trials_of(small_study, 0)]
    sizes = [{file.stat().st_size for file in small_study.photograph(name).files.values()} for name in pairs]
    assert any(len(each) > 1 for each in sizes)  # as they are on the disk, they would tell


def test_pictures_and_plates_of_another_session_are_not_answered(ask):
    async def story(client):
        await join(client)
        state = (await client.get(f"{API}/session")).json()
        addresses = [state["trials"][0]["addresses"][0], state["plates"][0]["address"]]
        assert [(await client.get(address)).status_code for address in addresses] == [200, 200]
        client.headers.pop("Authorization")
        nobody = [(await client.get(address)).status_code for address in addresses]
        await join(client)
        return nobody, [(await client.get(address)).status_code for address in addresses]

    assert ask(story) == ([401, 401], [404, 404])


def test_plates_are_pictures_and_what_was_read_is_not_told_back(ask):
    async def story(client):
        await join(client)
        state = (await client.get(f"{API}/session")).json()
        plates = [(await client.get(plate["address"])).content for plate in state["plates"]]
        await check(client, ["3", "", "5"])
        return plates, (await client.get(f"{API}/session")).text, client.service.store.participants()

    plates, told, [person] = ask(story)
    assert [np.asarray(Image.open(io.BytesIO(plate))).shape for plate in plates] == [(90, 90, 3)] * 3
    assert person.color_vision == "failed"
    assert "failed" not in told


def test_a_reload_goes_on_after_the_trial_that_was_begun(ask, small_study):
    async def story(client):
        await join(client)
        await check(client)
        state = (await client.get(f"{API}/session")).json()
        first, second, third = [trial["number"] for trial in state["trials"][:3]]
        await take(client, first)
        await client.post(f"{API}/trials/{second}/begin", json={"showing": new_token()})
        # The page is loaded again while the second trial is on the screen.
        after = (await client.get(f"{API}/session")).json()
        again = await client.post(f"{API}/trials/{second}/begin", json={"showing": new_token()})
        await take(client, third)
        return after, second, third, again.status_code, client.service.store.records(small_study)

    after, second, third, again, records = ask(story)
    assert after["begun"] == 2
    assert after["pending"] == second
    assert after["trials"][0]["number"] == third
    assert again == 409
    assert [record.number for record in records] == [0, third]


def test_consent_to_a_text_that_was_replaced_is_asked_for_again(ask):
    async def story(client):
        body = {"token": new_token(), "parameters": {}, "consent": "0" * 64}
        return await client.post(f"{API}/session", json=body)

    assert ask(story).status_code == 409


def test_a_consent_of_ones_own_is_shown_as_plain_text(ask):
    async def story(client):
        return (await client.get(API)).json()["consent"]

    assert ask(story, consent="Dear visitor,\nlook.\n\n<b>Thank</b> you.\n\n") == [
        "Dear visitor, look.",
        "<b>Thank</b> you.",
    ]


@pytest.mark.parametrize(
    ("settings", "parameters", "status"),
    [
        ({"mode": "local"}, {"participant": "P07"}, 200),
        ({"mode": "link"}, {"token": "never-made"}, 403),
        ({"mode": "link"}, {}, 403),
        (
            {"mode": "prolific", "completion_code": "C0DE"},
            {"PROLIFIC_PID": "a1", "STUDY_ID": "b", "SESSION_ID": "c"},
            200,
        ),
        ({"mode": "prolific", "completion_code": "C0DE"}, {"PROLIFIC_PID": "a1"}, 403),
        (
            {"mode": "mturk"},
            {"workerId": "W", "assignmentId": "A", "hitId": "H", "turkSubmitTo": "https://www.mturk.com"},
            200,
        ),
        (
            {"mode": "mturk"},
            {"workerId": "W", "assignmentId": "A", "hitId": "H", "turkSubmitTo": "https://www.mturk.com.example"},
            403,
        ),
        (
            {"mode": "mturk"},
            {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "turkSubmitTo": "https://www.mturk.com"},
            403,
        ),
    ],
)
def test_each_way_in_takes_its_own_parameters(ask, settings, parameters, status):
    async def story(client):
        return (await join(client, **parameters)).status_code

    assert ask(story, **settings) == status


def test_each_way_out_hands_in_where_the_participant_came_from(ask, make_study):
    study = make_study(Design(pairs=1, practice=0, vigilance=0.0, duration_ms=None))

    def end(parameters, **settings):
        async def story(client):
            await join(client, **parameters)
            await check(client)
            await take(client, 0)
            return (await client.post(f"{API}/finish", json={"parameters": parameters})).json()

        return ask(story, study=study, **settings)

    turk = {"workerId": "W", "assignmentId": "A9", "hitId": "H", "turkSubmitTo": "https://workersandbox.mturk.com/"}
    form = end(turk, mode="mturk")
    assert (form["way"], form["address"]) == ("form", "https://workersandbox.mturk.com/mturk/externalSubmit")
    assert form["fields"] == {"assignmentId": "A9", "code": form["code"]}
    link = end({"PROLIFIC_PID": "a1", "STUDY_ID": "b", "SESSION_ID": "c"}, mode="prolific", completion_code="C0DE")
    assert (link["way"], link["code"]) == ("link", "C0DE")
    assert link["address"] == "https://app.prolific.com/submissions/complete?cc=C0DE"
    assert end({"participant": "P07"}, mode="local")["way"] == "code"


def test_only_who_knows_the_secret_is_simulated_and_says_so_for_good(ask, small_study):
    secret = secrets.token_urlsafe()

    async def story(client):
        client.headers["X-Photochrom-Simulated"] = "not-the-secret-at-all"
        wrong = await join(client)
        client.headers["X-Photochrom-Simulated"] = secret
        token = new_token()
        right = await join(client, token)
        del client.headers["X-Photochrom-Simulated"]
        later = await join(client, token)
        await check(client)
        await take(client, 0)
        return wrong.status_code, right.json(), later.json(), client.service.store.records(small_study)

    wrong, right, later, [record] = ask(story, simulation_secret=secret)
    assert wrong == 403
    assert right == later == {"participant": 0}
    assert record.simulated is True


def test_a_display_off_its_time_is_marked(ask, make_study):
    design = Design(pairs=3, practice=0, vigilance=0.0, duration_ms=40, blank_ms=0, between_ms=0, buttons_ms=0)
    study = make_study(design)

    async def story(client):
        await join(client)
        await check(client)
        for number, shown, hidden in ((0, [40.0, 89.0], False), (1, [40.0, 91.0], False), (2, [40.0, 40.0], True)):
            showing = new_token()
            await client.post(f"{API}/trials/{number}/begin", json={"showing": showing})
            await asyncio_sleep(0.05)
            body = given(showing, design=design, shown_ms=shown, hidden=hidden)
            kept = await client.post(f"{API}/trials/{number}/answer", json=body)
            assert kept.status_code == 200, kept.text
        return client.service.store.records(study)

    assert [record.on_time for record in ask(story, study=study)] == [True, False, False]  # 50 ms are tolerated


async def asyncio_sleep(seconds):
    import asyncio

    await asyncio.sleep(seconds)


def test_a_phone_is_refused_unless_the_design_allows_it(ask, make_study):
    async def story(client):
        await join(client)
        return (await client.post(f"{API}/screen", json=SCREEN | {"phone": True})).status_code

    assert ask(story) == 403
    allowing = make_study(Design(pairs=1, practice=0, vigilance=0.0, phones=True))
    assert ask(story, study=allowing) == 200


@pytest.mark.parametrize(("changed", "passed"), [({}, True), ({"gray_steps": 8}, False), ({"width": 30}, False)])
def test_the_screen_check_is_judged_on_the_server(ask, changed, passed):
    async def story(client):
        await join(client)
        await client.post(f"{API}/screen", json=SCREEN | changed)
        return [person.screen_passed for person in client.service.store.participants()]

    assert ask(story) == [passed]
