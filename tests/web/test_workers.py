"""Threads with a queue that ends, and work that can be told to stop."""

import asyncio
import threading
import time

import pytest
import pyvips

from photochrom.batch.stopping import Stopped
from photochrom.web.problems import Overloaded
from photochrom.web.workers import Workers


def test_no_more_than_so_many_run_at_once():
    running, most, lock = 0, 0, threading.Lock()

    def work(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    async def story():
        workers = Workers(2, 20, "test")
        await asyncio.gather(*(workers.run(work, 10) for _ in range(12)))
        return workers.busy, workers.waiting

    assert asyncio.run(story()) == (0, 0)
    assert most == 2


def test_work_whose_client_has_gone_hears_it_and_frees_its_place():
    heard = threading.Event()

    def work(stop):
        while True:
            time.sleep(0.005)
            try:
                stop.check()
            except Stopped:
                heard.set()
                raise

    async def story():
        workers = Workers(1, 0, "test")
        task = asyncio.create_task(workers.run(work, 60))
        while not workers.busy:
            await asyncio.sleep(0.005)
        with pytest.raises(Overloaded):
            await workers.run(lambda _: 1, 1)
        task.cancel()
        while workers.full:
            await asyncio.sleep(0.005)
        return await workers.run(lambda _: "next", 5)

    assert asyncio.run(story()) == "next"
    assert heard.is_set()


def test_libvips_stops_in_the_middle_of_a_picture():
    began = time.monotonic()

    def work(stop):
        # Minutes of arithmetic, were it not stopped.
        image = pyvips.Image.gaussnoise(20_000, 20_000).gaussblur(30)
        with stop.watching(image):
            return image.avg()

    async def story():
        workers = Workers(1, 0, "test")
        with pytest.raises(Overloaded, match=r"0\.3 seconds"):
            await workers.run(work, 0.3)
        while workers.full:
            await asyncio.sleep(0.01)

    asyncio.run(story())
    assert time.monotonic() - began < 10


def test_work_that_waits_too_long_is_never_begun():
    release, begun = threading.Event(), []

    async def story():
        workers = Workers(1, 5, "test")
        first = asyncio.create_task(workers.run(lambda _: release.wait(20), 20))
        while not workers.busy:
            await asyncio.sleep(0.005)
        with pytest.raises(Overloaded):
            await workers.run(lambda _: begun.append(1), 0.1)
        release.set()
        await first
        await workers.run(lambda _: None, 5)

    asyncio.run(story())
    assert begun == []


def test_closed_workers_take_nothing_more():
    async def story():
        workers = Workers(1, 5, "test")
        workers.close()
        with pytest.raises(Overloaded, match="stopping"):
            await workers.run(lambda _: 1, 1)

    asyncio.run(story())


def test_an_error_of_the_work_is_raised_where_it_was_asked_for():
    def fail(_):
        raise TimeoutError("of its own")

    async def story():
        with pytest.raises(TimeoutError, match="of its own"):
            await Workers(1, 0, "test").run(fail, 5)

    asyncio.run(story())
