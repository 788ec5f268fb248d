"""Who is answered: the token, the host name, the page's own origin; and the headers of every answer."""

import logging

import pytest

TOKEN = "a-token-for-tests-only"
PATHS = ["/", "/page/app.js", "/healthz", "/api/v1/models", "/metrics", "/nowhere", "/api/v1/openapi.json"]


def get(path, **headers):
    async def story(client):
        return await client.get(path, headers=headers)

    return story


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(ask, path):
    headers = ask(get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/openapi.json", "/metrics"])
@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer \xff\xfe"]
)
def test_a_wrong_token_is_refused(ask, path, given):
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    reply = ask(get(path, **headers), token=TOKEN)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in reply.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_right_token_is_answered(ask, scheme):
    assert ask(get("/api/v1/models", Authorization=f"{scheme} {TOKEN}"), token=TOKEN).status_code == 200


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/healthz", "/readyz"])
def test_the_page_and_the_health_checks_need_no_token(ask, path):
    assert ask(get(path), token=TOKEN).status_code in (200, 503)


@pytest.mark.parametrize("path", ["//api/v1/models", "/API/v1/models", "/api/v1/../v1/models", "/api//v1/models"])
def test_another_spelling_of_a_path_is_no_way_around_the_token(ask, path):
    async def story(client):
        return await client.get(f"http://localhost{path}")

    assert ask(story, token=TOKEN).status_code in (401, 404)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "[::2]"])
def test_a_name_that_was_rebound_to_this_machine_is_not_answered(ask, host):
    assert ask(get("/", Host=host)).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_this_machines_own_names_are_answered(ask, host):
    assert ask(get("/", Host=host)).status_code == 200


def test_a_name_that_was_allowed_is_answered(ask):
    assert ask(get("/", Host="photos.example:8000"), hosts=("photos.example",)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://[broken"},
    ],
)
def test_a_page_of_another_site_may_not_send_anything(ask, gray_file, headers):
    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": gray_file()}, headers=headers)

    assert ask(story).status_code == 403


def test_our_own_page_may(ask, gray_file):
    async def story(client):
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
        return await client.post("/api/v1/colorize", files={"photo": gray_file()}, headers=headers)

    assert ask(story).status_code == 200


def test_nothing_of_the_clients_reaches_the_log(ask, gray_file, caplog):
    evil = "\x1b[31mFAKE\r\nINFO root logged in"

    async def story(client):
        await client.get("/FAKE%0d%0aline?FAKE=1", headers={"User-Agent": "FAKE"})
        await client.post("/api/v1/colorize", files={"photo": (evil, gray_file())}, data={"temperature": evil})
        await client.post("/api/v1/jobs", files={"photo": (evil, b"FAKE")})
        await client.request("FAKE", "/")

    with caplog.at_level(logging.INFO, logger="photochrom.web"):
        ask(story)
    assert len(caplog.messages) >= 4
    assert all("FAKE" not in message and message.isprintable() for message in caplog.messages)


def test_an_unforeseen_error_is_logged_in_one_line_and_answered_without_details(ask, gray_file, caplog):
    def break_it(app):
        def fail(*_):
            raise KeyError("secret\nFAKE")

        app.state.service.color = fail

    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": gray_file()})

    reply = ask(story, app_changed=break_it)
    assert reply.status_code == 500
    assert "secret" not in reply.text
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "KeyError" in line
    assert line.isprintable()
