"""Sources behind http and s3, served on this machine; and that no credential leaves the command."""

import base64
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

import fsspec
import pytest

from photochrom.data.loading import load
from photochrom.data.sources import DataError, read_source

SECRET = "s3cretW0rd"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; /guarded asks for a password."""

    def do_GET(self):
        wanted = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
        if self.path.startswith("/guarded") and self.headers.get("Authorization") != wanted:
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def http(album, tmp_path):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    (tmp_path / "album").symlink_to(album)
    (tmp_path / "guarded").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()


@pytest.fixture
def s3(monkeypatch):
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server_module = pytest.importorskip("moto.server", reason="moto is not installed")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(
        Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    ).close()  # moto keeps buckets for its process
    for key, value in {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(key, value)
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    files.mkdir("photographs")
    yield files
    fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


def test_a_folder_behind_http_is_read_as_the_folder_itself(http, album):
    host, _ = http
    near, far = list(read_source(album)), list(read_source(f"http://{host}/album/"))
    assert [photo.name for photo in far] == [photo.name for photo in near]
    assert [photo.data for photo in far] == [photo.data for photo in near]


def test_shards_behind_http_are_read_and_credentials_stay_out_of_everything(http, album, tmp_path, tar_of):
    host, root = http
    tar_of(root / "guarded" / "s.tar", [("0.jpg", b"damaged"), *((f"{n}.webp", f.read_bytes()) for n, f in
           enumerate(sorted(album.rglob("*.webp"))[:20], start=1))])  # fmt: skip
    source = f"http://me:{SECRET}@{host}/guarded/s.tar?signature={SECRET}"
    ledger = tmp_path / "unreadable.jsonl"
    found = load([source], short_side=64, unreadable_share=0.1, ledger=ledger)
    assert len(found.training) + len(found.held_out) == 20
    with pytest.raises(DataError) as raised:
        load([source], short_side=64, ledger=ledger)
    with pytest.raises(DataError, match=r"not exist|cannot") as refused:
        list(read_source(f"http://me:wrong{SECRET}@{host}/guarded/s.tar?signature={SECRET}"))
    assert f"http://{host}/guarded/s.tar" in str(refused.value)
    everything = f"{raised.value}{refused.value}{found.record}{found.ledger}{ledger.read_text()}"
    assert "0.jpg" in everything
    assert SECRET not in everything


def test_photographs_and_shards_in_a_bucket_are_sources(s3, album, tar_of, tmp_path):
    photographs = sorted(album.rglob("*.webp"))[:5]
    for file in photographs:
        s3.pipe(f"photographs/album/{file.relative_to(album)}", file.read_bytes())
    shard = tar_of(tmp_path / "s.tar", [(f"{n}.webp", file.read_bytes()) for n, file in enumerate(photographs)])
    s3.pipe("photographs/shards/s-000.tar", shard.read_bytes())
    wanted = [file.read_bytes() for file in photographs]
    assert [photo.data for photo in read_source("s3://photographs/album")] == wanted
    assert [photo.data for photo in read_source("s3://photographs/album/**/*.webp")] == wanted
    assert [photo.data for photo in read_source("s3://photographs/shards/s-{000..000}.tar")] == wanted
    assert next(photo.source for photo in read_source("s3://photographs/shards")) == "s-000.tar"


def test_a_bucket_that_is_not_there_is_one_line_without_the_key(s3):
    with pytest.raises(DataError) as raised:
        list(read_source("s3://no-such-bucket/a/b"))
    assert "s3://no-such-bucket/a/b" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_missing_package_is_named_with_the_line_to_type(monkeypatch):
    def missing(*_):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(DataError, match="pip install s3fs"):
        list(read_source("s3://bucket/a.tar"))
