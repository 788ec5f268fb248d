import re

import pytest
import typer
from typer.testing import CliRunner

from photochrom.cli.colorize import colorize
from photochrom.cli.panels import PanelCommand


@pytest.fixture(scope="module")
def help_text():
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(cls=PanelCommand)(colorize)
    return CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).stdout


def test_the_options_stand_under_their_panels(help_text):
    titles = [line.rstrip(":") for line in help_text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Arguments", "Results", "Color", "Many photographs", "Running", "Options"]
    many = next(section for section in help_text.split("\n\n") if section.startswith("Many photographs:"))
    assert all(name in many for name in ("--resume", "--dry-run", "--jobs", "--report"))
    assert "--temperature" not in many


def test_every_option_is_explained_once(help_text):
    options = re.findall(r"^  (?:-\w, )?(--[\w-]+)", help_text, re.MULTILINE)
    assert len(options) == len(set(options)) >= 26
    assert "--output" in options
