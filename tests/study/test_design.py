import dataclasses
import json

import pytest

from photochrom.study.design import PAPER, Design
from photochrom.study.errors import StudyError


def test_the_defaults_are_the_papers_protocol():
    assert (PAPER.presentation, PAPER.duration_ms, PAPER.systems_within) == ("succession", 1000, False)
    assert (PAPER.pairs, PAPER.practice, PAPER.vigilance_trials, PAPER.trials) == (40, 10, 4, 50)


def test_a_design_survives_the_way_through_json():
    design = Design(presentation="single", duration_ms=None, systems_within=True, pairs=12, tolerance_ms=20)
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design


@pytest.mark.parametrize(
    "change",
    [
        {"presentation": "slideshow"},
        {"duration_ms": 3},
        {"pairs": 0},
        {"practice": -1},
        {"vigilance": 0.9},
        {"blank_ms": -1},
        {"pixels": 8},
        {"pairs": 1, "vigilance": 0.51},
    ],
)
def test_a_design_that_cannot_be_is_refused(change):
    with pytest.raises(StudyError):
        dataclasses.replace(PAPER, **change)


@pytest.mark.parametrize(
    "change", [{"pairs": "40"}, {"pairs": True}, {"pairs": 4.5}, {"phones": 1}, {"duration_ms": "fast"}, {"colour": 1}]
)
def test_json_of_another_form_is_refused_by_name(change):
    with pytest.raises(StudyError, match=next(iter(change))):
        Design.from_json(PAPER.to_json() | change)


def test_a_missing_field_is_refused_by_name():
    content = PAPER.to_json()
    del content["practice"]
    with pytest.raises(StudyError, match="lacks practice"):
        Design.from_json(content)
    with pytest.raises(StudyError, match="JSON object"):
        Design.from_json([1])
