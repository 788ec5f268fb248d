"""Small photographs in folders, and a run over them with the tiny network."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.batch import Outputs, colorize_all, find_photographs
from photochrom.inference import Options


@pytest.fixture(scope="session")
def scene():
    """uint8 [96, 128], a gray photograph."""
    return np.ascontiguousarray(skimage.data.camera()[128:512:4, ::4])


@pytest.fixture
def write_photo(scene):
    """write_photo(path, 3) writes a small gray photograph, different for each number, and returns its path."""

    def write(path, number=0):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(scene, 5 * number, axis=1)).save(path)
        return path

    return write


@pytest.fixture
def album(tmp_path, write_photo):
    """A folder of six photographs in three folders, two pairs of one name among them."""
    folder = tmp_path / "album"
    names = ("a.jpg", "b.png", "1920/a.jpg", "1920/c.tif", "1930/deep/a.jpg", "1930/deep/b.png")
    for number, name in enumerate(names):
        write_photo(folder / name, number)
    return folder


@pytest.fixture
def files_in():
    """files_in(folder): every file under it with its content, by its place."""

    def read(folder):
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read


@pytest.fixture
def run(tiny_model):
    """run(sources, place, options={}, outputs={}, **choices) colors with the tiny network: the outcomes, in a list."""

    def color(sources, place=None, *, options=None, outputs=None, **choices):
        sources = [sources] if not isinstance(sources, list) else sources
        made = Outputs(place, **(outputs or {}))
        works = list(find_photographs(sources, together=place is not None, exclude=[place] if place else []))
        return list(colorize_all(works, Options(model=tiny_model, **(options or {})), made, **choices))

    return color
