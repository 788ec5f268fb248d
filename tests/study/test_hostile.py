"""Hostile input: refused, logged without a word of the sender's, and nothing is changed."""

import asyncio
import json
import logging

import pytest
from sqlalchemy import text

from photochrom.study.tokens import new_token

API = "/api/study"
SCREEN = {"width": 1280, "height": 800, "pixel_ratio": 1, "frame_ms": 16.7, "gray_steps": 11, "phone": False}
SQL, HTML = "'; DROP TABLE participants; --", "<script>alert(1)</script>"
NASTY = [
    SQL,
    HTML,
    "\x00",
    "\ud800",
    "../../etc/passwd",
    "A" * 10_000,
    "",
    None,
    True,
    [],
    {},
    -1,
    1e999,
    "٣",
    "\u202e",
]


async def seated(client, **parameters):
    """A participant in the middle of a session: one trial answered, the next begun. Returns its showings."""
    said = (await client.get(API)).json()
    token = new_token()
    body = {"token": token, "parameters": parameters, "consent": said["consent_digest"]}
    assert (await client.post(f"{API}/session", json=body)).status_code == 200
    client.headers["Authorization"] = f"Bearer {token}"
    await client.post(f"{API}/screen", json=SCREEN)
    await client.post(f"{API}/color-vision", json={"answers": ["3", "4", "5"]})
    showings = [new_token(), new_token()]
    for number, showing in enumerate(showings):
        await client.post(f"{API}/trials/{number}/begin", json={"showing": showing})
        if number == 0:
            assert (await client.post(f"{API}/trials/0/answer", json=given(showing))).status_code == 200
    return showings


def given(showing, **changed):
    body = {
        "showing": showing,
        "chosen_slot": 0,
        "response_ms": 640.25,
        "shown_ms": [None, None],
        "frames": [None, None],
    }
    return body | {"frame_ms": 16.7, "hidden": False} | changed


def contents(client):
    """Every row of every table."""
    database = client.service.store._database
    tables = ("studies", "participants", "trials", "links")
    with database.reading() as connection:
        return [[tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in tables]


def refused(ask, caplog, attack, statuses, **options):
    """Run an attack in the middle of a session: every answer is a refusal, and nothing in the database moves."""
    caplog.set_level(logging.INFO)

    async def story(client):
        showings = await seated(client)
        before = contents(client)
        caplog.clear()
        replies = await attack(client, showings)
        return replies, before, contents(client)

    replies, before, after = ask(story, **options)
    assert before == after
    assert {reply.status_code for reply in replies} <= set(statuses), [reply.text for reply in replies]
    assert all(reply.headers["content-type"] == "application/problem+json" for reply in replies)
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(logged) >= len(replies)
    assert all(line.startswith("refused ") for line in logged)
    for word in ("DROP TABLE", "<script>", "passwd", "AAAA"):
        assert word not in caplog.text
        assert not any(word in reply.text for reply in replies)


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "null", SQL, "ä", "a" * 8_000, "Bearer"])
def test_a_forged_token_is_nobodys(ask, caplog, token):
    async def attack(client, showings):
        headers = {"Authorization": b"Bearer " + token.encode("utf-8")}
        paths = [("GET", "/session", None), ("POST", "/finish", {"parameters": {}}), ("POST", "/screen", SCREEN)]
        paths += [
            ("POST", "/trials/1/answer", given(showings[1])),
            ("POST", "/trials/2/begin", {"showing": new_token()}),
        ]
        return [await client.request(method, API + path, json=body, headers=headers) for method, path, body in paths]

    refused(ask, caplog, attack, {401})


def test_an_answer_that_was_replayed_with_another_choice_is_refused(ask, caplog):
    async def attack(client, showings):
        return [await client.post(f"{API}/trials/0/answer", json=given(showings[0], chosen_slot=1))]

    refused(ask, caplog, attack, {409})


