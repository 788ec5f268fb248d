"""Public names are a promise: taking one away, or adding one, shows here."""

import importlib
import re
from importlib.metadata import version

import pytest

import photochrom

NAMES = {
    "photochrom": (
        "ColorizedPhoto Colorizer Hint Options PhotoError PredictedPhoto Predictor WeightsError __version__ colorize "
        "read_hints"
    ),
    "photochrom.inference": (
        "ColorizedPhoto Colorizer Hint ModelCard Options PredictedPhoto Prediction Predictor Weights WeightsError "
        "colorize find_weights read_hints registry"
    ),
    "photochrom.study": (
        "Design Exclusions PAPER ParticipantRecord SimulatedPeople Study StudyError StudyReport Trial TrialRecord "
        "analyze build simulate_records trials_of write_report"
    ),
    "photochrom.archive": "ArchiveError ColorizeBatch Limits Resources Run Summary colorize_archive plan_run",
    "photochrom.cli": "main run",
}


@pytest.mark.parametrize("module", NAMES)
def test_a_module_offers_exactly_its_promised_names(module):
    assert sorted(importlib.import_module(module).__all__) == NAMES[module].split()


@pytest.mark.parametrize("module", ["photochrom", "photochrom.inference", "photochrom.photos", "photochrom.cli"])
def test_every_listed_name_is_there_and_says_what_it_is(module):
    room = importlib.import_module(module)
    for name in room.__all__:
        assert name == "__version__" or getattr(room, name).__doc__
        assert name in dir(room)


def test_the_version_is_the_installed_one():
    assert photochrom.__version__ == version("photochrom")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", photochrom.__version__)


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(AttributeError, match="colorize"):
        _ = photochrom.colourise
