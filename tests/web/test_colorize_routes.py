"""`POST /api/v1/colorize`: what comes back is the photograph that was sent, colored as `Colorizer` colors it."""

import base64
import io
import json

import numpy as np
import pytest
import pyvips
from PIL import Image

from photochrom import Colorizer, Options
from photochrom.photos import open_pages


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_raw_body_gives_the_same_pixels_as_the_library(ask, gray_file, tiny_model):
    content = gray_file()

    async def story(client):
        return await client.post("/api/v1/colorize", content=content, headers={"Content-Type": "image/png"})

    reply = ask(story)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/png"
    expected = Colorizer(tiny_model).colorize(content).numpy()
    np.testing.assert_array_equal(pixels(reply.content), expected)


def test_a_form_and_its_choices_give_the_same_pixels_as_the_library(ask, gray_file, tiny_model):
    content = gray_file()

    async def story(client):
        fields = {"temperature": "0.9", "saturation": "1.5", "hint": ["30%,40%,#c02010", "10,10,#1020c0"]}
        return await client.post("/api/v1/colorize", files={"photo": ("a.png", content)}, data=fields)

    options = Options(model=tiny_model, temperature=0.9, saturation=1.5, hints=["30%,40%,#c02010", "10,10,#1020c0"])
    expected = Colorizer.from_options(options).colorize(content).numpy()
    np.testing.assert_array_equal(pixels(ask(story).content), expected)


def test_query_and_json_options_say_the_same(ask, gray_file):
    content = gray_file()

    async def story(client):
        as_query = await client.post("/api/v1/colorize?saturation=0.3&white_balance=auto", files={"photo": content})
        as_json = await client.post(
            "/api/v1/colorize",
            files={"photo": content},
            data={"options": json.dumps({"saturation": 0.3, "white_balance": "auto"})},
        )
        plain = await client.post("/api/v1/colorize", files={"photo": content})
        return as_query.content, as_json.content, plain.content

    as_query, as_json, plain = ask(story)
    assert as_query == as_json != plain


def test_json_holds_the_picture_and_what_it_is(ask, gray_file):
    async def story(client):
        return await client.post(
            "/api/v1/colorize?format=jpg", files={"photo": gray_file()}, headers={"Accept": "application/json"}
        )

    said = ask(story).json()
    assert (said["width"], said["height"], said["media_type"], said["model"]) == (64, 48, "image/jpeg", "tiny")
    assert said["temperature"] == 0.38
    assert said["already_colored"] is False
    assert Image.open(io.BytesIO(base64.b64decode(said["image"]))).format == "JPEG"