def test_answers_out_of_order_or_to_trials_never_shown_are_refused(ask, caplog):
    async def attack(client, showings):
        replies = [
            await client.post(f"{API}/trials/{number}/answer", json=given(showing))
            for number in (2, 3, 5, 6, 999_999)
            for showing in (*showings, new_token())
        ]
        replies.append(await client.post(f"{API}/trials/1/answer", json=given(new_token())))
        replies.append(await client.post(f"{API}/trials/1/answer", json=given(showings[0])))
        for number in (0, 1, 3, 5, 999_999):  # 2 is due
            replies.append(await client.post(f"{API}/trials/{number}/begin", json={"showing": new_token()}))
        replies.append(await client.post(f"{API}/finish", json={"parameters": {}}))
        return replies

    refused(ask, caplog, attack, {409})


def test_another_participants_trial_cannot_be_answered(ask):
    async def story(client):
        showings = await seated(client)
        await seated(client)  # from here on the client speaks for a second participant
        before = contents(client)
        reply = await client.post(f"{API}/trials/1/answer", json=given(showings[1]))
        return reply.status_code, before == contents(client)

    assert ask(story) == (409, True)


@pytest.mark.parametrize("nasty", NASTY, ids=repr)
def test_anything_but_the_pages_own_figures_is_refused_in_every_field(ask, caplog, nasty):
    good_join = {"token": new_token(), "parameters": {}, "consent": "0" * 64}
    bodies = {
        "/session": good_join,
        "/screen": SCREEN,
        "/color-vision": {"answers": ["3", "4", "5"]},
        "/trials/1/answer": given("?"),
        "/trials/2/begin": {"showing": new_token()},
        "/finish": {"parameters": {}},
    }
    fine = {"/trials/1/answer": {"frame_ms": [None], "hidden": [True]}, "/screen": {"phone": [True]}}

    async def attack(client, showings):
        bodies["/trials/1/answer"]["showing"] = showings[1]
        replies = []
        for path, good in bodies.items():
            changed = [good | {name: nasty} for name in good if nasty not in fine.get(path, {}).get(name, [])]
            changed += [good | {"more": nasty}, [nasty], nasty]
            for body in changed:
                if path == "/color-vision" and body == {"answers": []}:
                    continue  # a list, but not of three: refused in another test
                if path in ("/finish", "/session") and body in ({"parameters": {}}, good):
                    continue
                content = json.dumps(body).encode("utf-8", "surrogatepass")
                replies.append(
                    await client.post(API + path, content=content, headers={"Content-Type": "application/json"})
                )
        return replies

    refused(ask, caplog, attack, {400, 409, 413, 422})


@pytest.mark.parametrize(
    "number", ["-1", "1e3", "1;DROP TABLE trials", "%3Cscript%3E", "9" * 400, "٣", "..%2f..", "%00"]
)
def test_a_trials_number_is_a_number(ask, caplog, number):
    async def attack(client, showings):
        return [
            await client.post(f"{API}/trials/{number}/answer", json=given(showings[1])),
            await client.post(f"{API}/trials/{number}/begin", json={"showing": new_token()}),
        ]

    refused(ask, caplog, attack, {404, 409, 422})


