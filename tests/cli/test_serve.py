"""`photochrom serve`: what is refused before anything starts."""

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--allow-host"),
        (["--queue", "-1"], "queue"),
        (["--seconds", "0"], "seconds"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--port", "70000"], "port"),
        (["--host", "no.such.host.invalid", "--allow-host", "*"], "cannot listen"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(command, words, said):
    ended = command("serve", *words)
    assert ended.code == 2
    assert ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith("photochrom: ")
    assert said in last


def test_a_token_that_can_be_guessed_is_refused(command, monkeypatch):
    monkeypatch.setenv("PHOTOCHROM_TOKEN", "hunter2")
    ended = command("serve")
    assert ended.code == 2
    assert "16 ASCII characters" in ended.err
    assert "hunter2" not in ended.err
