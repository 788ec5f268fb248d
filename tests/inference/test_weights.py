"""Weights by name and by path; downloads from a server of our own."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from photochrom.inference import weights as room
from photochrom.inference.weights import Weights, WeightsError, cache_folder, find_weights, registry

CONTENT = b"an ONNX file, for all that the download knows" * 1000


@pytest.fixture
def list_weights(tmp_path, monkeypatch):
    """list_weights(*entries) puts a registry of these in the place of the package's; returns its folder."""
    embedded = tmp_path / "embedded"
    embedded.mkdir()
    monkeypatch.setattr(room, "EMBEDDED", embedded)
    monkeypatch.setenv("PHOTOCHROM_CACHE", str(tmp_path / "cache"))

    def write(*entries):
        (embedded / "registry.json").write_text(json.dumps({"format": 1, "models": entries}))
        registry.cache_clear()
        return embedded

    yield write
    registry.cache_clear()


def entry(**changes):
    fields = {
        "name": "vivid",
        "file": "vivid.onnx",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "size": len(CONTENT),
        "license": "Apache-2.0",
        "system": "lite",
    }
    return fields | changes


@pytest.fixture
def server():
    """A server on this machine that gives `server.content` for every path and counts its visits."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.visits += 1
            if self.server.content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.visits = CONTENT, 0
    server.url = f"http://127.0.0.1:{server.server_port}/vivid.onnx"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_embedded_file_agrees_with_its_entry():
    for name, weights in registry().items():
        assert weights.name == name
        if weights.url is None:
            content = weights.path.read_bytes()
            assert len(content) == weights.size
            assert hashlib.sha256(content).hexdigest() == weights.sha256
            assert len(content) < 7e6  # it travels with every installation


def test_every_file_in_the_package_has_an_entry():
    files = {path.name for path in room.EMBEDDED.glob("*.onnx")}
    assert files == {weights.file for weights in registry().values() if weights.url is None}


def test_an_embedded_name_gives_its_verified_file(list_weights):
    folder = list_weights(entry())
    (folder / "vivid.onnx").write_bytes(CONTENT)
    assert find_weights("vivid") == folder / "vivid.onnx"


def test_embedded_weights_that_are_damaged_are_refused(list_weights):
    folder = list_weights(entry())
    (folder / "vivid.onnx").write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(WeightsError, match=r"damaged .*reinstall photochrom"):
        find_weights("vivid")


def test_embedded_weights_that_are_missing_are_refused(list_weights):
    list_weights(entry())
    with pytest.raises(WeightsError, match=r"missing .*reinstall photochrom"):
        find_weights("vivid")


def test_a_file_of_ones_own_needs_no_entry(tmp_path, list_weights):
    list_weights(entry())
    own = tmp_path / "own.onnx"
    own.write_bytes(b"anything")
    assert find_weights(own) == own
    assert find_weights(str(own)) == own


def test_an_unknown_name_is_refused_with_the_names_there_are(list_weights):
    list_weights(entry(), entry(name="faithful"))
    with pytest.raises(WeightsError, match="vivid, faithful"):
        find_weights("colourful")


def test_a_path_that_is_not_there_is_told_as_a_path(tmp_path):
    with pytest.raises(WeightsError, match="check the path"):
        find_weights(tmp_path / "gone.onnx")
    with pytest.raises(WeightsError, match="folder"):
        find_weights(tmp_path)


def test_a_broken_list_is_refused_in_one_line(list_weights):
    list_weights({"name": "no other field"})
    with pytest.raises(WeightsError, match="reinstall") as error:
        registry()
    assert "\n" not in str(error.value)


def test_a_download_happens_once_and_is_kept(list_weights, server, tmp_path):
    list_weights(entry(url=server.url))
    path = find_weights("vivid")
    assert path == tmp_path / "cache" / "vivid.onnx"
    assert path.read_bytes() == CONTENT
    assert find_weights("vivid") == path
    assert server.visits == 1


@pytest.mark.parametrize("content", [CONTENT[:-5], CONTENT + b"x", b"<html>Sign in</html>"])
def test_a_download_of_something_else_is_refused_and_leaves_nothing(list_weights, server, tmp_path, content):
    list_weights(entry(url=server.url))
    server.content = content
    with pytest.raises(WeightsError, match="wrong sha256"):
        find_weights("vivid")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cached_file_that_is_damaged_is_to_be_deleted(list_weights, server, tmp_path):
    list_weights(entry(url=server.url))
    find_weights("vivid").write_bytes(b"bit rot")
    with pytest.raises(WeightsError, match="delete it and run again"):
        find_weights("vivid")


def test_offline_the_message_names_the_file_to_fetch_and_its_place(list_weights, tmp_path):
    url = "http://127.0.0.1:9/vivid.onnx"  # the discard port: nobody answers
    list_weights(entry(url=url))
    with pytest.raises(WeightsError) as error:
        find_weights("vivid")
    message = str(error.value)
    assert url in message
    assert str(tmp_path / "cache" / "vivid.onnx") in message
    assert "\n" not in message
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_page_that_is_not_there_is_told_the_same_way(list_weights, server):
    list_weights(entry(url=server.url))
    server.content = None
    with pytest.raises(WeightsError, match="by hand"):
        find_weights("vivid")


def test_a_cache_that_cannot_be_made_is_told(list_weights, server, tmp_path):
    list_weights(entry(url=server.url))
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="could not be downloaded"):
        find_weights("vivid")


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PHOTOCHROM_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("PHOTOCHROM_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "photochrom"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / "home" / ".cache" / "photochrom"


def test_an_entry_knows_whether_its_file_is_there(list_weights):
    folder = list_weights(entry())
    weights = Weights(**entry())
    assert not weights.installed
    (folder / "vivid.onnx").write_bytes(CONTENT)
    assert weights.installed
