"""Photographs for the tests of data: a slice of the shared ones, and small pictures made here."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photochrom.data.sources import EncodedPhotograph, read_source

SHARED = Path(__file__).parents[3] / "shared" / "data" / "train"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def real() -> list[EncodedPhotograph]:
    """The first 160 photographs of the shared training set."""
    shard = SHARED / "train-00000-of-00015.parquet"
    if not shard.is_file():
        pytest.skip("the shared photographs are not here")
    source = read_source(shard)
    return [next(source) for _ in range(160)]


@pytest.fixture(scope="session")
def album(real, tmp_path_factory) -> Path:
    """The first 60 of them as files in a tree with names in several scripts."""
    root = tmp_path_factory.mktemp("album")
    folders = ("Großmutter & Söhne", "京都 1931", "plain")
    for index, photograph in enumerate(real[:60]):
        file = root / folders[index % 3] / f"{index:03d} été.webp"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(photograph.data)
    return root


@pytest.fixture(scope="session")
def picture():
    """picture(seed, size=(64, 48), format="PNG") -> bytes of a smooth picture of random colors."""

    def make(seed, size=(64, 48), format="PNG", **options):
        coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(stream, format, **options)
        return stream.getvalue()

    return make


@pytest.fixture(scope="session")
def tar_of():
    """tar_of(path, [(name, bytes), ...]) writes a tar and returns its path."""

    def write(path, members):
        with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as tar:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    return write
