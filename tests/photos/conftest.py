"""Small real photographs, and ways to store them."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
import skimage.data


@pytest.fixture(scope="session")
def astronaut():
    """uint8 [256, 256, 3], every second pixel of scikit-image's portrait."""
    return np.ascontiguousarray(skimage.data.astronaut()[::2, ::2])


@pytest.fixture(scope="session")
def cameraman():
    """uint8 [256, 256], gray."""
    return np.ascontiguousarray(skimage.data.camera()[::2, ::2])


@pytest.fixture
def store(tmp_path):
    """store(array, "name.ext", **options of the libvips saver) -> the file's path."""

    def write(array, name, **options):
        image = array if isinstance(array, pyvips.Image) else pyvips.Image.new_from_array(array)
        image.write_to_file(str(tmp_path / name), **options)
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def legacy_photographs():
    folder = Path(__file__).parents[3] / "shared" / "data" / "legacy"
    photographs = sorted(folder.glob("*.jpg"))
    if not photographs:
        pytest.skip("the legacy photographs are not beside this repository (../shared/data/legacy)")
    return photographs
