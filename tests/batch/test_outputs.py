from dataclasses import replace
from pathlib import Path

import pytest

from photochrom.batch.outputs import Outputs, choices_sha256, targets_for
from photochrom.batch.work import Work
from photochrom.inference import Hint, Options

SCAN = Work("scans/1920/old.jpg", "1920/old.jpg", "scans")


def test_folders_are_mirrored_and_without_a_place_results_lie_beside():
    assert targets_for(SCAN, Outputs(Path("new"))).picture == Path("new/1920/old.color.jpg")
    assert targets_for(SCAN, Outputs()).picture == Path("scans/1920/old.color.jpg")
    assert targets_for(Work("http://x/a.jpg", "a.jpg", None, "url"), Outputs()).picture == Path("a.color.jpg")


def test_every_further_file_has_a_name_of_its_own():
    targets = targets_for(SCAN, Outputs(Path("new"), layer=True, samples=2, uncertainty=Path("maps")))
    assert [path.as_posix() for path in targets.extras] == [
        "new/1920/old.color-1.jpg",
        "new/1920/old.color-2.jpg",
        "new/1920/old.layer.png",
        "maps/1920/old.uncertainty.png",
    ]


def test_a_named_file_gives_its_name_to_what_lies_beside():
    targets = targets_for(SCAN, Outputs(Path("fine.webp"), layer=True, samples=1, uncertainty=Path("map.png")))
    assert [str(path) for path in (targets.picture, *targets.extras)] == [
        "fine.webp",
        "fine-1.webp",
        "fine.layer.png",
        "map.png",
    ]


def test_the_extension_of_an_address_without_one_waits_for_the_photograph():
    work = Work("https://example.org/photo?id=3", "photo", None, "url")
    assert targets_for(work, Outputs(Path("new"))).pending
    targets = targets_for(work, Outputs(Path("new"), samples=1), extension=".jpg")
    assert not targets.pending
    assert [path.name for path in (targets.picture, *targets.extras)] == ["photo.color.jpg", "photo.color-1.jpg"]


def test_the_number_of_the_choices_changes_with_each_that_changes_a_result(tmp_path):
    mask = tmp_path / "mask.png"
    mask.write_bytes(b"one")
    options, outputs = Options(), Outputs()
    numbers = {choices_sha256(options, outputs, "w")}
    changed = [
        {"temperature": 0.5},
        {"working_size": 384},
        {"saturation": 1.5},
        {"white_balance": "auto"},
        {"hints": (Hint.parse("1,2,#a03020"),)},
        {"mask": mask},
        {"seed": 1},
        {"keep_color": True},
        {"provenance": False},
        {"mark": True},
    ]
    numbers |= {choices_sha256(replace(options, **change), outputs, "w") for change in changed}
    written = [{"side_by_side": True}, {"layer": True}, {"samples": 1}, {"uncertainty": Path("m")}, {"quality": 80}]
    numbers |= {choices_sha256(options, replace(outputs, **change), "w") for change in written}
    numbers.add(choices_sha256(options, outputs, "other weights"))
    mask.write_bytes(b"two")
    numbers.add(choices_sha256(replace(options, mask=mask), outputs, "w"))
    assert len(numbers) == len(changed) + len(written) + 3


def test_the_number_of_the_choices_stays_with_what_changes_no_result():
    before = choices_sha256(Options(), Outputs(), "w")
    options = Options(model="the/same/elsewhere.onnx", threads=1, device="cpu", max_megapixels=10)
    assert choices_sha256(options, Outputs(Path("new"), to_stdout=True), "w") == before


@pytest.mark.parametrize("wrong", [{"samples": -1}, {"samples": 65}, {"quality": 0}, {"quality": 101}])
def test_a_value_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Outputs(**wrong)
