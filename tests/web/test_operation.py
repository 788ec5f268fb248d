"""For whoever runs the server: health, readiness, figures, the page's files, the OpenAPI document, the end."""

import re
import signal
import threading
import time
from html.parser import HTMLParser
from importlib.resources import files

import httpx
import pytest

from photochrom.color.uncertainty import scale_colors
from photochrom.web.choices import OFFERED
from photochrom.web.openapi import CHOICE_PARAMETERS

PAGE = files("photochrom.web") / "page"


def test_a_server_with_damaged_weights_lives_but_is_never_ready(ask, tmp_path):
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")

    async def story(client):
        colored = await client.post("/api/v1/colorize", files={"photo": b"GIF89a"})
        return [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/api/v1/models")], colored

    statuses, colored = ask(story, models=(damaged,))
    assert statuses == [200, 503, 503]
    assert colored.status_code in (422, 503)


def test_figures_are_in_the_form_that_prometheus_reads(ask, gray_file):
    async def story(client):
        await client.post("/api/v1/colorize", files={"photo": gray_file()})
        await client.post("/api/v1/colorize", files={"photo": b"none"})
        await client.get("/never/seen/before")
        return await client.get("/metrics")

    reply = ask(story)
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    sample = re.compile(r'[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? -?[0-9.e+-]+')
    lines = reply.text.splitlines()
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines), reply.text
    assert 'photochrom_requests_total{route="/api/v1/colorize",method="POST",status="200"} 1' in lines
    assert 'photochrom_requests_total{route="/api/v1/colorize",method="POST",status="415"} 1' in lines
    assert 'photochrom_photographs_total{outcome="colored"} 1' in lines
    assert not any("never" in line for line in lines)
    count = {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}
    assert count['photochrom_request_seconds_bucket{route="/api/v1/colorize",le="+Inf"}'] == 2
    assert count['photochrom_request_seconds_count{route="/api/v1/colorize"}'] == 2
    assert count["photochrom_memory_bytes"] > 1e7


class Links(HTMLParser):
    """Every address in a page, and everything that a strict policy would refuse."""

    def __init__(self):
        super().__init__()
        self.addresses, self.inline = [], []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href"):
                self.addresses.append(value)
            if name.startswith("on") or name == "style" or (tag == "style"):
                self.inline.append((tag, name))
        if tag == "script" and not dict(attributes).get("src"):
            self.inline.append((tag, "inline"))


def test_the_page_asks_nobody_else_and_has_nothing_inline(ask):
    links = Links()
    links.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    own = [address for address in links.addresses if not address.startswith("#")]
    assert links.inline == []
    assert own
    assert all(address.startswith("/page/") for address in own)

    async def story(client):
        modules = [f"/page/{file.name}" for file in PAGE.iterdir() if file.name != "index.html"]
        return [(await client.get(address)).status_code for address in [*own, *modules]]

    assert set(ask(story)) == {200}
    for file in PAGE.iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read_text(encoding="utf-8")), file.name


def test_the_legend_shows_the_scale_of_the_uncertainty():
    css = (PAGE / "panel.css").read_text(encoding="utf-8")
    legend = re.search(r"linear-gradient\(to right, ([^)]+)\)", css)[1].split(", ")
    assert legend == [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in scale_colors(len(legend))]


def test_an_unchanged_file_of_the_page_is_not_sent_again(ask):
    async def story(client):
        first = await client.get("/page/app.js")
        again = await client.get("/page/app.js", headers={"If-None-Match": first.headers["etag"]})
        return first, again

    first, again = ask(story)
    assert first.content == (PAGE / "app.js").read_bytes()
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/", "/page/index.html", "/app.py"])
def test_no_other_file_can_be_had(ask, path):
    async def story(client):
        return await client.get(f"http://localhost{path}")

    assert ask(story).status_code == 404


def test_the_openapi_document_names_every_choice_and_every_route(ask):
    async def story(client):
        return (await client.get("/api/v1/openapi.json")).json()

    document = ask(story)
    assert set(OFFERED) - {"hints"} <= {parameter["name"] for parameter in CHOICE_PARAMETERS}
    for path in ("/api/v1/colorize", "/api/v1/models", "/api/v1/jobs", "/healthz", "/readyz", "/metrics"):
        assert path in document["paths"]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]


def test_sigterm_finishes_what_is_running(running_server, tiny_model, gray_file):
    process, address = running_server("--model", tiny_model)
    content = gray_file(size=(3000, 2000))
    replies = []

    def color():
        with httpx.Client(timeout=60) as client:
            replies.append(client.post(f"{address}api/v1/colorize?format=png", files={"photo": content}))

    asking = threading.Thread(target=color)
    asking.start()
    while "photochrom_busy_workers 1" not in httpx.get(f"{address}metrics").text:
        assert asking.is_alive()
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    asking.join(60)
    assert process.wait(30) == 0
    assert replies[0].status_code == 200
    assert process.stderr.read() == ""


def test_a_stream_of_events_does_not_hold_up_the_end(running_server, tiny_model, gray_file):
    process, address = running_server("--model", tiny_model, "--workers", 1)
    parts = [("photo", ("a.png", gray_file(size=(2500, 2000))))] * 12
    id = httpx.post(f"{address}api/v1/jobs", files=parts, timeout=60).json()["id"]
    with httpx.stream("GET", f"{address}api/v1/jobs/{id}/events", timeout=60) as stream:
        lines = stream.iter_lines()
        next(lines)
        process.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert "event: stopped" in rest
    assert process.wait(30) == 0


def test_a_port_that_is_taken_is_told_in_one_line(running_server, tiny_model, capfd):
    from photochrom.cli import main

    _, address = running_server("--model", tiny_model)
    port = address.rstrip("/").rpartition(":")[2]
    assert main(["serve", "--port", port, "--model", str(tiny_model)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "cannot listen" in err
    assert len(err.splitlines()) == 1