@pytest.mark.parametrize("value", [SQL, HTML, "x" * 200, "a b", "ä", "\u202e", "x\n", "\x00"])
@pytest.mark.parametrize("name", ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"])
def test_an_identity_is_plain_letters(ask, name, value):
    async def story(client):
        said = (await client.get(API)).json()
        parameters = {"PROLIFIC_PID": "a", "STUDY_ID": "b", "SESSION_ID": "c"} | {name: value}
        body = {"token": new_token(), "parameters": parameters, "consent": said["consent_digest"]}
        reply = await client.post(f"{API}/session", json=body)
        return reply, contents(client)

    reply, (_, participants, _, _) = ask(story, mode="prolific", completion_code="C0DE")
    assert reply.status_code == 403
    assert participants == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(ask, caplog, announced):
    content = b'{"showing": "' + b"A" * 3_000_000 + b'"}'

    async def pieces():
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    async def attack(client, _):
        headers = {"Content-Type": "application/json"}
        body = content if announced else pieces()
        return [await client.post(f"{API}/trials/2/begin", content=body, headers=headers)]

    refused(ask, caplog, attack, {413})


def test_deep_or_broken_json_is_refused(ask, caplog):
    async def attack(client, _):
        bodies = [b"[" * 15_000, b'{"a":' * 3_000, b"{", b"\xff\xfe", b"NaN", b'{"showing": NaN}', b""]
        headers = {"Content-Type": "application/json"}
        return [await client.post(f"{API}/trials/2/begin", content=body, headers=headers) for body in bodies]

    refused(ask, caplog, attack, {400, 422})


def test_a_page_of_another_site_cannot_answer(ask):
    async def story(client):
        showings = await seated(client)
        before = contents(client)
        headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        reply = await client.post(f"{API}/trials/1/answer", json=given(showings[1]), headers=headers)
        return reply.status_code, before == contents(client)

    assert ask(story) == (403, True)


@pytest.mark.parametrize(
    "path", ["/pictures/..%2fmanifest.json", "/pictures/" + "0" * 32, "/pictures/'", "/plates/0", "/study/..%2fapp.py"]
)
def test_no_file_is_found_by_guessing(ask, caplog, path):
    async def attack(client, _):
        return [await client.get(path)]

    refused(ask, caplog, attack, {404})


def test_the_administrators_page_needs_its_token_and_shows_no_identity(ask):
    async def story(client):
        await seated(client, participant="SOMEBODY7")
        tokens = ["", "x", "an-administrators-tokeN", "an-administrators-token"]
        return [
            await client.get("/api/admin/progress", headers={"Authorization": f"Bearer {token}"}) for token in tokens
        ]

    *wrong, right = ask(story, admin_token="an-administrators-token")
    assert [reply.status_code for reply in wrong] == [401, 401, 401]
    assert right.json()["started"] == 1
    assert "SOMEBODY7" not in right.text
    assert "chosen" not in right.text


def test_without_a_token_there_is_no_administrators_page(ask):
    async def story(client):
        paths = ("/admin", "/study/admin.js", "/api/admin/progress")
        return [(await client.get(path)).status_code for path in paths]

    assert ask(story) == [404, 404, 404]


def test_links_are_made_by_the_administrator_alone(ask):
    async def story(client):
        headers = {"Authorization": "Bearer an-administrators-token"}
        made = await client.post("/api/admin/links", json={"count": 3}, headers=headers)
        refusals = [
            (await client.post("/api/admin/links", json={"count": 3})).status_code,
            (await client.post("/api/admin/links", json={"count": 0}, headers=headers)).status_code,
            (await client.post("/api/admin/links", json={"count": 10**9}, headers=headers)).status_code,
        ]
        return made.json()["tokens"], refusals, client.service.store.progress().links

    tokens, refusals, made = ask(story, mode="link", admin_token="an-administrators-token")
    assert len(set(tokens)) == made == 3
    assert refusals == [401, 422, 422]


def test_many_attacks_at_once_leave_an_honest_session_whole(ask, small_study):
    async def story(client):
        showings = await seated(client)

        async def nonsense(index):
            headers = {"Authorization": f"Bearer {new_token()}"}
            return await client.post(f"{API}/trials/{index}/answer", json=given(new_token()), headers=headers)

        honest = client.post(f"{API}/trials/1/answer", json=given(showings[1], chosen_slot=1))
        replies = await asyncio.gather(honest, *(nonsense(index) for index in range(40)))
        return [reply.status_code for reply in replies], client.service.store.records(small_study)

    statuses, records = ask(story)
    assert statuses == [200] + [401] * 40
    assert [record.chosen_slot for record in records] == [0, 1]
