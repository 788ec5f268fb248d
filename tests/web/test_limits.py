"""Limits that hold: bytes, pixels, seconds, queue and memory, each answered in words."""

import asyncio
import io
import struct
import threading
import zlib

import pytest
from PIL import Image

from photochrom.web import Settings


def png_header(width, height):
    """A PNG that announces so many pixels and holds none."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def post(content, **headers):
    async def story(client):
        return await client.post("/api/v1/colorize", content=content, headers={"Content-Type": "image/png", **headers})

    return story


def test_pixels_are_judged_before_any_is_decoded(ask):
    reply = ask(post(png_header(60_000, 60_000)))
    assert reply.status_code == 413
    assert "3,600 megapixels are over the limit of 100" in reply.json()["detail"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_whether_announced_or_not(ask, announced):
    async def body():
        for _ in range(30):
            yield b"\0" * 100_000

    async def story(client):
        content = b"\0" * 3_000_000 if announced else body()
        return await client.post("/api/v1/colorize", content=content, headers={"Content-Type": "image/png"})

    reply = ask(story, upload_megabytes=1)
    assert reply.status_code == 413
    assert "MB" in reply.json()["detail"]


def test_reading_stops_at_the_limit(ask):
    sent = 0

    async def body():
        nonlocal sent
        while sent < 500_000_000:
            sent += 1_000_000
            yield b"\0" * 1_000_000
            await asyncio.sleep(0)

    async def story(client):
        return await client.post("/api/v1/colorize", content=body(), headers={"Content-Type": "image/png"})

    # What is still sent is thrown away for a few seconds, so that the sender sees the answer: it is never kept.
    reply = ask(story, upload_megabytes=1, memory_megabytes=2)
    assert reply.status_code == 413


def test_a_part_of_a_form_has_the_same_limit(ask):
    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": b"\0" * 1_500_000})

    reply = ask(story, upload_megabytes=1)
    assert reply.status_code == 413
    assert "photograph" in reply.json()["detail"]


def test_a_json_body_may_not_be_as_large_as_a_photograph(ask):
    async def story(client):
        return await client.post("/api/v1/archive", content=b" " * 2_000_000)

    assert ask(story).status_code == 413


def test_uploads_that_do_not_fit_into_memory_are_answered_503(ask, gray_file):
    content = gray_file(size=(512, 512))

    async def story(client):
        refused = await client.post("/api/v1/colorize", files={"photo": content})
        return refused, client.service.uploads.used

    refused, used = ask(story, memory_megabytes=len(content) / 2e6)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert used == 0


def slow_until(release):
    """An application whose photographs wait for an event."""

    def change(app):
        service = app.state.service
        color = service.color

        def wait_and_color(content, choices, stop):
            release.wait(20)
            return color(content, choices, stop)

        service.color = wait_and_color

    return change


def test_a_full_queue_answers_503_at_once_and_loses_nobody(ask, gray_file):
    release = threading.Event()

    async def story(client):
        asking = [
            asyncio.create_task(client.post("/api/v1/colorize", files={"photo": gray_file(level=60 + 20 * index)}))
            for index in range(6)
        ]
        # One at work, two waiting; the three others are answered while nothing has been colored.
        while sum(task.done() for task in asking) < 3:
            await asyncio.sleep(0.01)
        refused = [task for task in asking if task.done()]
        release.set()
        finished = await asyncio.gather(*(task for task in asking if task not in refused))
        return [task.result() for task in refused], finished

    refused, finished = ask(story, app_changed=slow_until(release), workers=1, queue=2)
    assert [reply.status_code for reply in refused] == [503] * 3
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert [reply.status_code for reply in finished] == [200] * 3


def test_a_photograph_that_takes_too_long_is_answered_503_and_its_thread_is_counted_until_it_ends(ask, gray_file):
    release = threading.Event()

    async def story(client):
        late = await client.post("/api/v1/colorize", files={"photo": gray_file()})
        busy = client.service.photographs.busy
        release.set()
        while client.service.photographs.busy:
            await asyncio.sleep(0.01)
        after = await client.post("/api/v1/colorize", files={"photo": gray_file()})
        return late, busy, after

    late, busy, after = ask(story, app_changed=slow_until(release), seconds=0.5, workers=1)
    assert late.status_code == 503
    assert "0.5 seconds" in late.json()["detail"]
    assert busy == 1
    assert after.status_code == 200


def test_an_upload_that_does_not_come_to_its_end_is_answered_408(ask):
    async def body():
        yield b"\x89PNG"
        await asyncio.sleep(30)

    async def story(client):
        return await client.post("/api/v1/colorize", content=body(), headers={"Content-Type": "image/png"})

    assert ask(story, upload_seconds=0.2).status_code == 408


def test_a_full_form_of_fields_is_refused(ask, gray_file):
    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": gray_file()}, data={"hint": ["1,1,#fff"] * 300})

    assert ask(story).status_code == 413


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"GIF89a", 422),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (b"%PDF-1.7", 415),
        (b"/etc/passwd", 415),
        (b"http://169.254.169.254/latest/meta-data", 415),
    ],
)
def test_what_is_no_photograph_is_refused(ask, content, status):
    reply = ask(post(content))
    assert reply.status_code == status
    assert len(reply.json()["detail"].splitlines()) == 1


@pytest.mark.parametrize("kind", ["text/html", "application/json", "multipart/form-data", "image"])
def test_another_content_type_is_refused(ask, gray_file, kind):
    reply = ask(post(gray_file(), **{"Content-Type": kind}))
    assert reply.status_code in (400, 415)


def test_a_compressed_body_is_not_unpacked(ask, gray_file):
    assert ask(post(gray_file(), **{"Content-Encoding": "gzip"})).status_code == 415


def test_a_truncated_photograph_is_told_as_damaged(ask):
    file = io.BytesIO()
    Image.effect_noise((400, 300), 60).save(file, "JPEG")
    reply = ask(post(file.getvalue()[:9000], **{"Content-Type": "image/jpeg"}))
    assert reply.status_code == 422
    assert "damaged" in reply.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [{"models": ()}, {"token": "short"}, {"queue": -1}, {"seconds": 0}, {"upload_megabytes": float("nan")}],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).rstrip("s")):
        Settings(**wrong)
