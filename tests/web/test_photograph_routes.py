"""The page's photographs: predicted once, chosen often, the same pixels as the library's."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from photochrom import Colorizer, Hint


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


async def sent(client, content, name="old.png"):
    reply = await client.post("/api/v1/photographs", files={"photo": (name, content)})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_the_full_size_result_is_that_of_the_library(ask, gray_file, tiny_model):
    content = gray_file()
    hint = {"x": 0.25, "y": 0.5, "unit": "share", "color": "#c02010"}

    async def story(client):
        known = await sent(client, content)
        asked = {"temperature": 0.7, "saturation": 1.3, "white_balance": 0.4, "hints": [hint], "format": "png"}
        return known, await client.post(f"/api/v1/photographs/{known['id']}/result", json=asked)

    known, reply = ask(story)
    assert (known["width"], known["height"], known["format"], known["extension"]) == (64, 48, "PNG", "png")
    assert 'filename="old.color.png"' in reply.headers["content-disposition"]
    predicted = Colorizer(tiny_model).predict(content)
    expected = predicted.color(temperature=0.7, saturation=1.3, white_balance=0.4, hints=[Hint(**hint)]).numpy()
    np.testing.assert_array_equal(pixels(reply.content), expected)


def test_an_alternative_is_the_librarys_sample_and_takes_the_other_choices(ask, gray_file, tiny_model):
    content = gray_file()

    async def story(client):
        id = (await sent(client, content))["id"]
        url = f"/api/v1/photographs/{id}/result"
        asked = {"sample": 2, "seed": 5, "temperature": 0.6, "format": "png"}
        plain = await client.post(url, json=asked)
        gray = await client.post(url, json=asked | {"saturation": 0})
        return plain.content, gray.content

    plain, gray = ask(story)
    expected = Colorizer(tiny_model).predict(content).samples(3, seed=5, temperature=0.6)[2].numpy()
    np.testing.assert_array_equal(pixels(plain), expected)
    assert np.ptp(pixels(gray).astype(int), axis=-1).max() <= 1
    assert np.ptp(pixels(plain).astype(int), axis=-1).max() > 10


def test_the_network_runs_once_for_all_choices(ask, gray_file):
    runs = []

    def count(app):
        predictor = app.state.service.models.all["tiny"].predictor
        run = predictor._run
        predictor._run = lambda *arguments: (runs.append(1), run(*arguments))[1]

    async def story(client):
        id = (await sent(client, gray_file()))["id"]
        for saturation in (0.5, 1.0, 1.5):
            reply = await client.post(f"/api/v1/photographs/{id}/preview", json={"saturation": saturation})
            assert reply.status_code == 200
        await client.post(f"/api/v1/photographs/{id}/result", json={})

    ask(story, app_changed=count)
    assert len(runs) == 1


def test_a_preview_is_as_small_as_asked(ask, gray_file):
    async def story(client):
        id = (await sent(client, gray_file(size=(400, 200))))["id"]
        small = await client.post(f"/api/v1/photographs/{id}/preview", json={"side": 100})
        gray = await client.get(f"/api/v1/photographs/{id}/gray?side=100")
        unsure = await client.get(f"/api/v1/photographs/{id}/uncertainty?side=100")
        return [Image.open(io.BytesIO(reply.content)) for reply in (small, gray, unsure)]

    small, gray, unsure = ask(story)
    assert small.size == gray.size == unsure.size == (100, 50)
    assert (small.mode, gray.mode, unsure.mode) == ("RGB", "L", "RGB")


@pytest.mark.parametrize(
    "asked",
    [
        {"temperature": 0},
        {"saturation": 4},
        {"white_balance": 2},
        {"sample": 99},
        {"side": 1},
        {"color": 1},
        {"hints": [{"x": 900, "y": 2, "color": "#fff"}]},
        {"hints": [{"x": 1}]},
        {"seed": -1},
        [],
    ],
)
def test_a_choice_that_cannot_be_is_refused(ask, gray_file, asked):
    async def story(client):
        id = (await sent(client, gray_file()))["id"]
        return await client.post(f"/api/v1/photographs/{id}/preview", json=asked)

    reply = ask(story)
    assert reply.status_code == 422
    assert reply.json()["detail"]


@pytest.mark.parametrize("id", ["a" * 22, "short", "..%2f..%2fetc%2fpasswd", "%00" * 22])
def test_an_id_that_nobody_was_given_leads_nowhere(ask, id):
    async def story(client):
        return await client.get(f"/api/v1/photographs/{id}/gray")

    assert ask(story).status_code in (404, 422)


def test_a_forgotten_photograph_is_gone(ask, gray_file):
    async def story(client):
        id = (await sent(client, gray_file()))["id"]
        assert (await client.delete(f"/api/v1/photographs/{id}")).status_code == 204
        return (await client.get(f"/api/v1/photographs/{id}")).status_code, client.service.sessions.bytes

    assert ask(story) == (404, 0)


def test_the_oldest_gives_way_when_memory_is_full(ask, gray_file):
    async def story(client):
        first, second, third = [(await sent(client, gray_file(level)))["id"] for level in (80, 120, 160)]
        await client.get(f"/api/v1/photographs/{first}")  # used again: the second is the oldest now
        fourth = (await sent(client, gray_file(200)))["id"]
        return [(await client.get(f"/api/v1/photographs/{id}")).status_code for id in (first, second, third, fourth)]

    # One session of this size takes some 8.4 MB: 313 x 64 x 96 logits, and the room for its small copy.
    statuses = ask(story, session_megabytes=3 * 12)
    assert statuses == [200, 404, 200, 200]


def test_a_zip_holds_each_photograph_in_its_own_choices(ask, gray_file):
    contents = [gray_file(level) for level in (70, 130, 190)]

    async def story(client):
        ids = [(await sent(client, content, name))["id"] for content, name in zip(contents, NAMES, strict=True)]
        entries = [{"id": id, "saturation": 0.5 * index, "format": "png"} for index, id in enumerate(ids)]
        alone = [
            await client.post(
                f"/api/v1/photographs/{entry['id']}/result",
                json={name: value for name, value in entry.items() if name != "id"},
            )
            for entry in entries
        ]
        together = await client.post("/api/v1/archive", json={"photographs": entries})
        return [reply.content for reply in alone], together

    alone, together = ask(story)
    assert together.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(together.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["same.color.png", "same.color-2.png", "passwd.color.png"]
        assert [archive.read(name) for name in archive.namelist()] == alone


NAMES = ["same.png", "Same.png".lower(), "../../etc/passwd.png"]


def test_a_photograph_that_is_damaged_further_down_leaves_a_line_in_the_zip(ask):
    file = io.BytesIO()
    Image.effect_noise((900, 900), 80).save(file, "JPEG", quality=95)
    damaged = file.getvalue()
    damaged = damaged[: len(damaged) // 2]

    async def story(client):
        return await client.post("/api/v1/photographs", files={"photo": ("half.jpg", damaged)})

    reply = ask(story)
    assert reply.status_code == 422
    assert "damaged" in reply.json()["detail"]


def test_a_mask_that_was_sent_with_a_photograph_holds_for_every_choice(ask, gray_file, tiny_model):
    content = gray_file()
    mask = io.BytesIO()
    Image.fromarray(np.repeat(np.uint8([[0, 255]]), 48, axis=0).repeat(32, axis=1)).save(mask, "PNG")

    async def story(client):
        files = {"photo": content, "mask": ("mask.png", mask.getvalue())}
        id = (await client.post("/api/v1/photographs", files=files)).json()["id"]
        url = f"/api/v1/photographs/{id}/result"
        plain = await client.post(url, json={"format": "png", "saturation": 1.4})
        sample = await client.post(url, json={"format": "png", "sample": 1})
        return pixels(plain.content), pixels(sample.content)

    plain, sample = ask(story)
    expected = Colorizer(tiny_model).predict(content).color(saturation=1.4, mask=mask.getvalue()).numpy()
    np.testing.assert_array_equal(plain, expected)
    for picture in (plain, sample):
        assert np.ptp(picture[:, :24].astype(int), axis=-1).max() == 0
        assert np.ptp(picture[:, 40:].astype(int), axis=-1).max() > 10


@pytest.mark.parametrize("wanted", [True, False])
def test_the_note_is_in_the_result_as_it_was_last_asked_for(ask, gray_file, wanted):
    async def story(client):
        url = f"/api/v1/photographs?provenance={str(not wanted).lower()}"
        id = (await client.post(url, files={"photo": gray_file()})).json()["id"]
        asked = {"format": "jpg", "provenance": wanted}
        return (await client.post(f"/api/v1/photographs/{id}/result", json=asked)).content

    assert (b"estimated by photochrom" in ask(story)) is wanted
