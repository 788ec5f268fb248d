"""One process: what only the first does, and what all agree on. Two processes are tested with the whole loop."""

import dataclasses

import pytest
from lightning_fabric import Fabric

from photochrom.training.devices import Agreement, on_first
from photochrom.training.recipes import smoke
from photochrom.training.settings import SettingsError
from photochrom.training.train import train


class SecondProcess:
    """Stands for the Fabric of a process that is not the first, of two."""

    is_global_zero = False

    def __init__(self, first_failed):
        self.first_failed = first_failed

    def broadcast(self, value):
        return self.first_failed


def test_the_first_process_acts_and_tells_its_errors():
    fabric, done = Fabric(accelerator="cpu", devices=1), []
    on_first(fabric, lambda: done.append(1))
    assert done == [1]
    with pytest.raises(LookupError, match="nothing there"):
        on_first(fabric, lambda: {}["nothing there"])


def test_the_others_do_nothing_and_end_when_the_first_failed():
    done = []
    on_first(SecondProcess(first_failed=False), lambda: done.append(1))
    with pytest.raises(SystemExit) as ended:
        on_first(SecondProcess(first_failed=True), lambda: done.append(1))
    assert ended.value.code == 1
    assert done == []


def test_alone_there_is_nothing_to_agree_on():
    assert Agreement(Fabric(accelerator="cpu", devices=1)).largest(3.5, 15.0) == (3.5, 15.0)


@pytest.mark.parametrize(
    ("changes", "more", "says"),
    [
        ({"batch": 5}, {"devices": 2}, "batch=5 cannot be shared by 2 processes; try batch=4"),
        ({}, {"accelerator": "gpu"}, "auto, cpu, cuda"),
        ({}, {"devices": 0}, "devices=0"),
    ],
)
def test_devices_that_cannot_be_are_refused(changes, more, says, photographs, tmp_path):
    with pytest.raises(SettingsError, match=says):
        train(dataclasses.replace(smoke(), **changes), data=[photographs], out=tmp_path / "run", **more)


def test_processes_started_by_others_must_be_asked_for(photographs, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(SettingsError, match="4 processes were started for 1"):
        train(smoke(), data=[photographs], out=tmp_path / "run")