@pytest.mark.parametrize(
    ("accept", "source", "expected"),
    [
        ("*/*", "JPEG", "image/jpeg"),
        ("", "PNG", "image/png"),
        ("image/webp,*/*;q=0.1", "PNG", "image/webp"),
        ("image/*", "GIF", "image/png"),
        ("text/html, image/tiff;q=0.2", "PNG", "image/tiff"),
        ("image/png;q=0, image/*", "PNG", "image/jpeg"),
    ],
)
def test_the_accept_header_chooses_the_format(ask, gray_file, accept, source, expected):
    async def story(client):
        headers = {"Accept": accept}
        return await client.post("/api/v1/colorize", files={"photo": gray_file(format=source)}, headers=headers)

    reply = ask(story)
    assert reply.headers["content-type"] == expected
    kind = {"image/tiff": "TIFF", "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}[expected]
    assert Image.open(io.BytesIO(reply.content)).format == kind


def test_a_16_bit_tiff_comes_back_with_16_bits(ask):
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    content = pyvips.Image.new_from_array(ramp).copy(interpretation="grey16").tiffsave_buffer()

    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": content})

    result = pyvips.Image.new_from_buffer(ask(story).content, "")
    assert result.format == "ushort"
    assert result.bands == 3


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"temperature": "7"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"saturation": "lots"}, "number"),
        ({"colour": "yes"}, "no choice"),
        ({"options": '{"mask": "/etc/passwd"}'}, "no choice"),
        ({"threads": "64"}, "no choice"),
        ({"max_megapixels": "1e9"}, "no choice"),
        ({"model": "/etc/passwd"}, "no such model"),
        ({"working_size": "2048"}, "at most 512"),
        ({"hint": "900,900,#ffffff"}, "outside"),
        ({"hint": "here"}, "no hint"),
        ({"seed": ["1", "2"]}, "twice"),
        ({"format": "exe"}, "not written"),
        ({"quality": "0"}, "1..100"),
        ({"keep_color": "perhaps"}, "true or false"),
        ({"options": "{"}, "no JSON"),
        ({"options": "[1]"}, "JSON object"),
        ({"options": "[" * 5000}, "no JSON"),
        ({"options": '{"hints": [{"x": 1' + "0" * 400 + ', "y": 1, "color": "#fff"}]}'}, ""),
        ({"options": '{"seed": -1}'}, "seed"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_in_one_line(ask, gray_file, fields, word):
    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": gray_file()}, data=fields)

    reply = ask(story)
    assert reply.status_code == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert word in reply.json()["detail"]
    assert "\n" not in reply.json()["detail"]


def test_the_models_are_listed_with_the_limits(ask):
    async def story(client):
        return (await client.get("/api/v1/models")).json()

    said = ask(story, max_megapixels=3, upload_megabytes=2)
    assert [model["name"] for model in said["models"]] == ["tiny"]
    assert (said["max_megapixels"], said["max_upload_megabytes"]) == (3, 2)


def test_the_models_name_the_device_that_runs_them(ask):
    async def story(client):
        return (await client.get("/api/v1/models")).json()["models"][0]["device"]

    assert ask(story, device="cpu") == "cpu"
    with pytest.raises(ValueError, match="device must be auto, cpu"):
        ask(story, device="tpu")


def test_the_device_is_the_servers_to_choose(ask, gray_file):
    async def story(client):
        return await client.post("/api/v1/colorize?device=cpu", files={"photo": gray_file()})

    assert ask(story).status_code == 422


def test_a_colored_photograph_can_be_kept_as_it_is(ask, examples):
    content = (examples / "coffee.jpg").read_bytes()

    async def story(client):
        url = "/api/v1/colorize?format=png"
        kept = await client.post(url, files={"photo": content}, data={"keep_color": "true"})
        anew = await client.post(url, files={"photo": content})
        return kept.content, anew.content

    kept, anew = ask(story)
    original = pyvips.Image.new_from_buffer(content, "").numpy()
    np.testing.assert_array_equal(pixels(kept), original)
    assert np.abs(pixels(anew).astype(int) - original).mean() > 10


@pytest.mark.parametrize("wanted", [True, False])
def test_the_file_says_that_its_colors_are_estimated_unless_that_is_not_wanted(ask, gray_file, wanted):
    async def story(client):
        url = f"/api/v1/colorize?provenance={str(wanted).lower()}&format=jpg"
        return await client.post(url, files={"photo": gray_file()})

    assert (b"estimated by photochrom" in ask(story).content) is wanted


def white_left_half(format="PNG"):
    """The file of a mask that colors the left half of any photograph."""
    half = np.repeat(np.uint8([[255, 0]]), 2, axis=0).repeat(24, axis=0).repeat(32, axis=1)
    file = io.BytesIO()
    Image.fromarray(half).save(file, format)
    return file.getvalue()


def test_a_mask_is_sent_as_a_file_and_keeps_its_black_part_gray(ask, gray_file, tiny_model):
    content, mask = gray_file(), white_left_half()

    async def story(client):
        return await client.post("/api/v1/colorize?format=png", files={"photo": content, "mask": ("m.png", mask)})

    got = pixels(ask(story).content)
    np.testing.assert_array_equal(got, Colorizer(tiny_model).colorize(content, mask=mask).numpy())
    assert np.ptp(got[:, 40:].astype(int), axis=-1).max() == 0
    assert np.ptp(got[:, :24].astype(int), axis=-1).max() > 10


@pytest.mark.parametrize(
    ("masks", "status", "word"),
    [
        ([b"/etc/passwd"], 415, "the mask: this is no photograph"),
        ([b""], 415, "the mask: the file is empty"),
        ([white_left_half(), white_left_half()], 422, "twice"),
    ],
)
def test_a_mask_that_is_none_is_refused(ask, gray_file, masks, status, word):
    async def story(client):
        files = [("photo", gray_file()), *(("mask", ("mask", mask)) for mask in masks)]
        return await client.post("/api/v1/colorize", files=files)

    reply = ask(story)
    assert reply.status_code == status, reply.text
    assert word in reply.json()["detail"]


def test_the_mark_is_in_the_corner_when_it_is_wanted(ask, gray_file):
    content = gray_file(size=(320, 240))

    async def story(client):
        marked = await client.post("/api/v1/colorize?format=png&mark=true", files={"photo": content})
        plain = await client.post("/api/v1/colorize?format=png", files={"photo": content})
        return pixels(marked.content).astype(int), pixels(plain.content).astype(int)

    marked, plain = ask(story)
    changed = np.abs(marked - plain).max(axis=-1) > 0
    rows, columns = np.nonzero(changed)
    assert changed.any()
    assert rows.min() > 200
    assert columns.min() > 160


def tiff_of(*sizes):
    """A TIFF with a gray page of each size, (width, height)."""
    pages = [
        Image.fromarray(np.full((height, width), 90 + 40 * n, np.uint8)) for n, (width, height) in enumerate(sizes)
    ]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    return file.getvalue()


def test_every_page_of_a_tiff_is_colored(ask, tiny_model):
    sizes = (64, 48), (40, 80), (96, 32)
    content = tiff_of(*sizes)

    async def story(client):
        as_png = await client.post("/api/v1/colorize?format=png", files={"photo": content})
        return await client.post("/api/v1/colorize", files={"photo": content}), as_png

    reply, as_png = ask(story)
    assert reply.headers["content-type"] == "image/tiff"
    colored = Image.open(io.BytesIO(reply.content))
    assert colored.n_frames == len(sizes)
    colorizer = Colorizer(tiny_model)
    for number, page in enumerate(open_pages(content)):
        colored.seek(number)
        assert colored.size == sizes[number]
        np.testing.assert_array_equal(np.asarray(colored), colorizer.colorize(page).numpy())
    assert as_png.status_code == 422
    assert "3 pages" in as_png.json()["detail"]


def test_the_pages_of_a_tiff_count_together(ask):
    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": tiff_of((1000, 600), (1000, 600))})

    reply = ask(story, max_megapixels=1)
    assert reply.status_code == 413
    assert "1.2 megapixels in 2 pages" in reply.json()["detail"]


def test_more_pages_than_are_taken_at_once_are_refused(ask, monkeypatch):
    monkeypatch.setattr("photochrom.web.coloring.MAX_PAGES", 2)

    async def story(client):
        return await client.post("/api/v1/colorize", files={"photo": tiff_of((32, 32), (32, 32), (32, 32))})

    reply = ask(story)
    assert reply.status_code == 413
    assert "2 are taken at once" in reply.json()["detail"]
