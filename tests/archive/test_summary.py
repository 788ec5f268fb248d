import json

import pytest

from photochrom.archive.summary import Progress, Summary, duration

STATES = {"colored": 90, "copied": 5, "failed": 4, "skipped": 1}


def summary(**changes):
    values = {
        "states": STATES,
        "done_before": 20,
        "seconds": 40.0,
        "listing": 1.0,
        "core_seconds": 7200.0,
        "stages": {"reading": 1.0},
        "busy": 60.0,
        "actors": 2,
        "ledger": "new/ledger.parquet",
    }
    return Summary(**{**values, **changes})


def test_costs_are_those_of_what_this_call_made():
    told = json.loads(summary().to_json())
    assert told["photographs"] == 100
    assert told["core_seconds_a_photograph"] == pytest.approx(7200 / 80)
    assert summary().made == 80
    assert summary().failed == 5
    assert summary().lines() == [
        "90 colored, 5 copied, 4 failed, 1 skipped (20 of them before) in 40 s, 2.0 photographs a second",
        "cost: 90.000 core-seconds a photograph, 2.00 core-hours in all, 2 actors",
        "ledger: new/ledger.parquet",
    ]


def test_one_actor_is_one():
    assert summary(actors=1).lines()[1].endswith(" in all, 1 actor")


def test_a_run_with_nothing_to_do_says_so():
    assert summary(done_before=100).lines()[0].endswith("all of it done before")
    assert summary(states={}, done_before=0).lines()[0].startswith("no photographs")


def test_the_time_that_is_left_follows_from_what_this_call_made():
    # 30 photographs in 10 s by this call, 20 before it: 50 are left, at 3 a second.
    line = Progress(photographs=100, done=50, failed=0, made=30, seconds=10.0).line()
    assert "3.0 a second, 17 s to go" in line
    assert "starting" in Progress(100, 50, 0, 0, 0.0).line()


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (99.4, "99 s"), (100, "2 min"), (5940, "99 min"), (86_400, "24 h 0 min")]
)
def test_times_are_told_as_people_say_them(seconds, told):
    assert duration(seconds) == told
