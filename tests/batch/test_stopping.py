from threading import Event, Thread

import pytest
import pyvips

from photochrom.batch.stopping import Stop, Stopped


def test_a_picture_that_is_being_written_ends():
    stop, started = Stop(), Event()
    image = pyvips.Image.gaussnoise(4000, 400_000)  # hours of work
    errors = []

    def write():
        try:
            with stop.watching(image):
                started.set()
                image.avg()
        except Stopped as error:
            errors.append(error)

    thread = Thread(target=write)
    thread.start()
    assert started.wait(10)
    while thread.is_alive():
        stop.ask()
        thread.join(0.01)
    assert len(errors) == 1


def test_after_a_stop_nothing_is_begun():
    stop = Stop()
    stop.check()
    stop.ask()
    with pytest.raises(Stopped):
        stop.check()
    with pytest.raises(Stopped), stop.watching(pyvips.Image.black(10, 10)):
        pytest.fail("begun")


def test_without_a_stop_an_error_is_its_own():
    with pytest.raises(ZeroDivisionError), Stop().watching(pyvips.Image.black(10, 10)):
        raise ZeroDivisionError


def test_several_pictures_are_watched_at_once():
    stop, images = Stop(), [pyvips.Image.black(10, 10) for _ in range(3)]
    with stop.watching(images[0]), stop.watching(images[1]), stop.watching(images[2]):
        pass
    stop.check()
