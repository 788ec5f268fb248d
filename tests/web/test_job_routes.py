"""Jobs: many photographs, their progress as events, a ZIP at the end."""

import asyncio
import io
import json
import threading
import zipfile

import numpy as np
from PIL import Image

from photochrom import Colorizer


def events(text):
    """(name, data) of each event in a stream."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(field["event"], json.loads(field["data"])) for field in fields]


async def begun(client, *files, **fields):
    parts = [("photo", (name, content)) for name, content in files]
    reply = await client.post("/api/v1/jobs", files=parts, data=fields)
    assert reply.status_code == 202, reply.text
    return reply.json()["id"]


def test_a_job_colors_each_photograph_as_the_library_does(ask, gray_file, tiny_model):
    contents = [gray_file(level) for level in (60, 120, 180)]

    async def story(client):
        id = await begun(client, *[("scan.png", content) for content in contents], saturation="1.2")
        stream = await client.get(f"/api/v1/jobs/{id}/events")
        one = await client.get(f"/api/v1/jobs/{id}/photographs/1")
        return stream, one, await client.get(f"/api/v1/jobs/{id}/result.zip")

    stream, one, archive = ask(story)
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = events(stream.text)
    assert [name for name, _ in told][-1] == "ended"
    assert told[-1][1]["done"] == 3
    done = [data["done"] for _, data in told]
    assert done == sorted(done)
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    assert len(files) == 3
    colorizer = Colorizer(tiny_model)
    expected = [colorizer.predict(content).color(saturation=1.2).numpy() for content in contents]
    found = [np.asarray(Image.open(io.BytesIO(content))) for content in files.values()]
    for picture in expected:
        assert any(np.array_equal(picture, other) for other in found)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(one.content))), expected[1])


def test_what_fails_is_named_and_the_rest_is_colored(ask, gray_file):
    async def story(client):
        id = await begun(client, ("good.png", gray_file()), ("bad.png", b"no photograph at all"))
        await client.get(f"/api/v1/jobs/{id}/events")
        known = (await client.get(f"/api/v1/jobs/{id}")).json()
        failed = await client.get(f"/api/v1/jobs/{id}/photographs/1")
        return known, failed, await client.get(f"/api/v1/jobs/{id}/result.zip")

    known, failed, archive = ask(story)
    assert (known["state"], known["done"], known["failed"]) == ("ended", 1, 1)
    assert "no photograph" in known["photographs"][1]["detail"]
    assert failed.status_code == 422
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.namelist() == ["good.color.png", "errors.txt"]
        assert opened.read("errors.txt").decode().startswith("bad.png: ")


def test_a_running_job_has_no_zip_yet_and_can_be_stopped(ask, gray_file):
    release = threading.Event()

    def slow(app):
        jobs = app.state.service.jobs
        work = jobs._work
        jobs._work = lambda *arguments: (release.wait(20), work(*arguments))[1]

    async def story(client):
        id = await begun(client, *[(f"{number}.png", gray_file()) for number in range(5)])
        early = (await client.get(f"/api/v1/jobs/{id}/result.zip")).status_code
        one = (await client.get(f"/api/v1/jobs/{id}/photographs/4")).status_code
        beyond = (await client.get(f"/api/v1/jobs/{id}/photographs/5")).status_code
        stopped = (await client.delete(f"/api/v1/jobs/{id}")).status_code
        release.set()
        await asyncio.sleep(0.1)
        gone = (await client.get(f"/api/v1/jobs/{id}")).status_code
        return [early, one, beyond, stopped, gone], client.service.job_memory.used

    assert ask(story, app_changed=slow) == ([409, 409, 404, 204, 404], 0)


def test_memory_of_jobs_is_bounded_and_given_back(ask, gray_file):
    content = gray_file(size=(600, 600))

    async def story(client):
        parts = [("photo", ("a.png", content))] * 30
        refused = await client.post("/api/v1/jobs", files=parts)
        after_refusal = client.service.job_memory.used
        id = await begun(client, ("a.png", content))
        held = client.service.job_memory.used
        await client.delete(f"/api/v1/jobs/{id}")
        return refused.status_code, after_refusal, held, client.service.job_memory.used

    status, after_refusal, held, at_end = ask(story, job_megabytes=len(content) * 10 / 1e6)
    assert status in (413, 503)
    assert after_refusal == 0
    assert held > 0
    assert at_end == 0


def test_more_jobs_than_are_kept_are_answered_503(ask, gray_file):
    async def story(client):
        await begun(client, ("a.png", gray_file()))
        return await client.post("/api/v1/jobs", files={"photo": gray_file()})

    reply = ask(story, jobs=1)
    assert reply.status_code == 503
    assert "retry-after" in reply.headers


def test_an_ended_job_is_forgotten_after_a_while(ask, gray_file):
    async def story(client):
        id = await begun(client, ("a.png", gray_file()))
        await client.get(f"/api/v1/jobs/{id}/events")
        await asyncio.sleep(0.15)
        return (await client.get(f"/api/v1/jobs/{id}")).status_code, client.service.job_memory.used

    assert ask(story, job_minutes=0.1 / 60) == (404, 0)


def test_more_photographs_than_a_job_may_have_are_refused(ask, gray_file):
    async def story(client):
        return await client.post("/api/v1/jobs", files=[("photo", ("a.png", gray_file()))] * 4)

    assert ask(story, job_photographs=3).status_code == 413
