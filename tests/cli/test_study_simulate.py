"""`photochrom study simulate`: people of known rates, and rates that cannot be."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from photochrom.cli.study import study as app
from photochrom.study.manifest import Study
from photochrom.study.store import open_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study that the command itself has built, out of eight small pictures in two colors."""
    place = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for kind in ("truth", "other"):
        (place / kind).mkdir()
    for index in range(8):
        pixels = draw.integers(0, 256, (32, 48, 3), np.uint8)
        Image.fromarray(pixels).save(place / "truth" / f"{index}.png")
        Image.fromarray(pixels[..., ::-1].copy()).save(place / "other" / f"{index}.png")
    words = ["build", "--truth", place / "truth", "--system", f"other={place / 'other'}", "--out", place / "study"]
    words += ["--pairs", "4", "--practice", "2", "--vigilance", "0.25"]
    ended = CliRunner().invoke(app, [str(word) for word in words])
    assert ended.exit_code == 0, ended.stderr
    return place / "study"


def test_simulated_people_are_in_the_database_and_marked(folder):
    ended = CliRunner().invoke(app, ["simulate", str(folder), "--rate", "other=0.32", "--participants", "3"])
    assert ended.exit_code == 0, ended.stderr
    assert "3 simulated participants" in ended.stdout
    study = Study.read(folder)
    store = open_store(None, study, create=False)
    assert [(person.complete, person.simulated) for person in store.participants()] == [(True, True)] * 3
    assert len(store.records(study)) == 18
    store.close()


@pytest.mark.parametrize("rate", ["other", "other=much", "third=0.3", "other=1.5"])
def test_rates_that_cannot_be_are_refused(folder, rate):
    ended = CliRunner().invoke(app, ["simulate", str(folder), "--rate", rate])
    assert ended.exit_code == 2
    assert "Traceback" not in ended.stderr
