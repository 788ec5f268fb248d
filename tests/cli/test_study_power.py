"""`photochrom study power`: how many participants and trials."""

import json

import pytest

from photochrom.study.power import Question, participants_needed


def test_the_table_is_that_of_the_model(command):
    ended = command("study", "power", "--effect", 0.05, "--trials", 36, "--trials", 72)
    assert ended.code == 0
    for trials in (36, 72):
        need = participants_needed(Question(0.05), trials).participants
        assert [str(trials), str(need)] in [line.split() for line in ended.out.splitlines()]


def test_json_has_the_assumptions_and_the_answer(command):
    words = ("--effect=0.1", "--alpha=0.01", "--power=0.9", "--rate=0.4", "--spread=0.08", "--within", "--trials=20")
    told = json.loads(command("study", "power", *words, "--json").out)
    question = Question(0.1, 0.01, 0.9, 0.4, 0.08, True)
    assert told["needed"][0]["participants"] == participants_needed(question, 20).participants
    assert (told["alpha"], told["spread"], told["within"]) == (0.01, 0.08, True)


def test_a_check_simulates_studies_and_says_so(command):
    ended = command("study", "power", "--effect=0.15", "--rate=0.35", "--trials=30", "--check=40")
    assert "(simulated)" in ended.out
    found = json.loads(
        command("study", "power", "--effect=0.15", "--rate=0.35", "--trials=30", "--check=40", "--json").out
    )
    assert 0.5 < found["needed"][0]["simulated_power"] <= 1


@pytest.mark.parametrize(
    "words", [("--effect=0.5",), ("--effect=0.05", "--alpha=2"), ("--effect=0.05", "--trials=0"), ()]
)
def test_questions_that_cannot_be_are_one_line_and_exit_code_2(command, words):
    ended = command("study", "power", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
