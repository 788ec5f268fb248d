import json
import shutil

import pytest

from photochrom.study.errors import StudyError
from photochrom.study.manifest import MANIFEST, Study


@pytest.fixture
def copy(small_study, tmp_path):
    return shutil.copytree(small_study.folder, tmp_path / "copy")


def changed(folder, **values):
    place = folder / MANIFEST
    place.write_text(json.dumps(json.loads(place.read_text()) | values))
    return folder


def test_a_study_is_read_back_as_it_was_written(small_study):
    again = Study.read(small_study.folder)
    assert again == small_study
    assert again.photograph("photograph-03").width == 48
    with pytest.raises(KeyError):
        again.photograph("nobody")


def test_a_picture_that_was_changed_is_refused(copy):
    picture = next((copy / "pictures").iterdir())
    picture.write_bytes(picture.read_bytes() + b"x")
    with pytest.raises(StudyError, match="its content was changed"):
        Study.read(copy)


def test_a_picture_that_is_gone_is_refused(copy):
    next((copy / "plates").iterdir()).unlink()
    with pytest.raises(StudyError, match="cannot be read"):
        Study.read(copy)


@pytest.mark.parametrize(
    "values",
    [
        {"format": 2},
        {"photochrom": "run"},
        {"systems": []},
        {"seed": -1},
        {"seed": True},
        {"photographs": {}},
        {"plates": [{"kind": "control", "digit": "1", "sha256": "../../secret"}]},
        {"photographs": [{"name": "a", "width": 1, "height": 1, "sha256s": {"truth": 3}}]},
        {"surprise": 1},
    ],
)
def test_a_manifest_of_another_form_is_refused(copy, values):
    with pytest.raises(StudyError):
        Study.read(changed(copy, **values))


def test_what_is_no_study_is_refused(tmp_path):
    with pytest.raises(StudyError, match="is no study"):
        Study.read(tmp_path)
    (tmp_path / MANIFEST).write_bytes(b"\xff{")
    with pytest.raises(StudyError, match="not JSON"):
        Study.read(tmp_path)


def test_fewer_photographs_than_trials_are_refused(copy):
    photographs = json.loads((copy / MANIFEST).read_text())["photographs"]
    with pytest.raises(StudyError, match="need 6 photographs, got 5"):
        Study.read(changed(copy, photographs=photographs[:5]))
