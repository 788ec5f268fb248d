import time
from threading import Event, Lock

import pytest

from photochrom.batch.pool import AHEAD, in_order
from photochrom.batch.stopping import Stop


@pytest.mark.parametrize("jobs", [1, 2, 7, 100])
def test_results_come_in_order_whatever_finishes_first(jobs):
    def work(number):
        time.sleep(0.001 * (number % 5))
        return number * 2

    assert list(in_order(range(50), work, jobs=jobs, stop=Stop())) == [2 * number for number in range(50)]


def test_nothing_to_do_ends_at_once():
    assert list(in_order([], lambda item: item, jobs=3, stop=Stop())) == []


def test_as_many_work_at_a_time_as_there_are_jobs():
    lock, now, most = Lock(), 0, 0

    def work(_):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    list(in_order(range(30), work, jobs=3, stop=Stop()))
    assert most == 3


def test_an_error_is_raised_at_its_turn_and_ends_the_work():
    done = []

    def work(number):
        if number == 3:
            raise ZeroDivisionError
        done.append(number)
        return number

    results = in_order(range(1000), work, jobs=1, stop=Stop())
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(done) < 1000


def test_an_end_from_outside_stops_what_runs_and_waits_for_it():
    stop, begun, ended = Stop(), Event(), Event()

    def work(number):
        if number == 0:
            return 0
        begun.set()
        while True:
            try:
                stop.check()
            except Exception:
                ended.set()
                raise
            time.sleep(0.001)

    results = in_order(range(10), work, jobs=2, stop=stop)
    next(results)
    assert begun.wait(10)
    results.close()
    assert ended.is_set()


def test_the_work_runs_only_so_far_ahead_of_what_is_asked_for():
    taken = []
    results = in_order(range(10 * AHEAD), lambda number: taken.append(number), jobs=2, stop=Stop())
    next(results)
    time.sleep(0.2)
    assert len(taken) <= AHEAD + 3
    results.close()
