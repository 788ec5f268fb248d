"""The human column takes real studies alone."""

import json

import pytest

from photochrom.evaluation.human import HumanResultsError, read_human
from photochrom.evaluation.report import Estimate


@pytest.fixture
def results(tmp_path):
    """results(content) writes a file and returns its path."""

    def write(content):
        path = tmp_path / "results.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def test_rates_come_with_their_intervals(results):
    systems = {"lite": {"rate": 31.2, "low": 27.9, "high": 34.6}, "full": {"rate": 50}}
    found = read_human(results({"simulated": False, "systems": systems}))
    assert found == {"lite": Estimate(31.2, 27.9, 34.6), "full": Estimate(50.0)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"simulated": True, "systems": {"lite": {"rate": 30}}}, "simulated participants"),
        ({"systems": {"lite": {"rate": 30}}}, "does not say that its participants are people"),
        ({"simulated": False}, "no `systems`"),
        ({"simulated": False, "systems": {"lite": {"low": 30}}}, "'lite' needs a rate"),
        ({"simulated": False, "systems": {"lite": {"rate": 130}}}, "'lite' needs a rate"),
        ({"simulated": False, "systems": {"lite": {"rate": 30, "low": 31}}}, "'lite' needs a rate"),
        ({"simulated": False, "systems": {"lite": {"rate": "30"}}}, "'lite' needs a rate"),
        ({"simulated": False, "systems": {"lite": 30}}, "'lite' needs a rate"),
        ([], "no `systems`"),
        ("{", "not JSON"),
    ],
)
def test_what_is_no_real_study_is_refused_in_one_line(results, content, says):
    with pytest.raises(HumanResultsError, match=says) as refused:
        read_human(results(content))
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(HumanResultsError, match="cannot be read"):
        read_human(tmp_path / "gone.json")
