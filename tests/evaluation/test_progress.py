"""What a person sees while an evaluation runs."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from photochrom.evaluation import progress
from photochrom.evaluation.progress import Shown, Silent


@pytest.fixture
def clock(monkeypatch):
    """clock.now is the time."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(progress.time, "monotonic", lambda: Clock.now)
    return Clock


def test_without_a_terminal_a_line_comes_now_and_then_with_the_time_left(capsys, clock):
    shown = Shown()
    shown.begin("measuring", 100)
    for _ in range(25):
        clock.now += 4
        shown.advance()
    shown.end()
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == "measuring: 100 photographs"
    assert len(lines) == 3  # of 100 seconds, one line in about thirty
    # 4 seconds each: after 8 of them 92 are left.
    assert lines[0] == "measuring: 8 of 100 photographs, 6 min left"


def test_threads_may_tell_at_once(capsys, clock):
    shown = Shown()
    shown.begin("measuring", 400)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: shown.advance(), range(400)))
    assert shown.done == 400


def test_on_a_terminal_there_is_a_bar_that_goes_away(capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    shown = Shown()
    shown.begin("measuring", 2)
    assert shown.bar is not None
    shown.advance()
    shown.end()
    assert shown.bar is None
    assert re.search("measuring", capsys.readouterr().err) is not None


def test_silence_is_silent(capsys):
    silent = Silent()
    silent.begin("measuring", 1)
    silent.advance()
    silent.end()
    assert capsys.readouterr() == ("", "")
