import json
from dataclasses import replace

import pytest

from photochrom.archive import ArchiveError
from photochrom.archive.run import RECORD, begin
from photochrom.batch import Outputs


def test_a_target_goes_on_with_the_same_choices(planned):
    begin(planned())
    begin(planned())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"temperature": 0.5}, "temperature was the model's and is now 0.5"),
        ({"saturation": 1.2}, "saturation was 1.0 and is now 1.2"),
        ({"device": "cuda"}, "device was cpu and is now cuda"),
    ],
)
def test_other_options_are_refused_with_what_differs(planned, options, change, told):
    begin(planned())
    with pytest.raises(ArchiveError, match=told) as raised:
        begin(planned(chosen=replace(options, **change)))
    assert "a new target for the new choices" in str(raised.value)


def test_another_model_source_form_or_number_of_parts_is_refused(planned, options, point_model, tmp_path):
    begin(planned())
    with pytest.raises(ArchiveError, match="weights was"):
        begin(planned(chosen=replace(options, model=point_model)))
    (tmp_path / "other").mkdir()
    with pytest.raises(ArchiveError, match=r"source was .* and is now .*other"):
        begin(planned(tmp_path / "other"))
    with pytest.raises(ArchiveError, match="form was tree and is now parquet"):
        begin(planned(form="parquet"))
    with pytest.raises(ArchiveError, match="parts was 1 and is now 2"):
        begin(planned(part=(0, 2)))
    with pytest.raises(ArchiveError, match="quality was 90 and is now 80"):
        begin(planned(outputs=Outputs(quality=80)))


def test_what_changes_no_picture_may_change(planned, options):
    begin(planned())
    begin(planned(chosen=replace(options, threads=2, max_megapixels=9.0), at_once=1))


def test_a_mask_counts_by_its_content(planned, options, tmp_path, picture):
    mask = tmp_path / "mask.png"
    mask.write_bytes(picture(1, "PNG"))
    begin(planned(chosen=replace(options, mask=mask)))
    mask.write_bytes(picture(2, "PNG"))
    with pytest.raises(ArchiveError, match="the mask has other content"):
        begin(planned(chosen=replace(options, mask=mask)))


def test_a_folder_with_something_else_in_it_is_no_target(planned, tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine.txt").touch()
    with pytest.raises(ArchiveError, match="not empty"):
        begin(planned())


def test_a_record_of_another_format_is_not_guessed_at(planned, tmp_path):
    begin(planned())
    (tmp_path / "target" / RECORD).write_text(json.dumps({"photochrom": "archive", "format": 2}))
    with pytest.raises(ArchiveError, match="no record of format 1"):
        begin(planned())


def test_places_that_cannot_work_are_refused(planned, scans, tmp_path, picture):
    with pytest.raises(ArchiveError, match="is the source itself"):
        planned(scans, scans)
    (tmp_path / "one.jpg").write_bytes(picture(1))
    with pytest.raises(ArchiveError, match="photochrom colorize"):
        planned(tmp_path / "one.jpg")
    with pytest.raises(ArchiveError, match="is a file"):
        begin(planned(target=tmp_path / "one.jpg"))
    with pytest.raises(ValueError, match="no part 3 of 2"):
        planned(part=(2, 2))
    with pytest.raises(ValueError, match="one picture of each photograph"):
        planned(form="parquet", outputs=Outputs(layer=True))


def test_a_target_inside_the_source_is_left_out_of_it(planned, scans):
    assert planned(scans, scans / "new" / "one").exclude == "new/one"
