"""`photochrom data`: what the three commands write, print and refuse."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def without_fsspec(unimport):
    unimport("photochrom.data", without="fsspec")


def test_inspect_counts_and_draws_a_sheet(command, tmp_path):
    sheet = tmp_path / "sheet.png"
    ended = command("data", "inspect", EXAMPLES, "--json", "--sheet", sheet)
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    count = len(list(EXAMPLES.glob("*.jpg")))
    assert (found["photographs"], found["formats"], found["gray"]) == (count, {"JPEG": count}, 1)
    assert Image.open(sheet).size[0] > 1000
    assert "--force" in command("data", "inspect", EXAMPLES, "--sheet", sheet).err


def test_inspect_names_what_it_cannot_read(command, tmp_path, photo):
    (photo.parent / "Größe.jpg").write_bytes(photo.read_bytes()[:300])
    ended = command("data", "inspect", photo.parent)
    assert ended.code == 0
    assert "photographs: 1\nunreadable: 1\n" in ended.out
    assert ended.err.count("\n") == 1
    assert "Größe.jpg" in ended.err
    photo.unlink()
    assert command("data", "inspect", photo.parent).code == 1


def test_prior_writes_shares_weights_and_plot(command, tmp_path):
    file = tmp_path / "prior.npy"
    ended = command("data", "prior", EXAMPLES, "-o", file, "--json", "--lambda", "0.25")
    assert (ended.code, ended.err) == (0, "")
    prior, weights = np.load(file), np.load(tmp_path / "prior.weights.npy")
    assert prior.shape == weights.shape == (313,)
    assert prior.sum() == pytest.approx(1)
    mixed = 1 / (0.75 * prior + 0.25 / 313)
    np.testing.assert_allclose(weights, mixed / (prior @ mixed), rtol=1e-5)
    assert Image.open(tmp_path / "prior.png").format == "PNG"
    assert json.loads(ended.out)["gray_leads"] is True


def test_prior_warns_where_gray_does_not_lead(command, tmp_path):
    Image.new("RGB", (64, 64), (230, 20, 20)).save(tmp_path / "red.png")
    ended = command("data", "prior", tmp_path / "red.png", "-o", tmp_path / "prior.npy")
    assert ended.code == 0
    assert "warning: the most common color" in ended.err
    assert ended.err.count("\n") == 1


def test_pack_says_what_it_left_out_and_is_done_once(command, tmp_path):
    words = ("data", "pack", EXAMPLES, "-o", tmp_path / "packed", "--short-side", "96", "--smallest", "64")
    ended = command(*words)
    assert (ended.code, ended.err) == (0, "")
    assert "left out: 1 gray" in ended.out
    again = command(*words, "--json")
    assert json.loads(again.out)["left_out"] == {"gray": 1}
    other = command(*words, "--seed", "1")
    assert (other.code, other.err.count("\n")) == (1, 1)
    assert "other sources or settings" in other.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("pack gone -o out", 1, "gone does not exist"),
        ("pack gone -o out --smallest 300", 2, "sides must rise"),
        ("prior gone -o prior.txt", 2, ".npy"),
        ("prior gone -o prior.npy", 1, "gone does not exist"),
        ("inspect gone", 1, "gone does not exist"),
        ("inspect", 2, "SOURCE"),
        ("inspect http://me:secret@127.0.0.1:9/a.tar?sig=secret", 1, "http://127.0.0.1:9/a.tar"),
    ],
)
def test_a_request_that_cannot_be_is_refused_in_one_line(command, tmp_path, monkeypatch, words, code, says):
    monkeypatch.chdir(tmp_path)
    ended = command("data", *words.split())
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert says in ended.err
    assert "secret" not in ended.err
    assert "unexpected" not in ended.err


@pytest.mark.usefixtures("without_fsspec")
@pytest.mark.parametrize("words", ["pack d -o o", "prior d -o p.npy", "inspect d"])
def test_without_the_extra_the_line_to_type_is_given(command, words):
    ended = command("data", *words.split())
    assert ended.code == 2
    assert "pip install 'photochrom[train]'" in ended.err
    assert ended.err.count("\n") == 1
