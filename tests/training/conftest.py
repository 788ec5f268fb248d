"""One tiny run, trained and exported once, for all tests of the room."""

from pathlib import Path

import numpy as np
import pytest
import pyvips

from photochrom.training.export import export_run
from photochrom.training.recipes import smoke
from photochrom.training.train import train


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """A folder with eight small pictures of smooth random color."""
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for index in range(8):
        coarse = pyvips.Image.new_from_array(random.integers(0, 256, (6, 8, 3), dtype=np.uint8), interpretation="srgb")
        coarse.resize(16, kernel="cubic").write_to_file(str(folder / f"{index}.png"))
    return folder


@pytest.fixture(scope="session")
def run(photographs, tmp_path_factory):
    """The smoke recipe on those pictures."""
    return train(smoke(), data=[photographs], out=tmp_path_factory.mktemp("runs") / "smoke")


@pytest.fixture(scope="session")
def exported(run, photographs, tmp_path_factory):
    """(file, result) of exporting that run."""
    file = tmp_path_factory.mktemp("exported") / "smoke.onnx"
    return file, export_run(run.folder, file, calibration=photographs)
