"""The commands together: help, version, and how they end."""

import pytest

from photochrom import __version__


def test_the_version_is_printed(command):
    ended = command("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"photochrom {__version__}\n", "")


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_lists_the_commands(command, words):
    ended = command(*words)
    assert ended.code == 0
    for name in ("colorize", "archive", "serve", "train", "export", "evaluate", "weights", "data", "study"):
        assert name in ended.out


@pytest.mark.parametrize(
    "name",
    [
        "colorize",
        "serve",
        "train",
        "export",
        "evaluate",
        "weights",
        "weights list",
        "weights import",
        "study",
        "study build",
        "study serve",
    ],
)
def test_every_command_explains_itself(command, name):
    ended = command(*name.split(), "--help")
    assert ended.code == 0
    assert f"photochrom {name}" in ended.out


def test_an_unknown_command_is_a_usage_error_in_one_line(command):
    ended = command("colourise")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "photochrom --help" in ended.err


def test_an_interruption_ends_with_130(command, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("photochrom.inference.weights.registry", interrupt)
    assert command("weights", "list").code == 130


def test_the_script_and_the_module_are_the_same_command(cold_command):
    assert cold_command("--version").out == f"photochrom {__version__}\n"
