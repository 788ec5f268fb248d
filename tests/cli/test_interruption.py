"""Work that Ctrl-C stops."""

import _thread
import time

import pytest

from photochrom.cli.interruption import interruptible


class FakeImage:
    """Stands for a libvips image that is being written until it is killed."""

    def __init__(self):
        self.killed = False

    def set_kill(self, kill):
        self.killed = kill

    def write(self):
        deadline = time.monotonic() + 60
        while not self.killed and time.monotonic() < deadline:
            time.sleep(0.001)
        assert self.killed, "nobody stopped the writing"


def test_what_the_work_returns_comes_back():
    assert interruptible(lambda stoppable: "done") == "done"


def test_what_the_work_raises_comes_back():
    def fail(stoppable):
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        interruptible(fail)


def test_an_interruption_stops_the_writing_and_waits_for_its_cleaning_up():
    image, steps = FakeImage(), []

    def work(stoppable):
        stoppable(image)
        _thread.interrupt_main()
        image.write()
        time.sleep(0.05)
        steps.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        interruptible(work)
    assert steps == ["cleaned up"]


def test_an_image_that_comes_after_the_interruption_is_stopped_too():
    image = FakeImage()

    def work(stoppable):
        _thread.interrupt_main()
        time.sleep(0.1)  # still reading the photograph
        stoppable(image)
        image.write()

    with pytest.raises(KeyboardInterrupt):
        interruptible(work)
    assert image.killed
