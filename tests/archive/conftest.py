"""Small scans in folders, what a folder's run makes of them, an S3 server, and one Ray for all tests."""

import io
import logging
import os
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.archive import plan_run
from photochrom.batch import Outputs, colorize_all, find_photographs
from photochrom.inference import Options

SECRET = "s3cretW0rd"


@pytest.fixture(scope="session")
def picture():
    """picture(number, format="JPEG") -> bytes of a small gray photograph, another for each number."""
    scene = np.ascontiguousarray(skimage.data.camera()[128:512:4, ::4])  # [96, 128]

    def make(number, format="JPEG"):
        stream = io.BytesIO()
        Image.fromarray(np.roll(scene, 5 * number, axis=1)).save(stream, format)
        return stream.getvalue()

    return make


@pytest.fixture(scope="session")
def scans(tmp_path_factory, picture):
    """A tree of 80 photographs with all that makes names difficult, and one that is damaged."""
    root = tmp_path_factory.mktemp("scans")
    for number in range(72):
        path = root / ("1931", "1932/märz", "1932")[number % 3] / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    for number, name in enumerate(("a.gif", "a.png", "a.tif", "b.heif.jpg", "c.1.jpg", "c.jpg", "d.gif", "e.PNG")):
        kind = {".gif": "GIF", ".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG"}[Path(name).suffix.lower()]
        (root / name).write_bytes(picture(200 + number, kind))
    (root / "c.color.jpg").write_bytes(picture(300))  # a result of an earlier run
    (root / ".hidden.jpg").write_bytes(picture(301))
    (root / "notes.txt").write_text("none of them")
    (root / "damaged.jpg").write_bytes(picture(302)[:600])
    (root / os.fsdecode(b"caf\xe9.jpg")).write_bytes(picture(303))  # Latin-1, no UTF-8
    return root


@pytest.fixture(scope="session")
def options(tiny_model):
    """To color with the tiny network."""
    return Options(model=tiny_model, device="cpu")


@pytest.fixture(scope="session")
def folder_run(scans, options, tmp_path_factory):
    """The folder that `photochrom colorize` makes of the scans, and its outcomes by their places."""
    place = tmp_path_factory.mktemp("by-folder")
    works = list(find_photographs([scans], together=True))
    return place, {outcome.relative: outcome for outcome in colorize_all(works, options, Outputs(place))}


@pytest.fixture(scope="session")
def by_folder(folder_run, results_in):
    """Place -> bytes: what `photochrom colorize` makes of the scans."""
    return results_in(folder_run[0])


@pytest.fixture(scope="session")
def failing(folder_run):
    """Places of the scans that cannot be colored."""
    names = {name for name, outcome in folder_run[1].items() if outcome.error}
    assert "damaged.jpg" in names
    return names


@pytest.fixture(scope="session")
def escaped():
    """escaped(name): as a ledger has it, by the rule of docs/archives.md."""
    return lambda name: os.fsencode(name).decode("utf-8", "backslashreplace")


@pytest.fixture(scope="session")
def results_in():
    """results_in(folder): place -> bytes of all files in it, hidden ones too, but for ledgers and summaries."""

    def read(folder):
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        ours = (".parquet", ".jsonl", "summary.json", "run.json", "complete.json")
        return {name: path.read_bytes() for name, path in files.items() if not name.endswith(ours)}

    return read


@pytest.fixture(scope="session")
def faulty():
    """A process that colors, and does what photographs made by `with_fault` tell it to."""
    return sys.executable, str(Path(__file__).with_name("faulty_coloring.py"))


@pytest.fixture(scope="session")
def with_fault(picture):
    """with_fault(number, "crash") -> bytes of a good photograph at which the faulty process crashes."""
    return lambda number, fault: picture(number) + b"\xff\xd9FAULT:" + fault.encode()


@pytest.fixture
def planned(scans, options, tmp_path):
    """planned(**changes) -> a Run from the scans to a new folder."""

    def plan(source=None, target=None, *, chosen=None, **changes):
        return plan_run(str(source or scans), str(target or tmp_path / "target"), chosen or options, **changes)

    return plan


@pytest.fixture(scope="session")
def s3():
    """An S3 server on this machine, as an fsspec file system; its address and keys are in the environment."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server_module = pytest.importorskip("moto.server", reason="moto is not installed")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in {
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(key, value)
        files = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        files.mkdir("archive")
        yield files
        fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


@pytest.fixture(scope="session")
def ray_of_tests(s3):
    """One Ray with two cores, whose actors know the S3 server. Its address."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = pytest.importorskip("ray", reason="ray is not installed")
    context = ray.init(
        address="local", num_cpus=2, include_dashboard=False, object_store_memory=128 << 20, log_to_driver=False
    )
    yield context.address_info["gcs_address"]
    ray.shutdown()
