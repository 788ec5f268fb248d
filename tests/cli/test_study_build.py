"""`photochrom study build`: what it makes of folders and models, and what it refuses."""

import json

import numpy as np
import pytest
from PIL import Image

from photochrom.study import Study

SMALL = ("--pairs=3", "--practice=1", "--vigilance=0.34", "--pixels=32")


@pytest.fixture
def folders(tmp_path):
    """Five photographs of smooth colors, a gray one, and their colorings under `photochrom colorize`'s names."""
    random = np.random.default_rng(0)
    for place in ("truth", "mine"):
        (tmp_path / place).mkdir()
    for index in range(5):
        picture = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
        picture = picture.resize((48, 40), Image.Resampling.BICUBIC)
        picture.save(tmp_path / "truth" / f"{index}.png")
        Image.merge("RGB", picture.split()[::-1]).save(tmp_path / "mine" / f"{index}.color.png")
    Image.fromarray(random.integers(0, 256, (40, 48), dtype=np.uint8)).save(tmp_path / "truth" / "gray.png")
    return tmp_path


@pytest.fixture
def build(command, folders):
    """build(...) -> Ended, of the folders, into `study` beside them."""
    words = ("--truth", folders / "truth", "--out", folders / "study", *SMALL)
    return lambda *more: command("study", "build", *words, *more)


def test_folders_and_models_become_a_study(build, folders, tiny_model):
    ended = build(
        "--system", f"mine={folders / 'mine'}", "--system", tiny_model, "--seed", 4, "--protocol", "side-by-side"
    )
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert "left out, because they have no colors of their own: gray" in ended.err
    study = Study.read(folders / "study")
    assert (study.systems, study.seed, len(study.photographs)) == (("mine", "tiny"), 4, 5)
    assert (study.design.presentation, study.design.duration_ms, study.design.pixels) == ("side-by-side", 1000, 32)
    assert study.hash[:12] in ended.out


def test_choices_reach_the_design_and_the_rules(build, folders):
    rules = folders / "rules.json"
    rules.write_text('{"vigilance_below": 0.75, "answer_before_ms": null}')
    choices = ("--protocol=single", "--duration=0", "--within", "--phones", "--exclusions", rules)
    assert build("--system", f"mine={folders / 'mine'}", *choices).code == 0
    study = Study.read(folders / "study")
    design = study.design
    assert (design.presentation, design.duration_ms, design.systems_within, design.phones) == (
        "single",
        None,
        True,
        True,
    )
    assert (study.exclusions.vigilance_below, study.exclusions.answer_before_ms) == (0.75, None)
    assert study.exclusions.incomplete  # what the file does not name stays


def test_the_same_command_builds_the_same_bytes(command, folders):
    built = []
    for name in ("one", "two"):
        out = folders / name
        words = ("--truth", folders / "truth", "--system", f"mine={folders / 'mine'}", "--out", out, *SMALL)
        assert command("study", "build", *words).code == 0
        built.append({file.relative_to(out): file.read_bytes() for file in out.rglob("*") if file.is_file()})
    assert built[0] == built[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pairs=30",), "need 31 photographs, got 5"),
        (("--vigilance=2",), "vigilance is a share"),
        (("--pixels=4",), "pixels must lie"),
        (("--system", "other=nowhere"), "other: "),
        (("--exclusions", "nowhere.json"), "cannot be read"),
        (("--seed=-1",), "--seed"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2_and_leaves_nothing(build, folders, words, message):
    ended = build("--system", f"mine={folders / 'mine'}", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err
    assert sorted(path.name for path in folders.iterdir()) == ["mine", "truth"]


@pytest.mark.parametrize("content", ["[1]", "{", '{"vigilance_below": "high"}', '{"drop": true}'])
def test_rules_of_another_form_are_refused(build, folders, content):
    rules = folders / "rules.json"
    rules.write_text(content)
    ended = build("--system", f"mine={folders / 'mine'}", "--exclusions", rules)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert not (folders / "study").exists()


def test_an_existing_folder_is_never_written_over(build, folders):
    (folders / "study").mkdir()
    ended = build("--system", f"mine={folders / 'mine'}")
    assert ended.code == 2
    assert "exists already" in ended.err
    assert not list((folders / "study").iterdir())


def test_the_manifest_holds_no_time_and_no_place(build, folders):
    assert build("--system", f"mine={folders / 'mine'}").code == 0
    manifest = (folders / "study" / "manifest.json").read_text()
    assert str(folders) not in manifest
    assert set(json.loads(manifest)) == {
        *("photochrom", "format", "version", "seed", "design", "exclusions", "systems", "photographs", "plates")
    }
