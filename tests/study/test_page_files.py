"""The files of the page: what they may load, and that jsPsych is the very file that was released."""

import hashlib
import re
from pathlib import Path

import photochrom.study

PAGE = Path(photochrom.study.__file__).parent / "page"
RELEASED = (
    "b58c69e607f2ddbd282f2daec43d882cac18d9e3efdad816215b818d1406d6ce"  # jspsych 8.3.0, dist/index.browser.min.js
)


def test_jspsych_is_the_released_file_and_its_license_is_beside_it():
    content = (PAGE / "jspsych" / "jspsych-8.3.0.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == RELEASED
    license = (PAGE / "jspsych" / "LICENSES.txt").read_text(encoding="utf-8")
    assert "The MIT License" in license
    assert RELEASED in license


def test_nothing_of_ours_names_an_address_elsewhere():
    for file in PAGE.iterdir():
        if file.is_file():
            assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", file.read_text(encoding="utf-8")), file.name


def test_every_file_that_the_page_names_is_served(ask):
    async def story(client):
        names = set()
        for file in PAGE.iterdir():
            if file.is_file():
                names |= set(re.findall(r'["\'](/(?:page|study)/[a-z0-9.-]+)["\']', file.read_text(encoding="utf-8")))
                names |= {
                    f"/study/{name}" for name in re.findall(r'from "\./([a-z]+\.js)"', file.read_text(encoding="utf-8"))
                }
        assert len(names) > 10
        return {name: (await client.get(name)).status_code for name in names}

    statuses = ask(story, admin_token="an-administrators-token")
    assert set(statuses.values()) == {200}, statuses


def test_the_page_is_sent_again_only_when_it_has_changed(ask):
    async def story(client):
        first = await client.get("/")
        again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
        return first.headers["content-security-policy"], again.status_code

    policy, again = ask(story)
    assert again == 304
    assert "default-src 'none'; script-src 'self'" in policy
