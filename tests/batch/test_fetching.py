"""Against a server on this machine: what it may send, and what is refused."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from photochrom.batch.errors import BatchError
from photochrom.batch.fetching import fetch


class Server(BaseHTTPRequestHandler):
    """Answers each path as the test put it into `answers`."""

    answers: ClassVar[dict] = {}

    def do_GET(self):
        self.answers[self.path.partition("?")[0]](self)

    def log_message(self, *_):
        pass


def send(handler, body, *, status=200, kind="image/jpeg", length=None, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    if length != "none":
        handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server(monkeypatch):
    """server({"/a.jpg": answer}) -> the address that they lie under."""
    monkeypatch.setenv("no_proxy", "*")
    running = []

    def start(answers):
        handler = type("Handler", (Server,), {"answers": answers})
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        http.daemon_threads = True
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        running.append(http)
        return f"http://127.0.0.1:{http.server_port}"

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture
def photo_bytes(tmp_path, write_photo):
    return write_photo(tmp_path / "served.jpg").read_bytes()


def test_a_photograph_comes_as_it_is(server, photo_bytes):
    address = server({"/a.jpg": lambda handler: send(handler, photo_bytes)})
    assert fetch(f"{address}/a.jpg?size=large") == photo_bytes


def test_one_without_a_length_comes_too(server, photo_bytes):
    address = server({"/a": lambda handler: send(handler, photo_bytes, length="none")})
    assert fetch(f"{address}/a") == photo_bytes


def test_a_redirection_is_followed_but_not_out_of_http(server, photo_bytes, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(photo_bytes)
    address = server(
        {
            "/a.jpg": lambda handler: send(handler, photo_bytes),
            "/moved": lambda handler: send(handler, b"", status=302, Location="/a.jpg"),
            "/file": lambda handler: send(handler, b"", status=302, Location=secret.as_uri()),
            "/ftp": lambda handler: send(handler, b"", status=302, Location="ftp://127.0.0.1/a.jpg"),
            "/round": lambda handler: send(handler, b"", status=302, Location="/round"),
        }
    )
    assert fetch(f"{address}/moved") == photo_bytes
    for path in ("/file", "/ftp", "/round"):
        with pytest.raises(BatchError):
            fetch(address + path)


def refused(address, **limits):
    with pytest.raises(BatchError) as caught:
        fetch(address, **limits)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(address.partition("?")[0] + ": ")
    assert ";" in message  # what is wrong; what to do
    return message


def test_a_web_page_is_no_photograph_whatever_it_says_it_is(server):
    page = b"<!doctype html><title>Old photographs</title><p>Sign in to see them."
    address = server(
        {
            "/page": lambda handler: send(handler, page, kind="text/html"),
            "/lie.jpg": lambda handler: send(handler, page),
            "/empty.jpg": lambda handler: send(handler, b""),
        }
    )
    assert "text/html, no photograph" in refused(f"{address}/page?token=secret")
    assert "no photograph" in refused(f"{address}/lie.jpg")
    assert "no photograph" in refused(f"{address}/empty.jpg")


def test_what_is_too_large_is_refused_by_its_length_and_by_its_bytes(server, photo_bytes):
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(photo_bytes)
        try:
            while len(sent) < 10_000:
                handler.wfile.write(bytes(10_000))
                sent.append(10_000)
        except OSError:
            pass

    address = server({"/a.jpg": lambda handler: send(handler, photo_bytes), "/endless.jpg": endless})
    assert "more than 0.001 MB" in refused(f"{address}/a.jpg", max_bytes=1000)
    assert "more than 1 MB" in refused(f"{address}/endless.jpg", max_bytes=1_000_000)
    assert sum(sent) < 50e6  # it was not read to its end


def test_an_answer_that_breaks_off_is_refused(server, photo_bytes):
    address = server({"/a.jpg": lambda handler: send(handler, photo_bytes[:500], length=len(photo_bytes))})
    assert "broke off after 500 of" in refused(f"{address}/a.jpg")


def test_silence_and_slowness_end(server, photo_bytes):
    def silent(handler):
        time.sleep(3)

    def slow(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(photo_bytes)))
        handler.end_headers()
        try:
            for byte in photo_bytes:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass

    address = server({"/silent.jpg": silent, "/slow.jpg": slow})
    start = time.monotonic()
    assert "timed out" in refused(f"{address}/silent.jpg", silence=0.2)
    assert "too slowly" in refused(f"{address}/slow.jpg", longest=0.3)
    assert time.monotonic() - start < 2.5


def test_the_servers_refusal_is_told(server):
    address = server({"/gone.jpg": lambda handler: send(handler, b"no", status=404)})
    assert "answered 404" in refused(f"{address}/gone.jpg")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.jpg", "http://no-such-host.invalid/a.jpg", "http:///a.jpg"])
def test_a_server_that_is_not_there_is_told(address, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    refused(address, silence=5)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(BatchError) as caught:
        fetch("http://me:hunter2@example.org/a.jpg")
    assert "hunter2" not in str(caught.value)
