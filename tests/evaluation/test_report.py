"""A report survives its JSON file."""

import json

import pytest

from photochrom.evaluation.report import Report


def test_a_report_that_was_saved_is_the_same_when_it_is_read(synthetic_report, tmp_path):
    synthetic_report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == synthetic_report


def test_the_file_is_plain_json(synthetic_report):
    assert json.loads(synthetic_report.to_json())["rows"][0]["name"] == synthetic_report.rows[0].name


@pytest.mark.parametrize("text", ["{", "[]", '{"rows": []}', '{"rows": 3, "data": {}, "settings": {}, "versions": {}}'])
def test_another_text_is_refused(text):
    with pytest.raises(ValueError, match="no report"):
        Report.from_json(text)


def test_a_row_is_found_by_its_name(synthetic_report):
    assert synthetic_report.row("gray").kind == "gray"
    with pytest.raises(KeyError):
        synthetic_report.row("grey")
