"""`photochrom study report`: the page, the JSON and the tables, from a database or from an earlier report."""

import json

import numpy as np
import pytest
from PIL import Image

from photochrom.study import Design, SimulatedPeople, analyze, build, simulate_records, write_report

FILES = ["participants.csv", "participants.parquet", "report.html", "report.json", "trials.csv", "trials.parquet"]


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A study folder, and a folder with the tables of 12 simulated participants."""
    place = tmp_path_factory.mktemp("studied")
    random = np.random.default_rng(0)
    for name in ("truth", "mine"):
        (place / name).mkdir()
        for index in range(8):
            picture = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
            picture.resize((32, 32), Image.Resampling.BICUBIC).save(place / name / f"{index}.png")
    study, _ = build(place / "truth", [f"mine={place / 'mine'}"], place / "study", design=Design(pairs=6, practice=2))
    records, participants = simulate_records(SimulatedPeople({"mine": 0.3}), study, 12, seed=0)
    write_report(analyze(study, records, participants, resamples=100), study, records, participants, place / "tables")
    return place


def test_a_report_of_tables_says_simulated_on_every_line_and_in_every_file(command, studied, tmp_path):
    words = ("--records", studied / "tables", "--out", tmp_path / "out", "--resamples", 200)
    ended = command("study", "report", studied / "study", *words)
    assert (ended.code, ended.err) == (0, "")
    *figures, place = ended.out.splitlines()
    assert all(line.startswith("simulated ") for line in figures)
    assert place == f"report: {tmp_path / 'out' / 'report.html'}"
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == FILES
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["simulated"] is True
    assert told["bootstrap"]["resamples"] == 200
    assert told["participants"]["started"] == 12


def test_the_same_tables_and_seed_give_the_same_page(command, studied, tmp_path):
    pages = []
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        words = ("--records", studied / "tables", "--out", tmp_path / name, "--resamples", 200, "--seed", seed)
        assert command("study", "report", studied / "study", *words).code == 0
        pages.append((tmp_path / name / "report.html").read_bytes())
    assert pages[0] == pages[1] != pages[2]


def test_a_study_without_a_database_is_one_line_and_exit_code_2(command, studied, tmp_path):
    ended = command("study", "report", studied / "study", "--out", tmp_path / "out")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "nobody has taken part yet" in ended.err
    assert not (tmp_path / "out").exists()


def test_what_is_no_study_is_one_line_and_exit_code_2(command, studied, tmp_path):
    ended = command("study", "report", tmp_path, "--records", studied / "tables", "--out", tmp_path / "out")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "is no study" in ended.err


def test_an_evaluation_refuses_the_simulated_json(command, studied):
    from photochrom.evaluation.human import HumanResultsError, read_human

    with pytest.raises(HumanResultsError, match="simulated"):
        read_human(studied / "tables" / "report.json")
