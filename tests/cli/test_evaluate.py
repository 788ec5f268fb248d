"""`photochrom evaluate`: what it hands to the room, what it prints and writes, and what it refuses."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photochrom.evaluation.settings import DEFAULT_CLASSIFIER, DEFAULT_FEATURES, Settings

QUICK = ("--size=32", "--classifier=none", "--features=none", "--no-cost", "--no-sweep", "--resamples=20")


@pytest.fixture
def folder(tmp_path):
    """Five photographs of smooth colors, one of them gray, and a file that is none."""
    place = tmp_path / "photographs"
    place.mkdir()
    random = np.random.default_rng(0)
    for index in range(4):
        colors = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
        colors.resize((32, 32), Image.Resampling.BICUBIC).save(place / f"{index}.png")
    Image.fromarray(random.integers(0, 256, (32, 32), dtype=np.uint8)).save(place / "gray.png")
    (place / "notes.jpg").write_text("no photograph")
    return place


@pytest.fixture
def evaluate(command, folder, tmp_path):
    """evaluate("--model", ...) -> Ended, quickly, on the five photographs."""
    return lambda *words: command("evaluate", folder, *QUICK, "--work", tmp_path / "work", *words)


@pytest.fixture
def calls(monkeypatch):
    """Calls that reach the room, which does nothing here."""
    module = sys.modules[Settings.__module__.replace("settings", "evaluate")]
    calls = []

    def refuse(*given, **named):
        calls.append((given, named))
        raise module.EvaluationError("enough was seen")

    monkeypatch.setattr(module, "evaluate", refuse)
    return calls


def test_a_table_is_printed_and_cautions_go_to_stderr(evaluate, tiny_model):
    ended = evaluate("--model", "random", "--model", tiny_model)
    assert ended.code == 0
    for name in ("truth", "gray", "random", "tiny (T=0.38)"):
        assert name in ended.out
    assert "notes.jpg" in ended.err  # left out
    assert "gray.png" in ended.err  # has no color
    assert "no class labels" not in ended.err  # nobody asked for classification


def test_the_report_is_written_as_page_and_as_json(evaluate, tiny_model, tmp_path):
    ended = evaluate(
        "--model", tiny_model, "--out", tmp_path / "new" / "report", "--json", tmp_path / "deep" / "r.json"
    )
    assert ended.code == 0
    assert str(tmp_path / "new" / "report") in ended.out
    assert (tmp_path / "new" / "report" / "report.html").stat().st_size > 10_000
    report = json.loads((tmp_path / "deep" / "r.json").read_text())
    assert [row["name"] for row in report["rows"]] == ["truth", "gray", "tiny (T=0.38)"]
    assert report["data"]["skipped"][0]["name"] == "notes.jpg"
    assert report["data"]["gray"] == ["gray.png"]


def test_progress_goes_to_stderr(evaluate):
    ended = evaluate("--model", "random")
    assert "5 photographs" in ended.err
    assert "5 photographs" not in ended.out


def test_gray_photographs_can_be_left_out(evaluate, tmp_path):
    assert evaluate("--model", "random", "--without-gray", "--json", tmp_path / "r.json").code == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["data"]["photographs"] == 4
    assert {one["name"] for one in report["data"]["skipped"]} == {"notes.jpg", "gray.png"}


def test_temperatures_make_rows(evaluate, tiny_model, tmp_path):
    words = ("--temperature", "0.2", "--temperature", "1", "--limit", "2")
    assert evaluate("--model", tiny_model, *words, "--json", tmp_path / "r.json").code == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert [row["name"] for row in report["rows"][2:]] == ["tiny (T=0.2)", "tiny (T=1)"]
    assert report["data"]["photographs"] == 2


def test_options_become_settings(command, calls, folder, tmp_path):
    chosen = ("--limit=7", "--size=64", "--temperature=0.5", "--classifier=vgg16=v.pth", "--features=none", "--seed=3")
    auc = ("--convention=integral", "--weights=set-s5", "--resamples=9")
    words = (*chosen, *auc, "--without=ImageNet", "--without-gray", "--no-sweep", "--no-cost", "--jobs=3", "--fresh")
    ended = command("evaluate", folder, "-m", "lite", "-m", "x=out", *words, "--work", tmp_path)
    assert ended.code == 2
    [(given, named)] = calls
    assert given == (
        str(folder),
        ["lite", "x=out"],
        Settings(
            limit=7,
            size=64,
            temperatures=(0.5,),
            classifier="vgg16=v.pth",
            features=None,
            sweep=False,
            convention="integral",
            weights="set-s5",
            resamples=9,
            seed=3,
            without=("ImageNet",),
            without_gray=True,
            cost=False,
        ),
    )
    assert {name: named[name] for name in ("human", "work", "fresh", "jobs")} == {
        "human": None,
        "work": tmp_path,
        "fresh": True,
        "jobs": 3,
    }


def test_what_the_command_takes_by_itself_is_what_the_room_takes(command, calls, folder):
    command("evaluate", folder)
    [(given, _)] = calls
    assert given[2] == Settings(classifier=DEFAULT_CLASSIFIER, features=DEFAULT_FEATURES)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--model", "no-such-model"], "no-such-model"),
        (["--size", "100"], "multiple of 32"),
        (["--temperature", "2"], "temperature"),
        (["--convention", "mean"], "thresholds"),
        (["--limit", "0"], "limit"),
        (["--without", "ImageNet"], "license"),
        (["--human", "gone.json"], "gone.json"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_a_request_that_cannot_be_is_refused_in_one_line(evaluate, words, says):
    ended = evaluate(*words)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1


def test_an_empty_folder_and_a_missing_one_are_refused(command, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "gone"):
        ended = command("evaluate", tmp_path / name, *QUICK)
        assert ended.code == 2
        assert name in ended.err
        assert ended.err.count("\n") == 1


def test_an_interruption_says_how_to_go_on(command, folder, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[Settings.__module__.replace("settings", "evaluate")], "evaluate", interrupted)
    ended = command("evaluate", folder)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "photochrom: interrupted; type the same again and it goes on where it was\n"


def test_a_simulated_study_is_refused(evaluate, tmp_path):
    study = tmp_path / "study.json"
    study.write_text(json.dumps({"simulated": True, "systems": {"gray": {"rate": 10}}}))
    ended = evaluate("--human", study)
    assert ended.code == 2
    assert "simulated" in ended.err


def test_a_file_in_place_of_the_reports_folder_is_refused_before_anything_is_done(evaluate, tmp_path):
    (tmp_path / "taken").write_text("")
    ended = evaluate("--out", tmp_path / "taken")
    assert ended.code == 2
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("words", [("--json", ""), ("--json", "notes.jpg/r.json"), ("--out", "notes.jpg/report")])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_done(evaluate, folder, tmp_path, words):
    ended = evaluate(words[0], folder / words[1])
    assert ended.code == 2
    assert f"{words[0]} {folder / words[1]}" in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "work").exists()


def test_a_report_that_cannot_be_written_after_all_fails_in_one_line(evaluate, tmp_path, monkeypatch):
    write = Path.write_text

    def full(path, text, **named):
        if "r.json" in path.name:
            write(path, text[:10], **named)
            raise OSError(28, "No space left on device")
        return write(path, text, **named)

    monkeypatch.setattr(Path, "write_text", full)
    ended = evaluate("--model", "gray", "--json", tmp_path / "r.json")
    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert not list(tmp_path.glob("*r.json*"))


@pytest.mark.parametrize("package", ["torch", "jinja2"])
def test_without_a_package_of_the_extra_the_line_to_type_is_given(command, folder, unimport, package):
    unimport("photochrom.evaluation.page", without=package)  # what needs jinja2
    ended = command("evaluate", folder)
    assert ended.code == 2
    assert f"needs {package}" in ended.err
    assert "pip install 'photochrom[eval]'" in ended.err
    assert ended.err.count("\n") == 1
