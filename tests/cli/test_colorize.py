"""`photochrom colorize`: where results go, and what is printed."""

import json

import numpy as np
import pytest
from PIL import Image

from photochrom.color.lab import rgb_to_lightness


def test_the_result_lies_beside_the_photograph_under_a_name_of_its_own(color, gray_photo, files_in):
    photo = gray_photo
    original = photo.read_bytes()
    ended = color(photo)
    result = photo.with_name("old.color.jpg")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{photo} -> {result}\n"
    assert sorted(files_in(photo.parent)) == ["old.color.jpg", "old.jpg"]
    assert photo.read_bytes() == original
    picture = np.asarray(Image.open(result)).astype(int)
    assert picture.shape == (128, 128, 3)
    assert np.abs(picture[..., 0] - picture[..., 2]).max() > 20  # it has color


def test_a_lossless_result_keeps_the_lightness(color, astronaut, tmp_path):
    path = tmp_path / "old.png"
    Image.fromarray(astronaut).save(path)
    assert color(path).code == 0
    colored = np.asarray(Image.open(tmp_path / "old.color.png"))
    assert np.abs(rgb_to_lightness(colored) - rgb_to_lightness(astronaut)).max() <= 1


def test_a_folder_that_is_not_there_is_made_for_the_results(color, photo, tmp_path, files_in):
    assert color(photo, "-o", tmp_path / "new" / "results").code == 0
    assert sorted(files_in(tmp_path / "new")) == ["results/old.color.jpg"]


def test_a_file_name_chooses_the_format(color, photo, tmp_path):
    assert color(photo, "-o", tmp_path / "new.webp").code == 0
    assert Image.open(tmp_path / "new.webp").format == "WEBP"


def test_a_format_that_is_only_read_becomes_png(color, astronaut, tmp_path):
    Image.fromarray(astronaut).convert("P").save(tmp_path / "old.gif")
    assert color(tmp_path / "old.gif").code == 0
    assert Image.open(tmp_path / "old.color.png").format == "PNG"


def test_temperature_changes_the_color(color, photo, tmp_path):
    def chroma(name):
        picture = np.asarray(Image.open(tmp_path / name)).astype(int)
        return (picture.max(axis=2) - picture.min(axis=2)).mean()

    assert color(photo, "-o", tmp_path / "calm.png", "--temperature", 1).code == 0
    assert color(photo, "-o", tmp_path / "vivid.png", "-t", 0.1).code == 0
    assert chroma("calm.png") < chroma("vivid.png")


def test_side_by_side_shows_both(color, photo):
    assert color(photo, "--side-by-side").code == 0
    both = Image.open(photo.with_name("old.before-after.jpg"))
    assert both.height == 128
    assert both.width >= 256


def test_quality_changes_the_size_of_the_file(color, photo, tmp_path):
    for quality in (20, 95):
        assert color(photo, "-o", tmp_path / f"{quality}.jpg", "--quality", quality).code == 0
    assert (tmp_path / "20.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size


def test_json_is_one_document_about_every_photograph(color, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photograph")
    ended = color(photo, bad, "--json")
    assert ended.code == 1
    good, failed = json.loads(ended.out)["photos"]
    assert good["source"] == str(photo)
    assert good["target"] == str(photo.with_name("old.color.jpg"))
    assert (good["width"], good["height"], good["error"]) == (128, 128, None)
    assert good["seconds"] > 0
    assert failed["target"] is None
    assert failed["error"] in ended.err


def test_one_bad_photograph_does_not_stop_the_others(color, gray_photo, tmp_path):
    second = tmp_path / "album" / "second.jpg"
    second.write_bytes(gray_photo.read_bytes())
    ended = color(gray_photo, tmp_path / "gone.jpg", second)
    assert ended.code == 1
    assert ended.out.count("->") == 2
    assert ended.err.count("\n") == 1
    assert str(tmp_path / "gone.jpg") in ended.err


def test_a_result_that_is_there_is_kept_unless_forced(color, photo, files_in):
    assert color(photo, "--temperature", 1).code == 0
    before = files_in(photo.parent)
    ended = color(photo)
    assert ended.code == 1
    assert "--force" in ended.err
    assert files_in(photo.parent) == before
    assert color(photo, "--force").code == 0
    assert files_in(photo.parent) != before


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("way", ["itself", "symlink", "hard link"])
def test_an_original_is_never_written_to(color, photo, way, force, files_in):
    target = photo if way == "itself" else photo.with_name("other.jpg")
    if way == "symlink":
        target.symlink_to(photo)
    elif way == "hard link":
        target.hardlink_to(photo)
    before = files_in(photo.parent)
    ended = color(photo, "-o", target, *force)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert files_in(photo.parent) == before


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_photographs_of_one_name_do_not_overwrite_each_others_result(color, photo, astronaut, tmp_path, force):
    other = tmp_path / "other" / "old.jpg"
    other.parent.mkdir()
    Image.fromarray(astronaut[::-1]).save(other)
    alone = tmp_path / "alone.jpg"
    color(photo, "-o", alone)
    ended = color(photo, other, "-o", tmp_path / "results", *force)
    assert ended.code == 1
    assert str(other) in ended.err
    assert (tmp_path / "results" / "old.color.jpg").read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_result_never_replaces_another_photograph_of_the_same_run(color, photo, astronaut, force):
    other = photo.with_name("old.color.jpg")
    Image.fromarray(astronaut[::-1]).save(other)
    original = other.read_bytes()
    ended = color(photo, other, *force)
    assert ended.code == 1
    assert f"{photo}: " in ended.err
    assert other.read_bytes() == original
    assert photo.with_name("old.color.color.jpg").exists()
