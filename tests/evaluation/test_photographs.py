"""Squares on disk: the same pixels, every photograph that was left out named, and the disk used twice."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image
from skimage.color import rgb2lab

from photochrom.evaluation.photographs import GRAY_CHROMA, open_photographs
from photochrom.evaluation.settings import EvaluationError, Settings

SMALL = Settings(size=32)


@pytest.fixture
def folder(tmp_path):
    """Six photographs: five at 32x32, one of them gray, and a wide one; and a file that is none."""
    random = np.random.default_rng(0)
    place = tmp_path / "photographs"
    place.mkdir()
    for index in range(4):
        Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(place / f"{index}.png")
    gray = random.integers(0, 256, (32, 32, 1), dtype=np.uint8)
    Image.fromarray(np.repeat(gray, 3, axis=2)).save(place / "gray.png")
    Image.fromarray(random.integers(0, 256, (64, 128, 3), dtype=np.uint8)).save(place / "wide.png")
    (place / "broken.jpg").write_text("no photograph")
    return place


def test_a_photograph_of_the_right_size_keeps_its_very_pixels(folder, tmp_path):
    photographs = open_photographs(folder, tmp_path / "work", SMALL)
    for index, entry in enumerate(photographs.entries):
        if entry.name != "wide.png":
            with Image.open(folder / entry.name) as picture:
                np.testing.assert_array_equal(photographs.square(index), np.asarray(picture))


def test_another_is_taken_as_its_middle_square(folder, tmp_path):
    photographs = open_photographs(folder, tmp_path / "work", SMALL)
    index = [entry.name for entry in photographs.entries].index("wide.png")
    assert (photographs.entries[index].width, photographs.entries[index].height) == (128, 64)
    with Image.open(folder / "wide.png") as picture:
        middle = picture.crop((32, 0, 96, 64)).resize((32, 32), Image.Resampling.BILINEAR)
    # Two filters of the same kind, rounded apart.
    assert np.abs(photographs.square(index).astype(int) - np.asarray(middle)).max() <= 2


def test_chroma_and_mean_color_are_those_of_scikit_image(folder, tmp_path):
    photographs = open_photographs(folder, tmp_path / "work", SMALL)
    ab = np.stack([rgb2lab(photographs.square(index))[..., 1:] for index in range(len(photographs))])
    found = [entry.chroma for entry in photographs.entries]
    np.testing.assert_allclose(found, np.hypot(ab[..., 0], ab[..., 1]).mean(axis=(1, 2)), atol=0.01)
    np.testing.assert_allclose(photographs.mean_ab(), ab.mean(axis=(0, 1, 2)), atol=0.01)


def test_what_is_no_photograph_is_left_out_and_named(folder, tmp_path):
    photographs = open_photographs(folder, tmp_path / "work", SMALL)
    [skipped] = photographs.skipped
    assert skipped.name == "broken.jpg"
    assert "no photograph" in skipped.reason
    assert len(photographs) == 6


def test_gray_photographs_are_named_and_left_out_when_asked(folder, tmp_path):
    assert open_photographs(folder, tmp_path / "work", SMALL).gray == ["gray.png"]
    without = open_photographs(folder, tmp_path / "work", Settings(size=32, without_gray=True))
    assert without.gray == []
    assert [one.name for one in without.skipped] == ["broken.jpg", "gray.png"]
    assert all(entry.chroma >= GRAY_CHROMA for entry in without.entries)


def test_the_limit_takes_the_first_ones_and_says_nothing_of_the_rest(folder, tmp_path):
    photographs = open_photographs(folder, tmp_path / "work", Settings(size=32, limit=2))
    assert [entry.name for entry in photographs.entries] == ["0.png", "1.png"]
    assert photographs.skipped == []


def test_unchanged_files_are_not_read_again_and_changed_ones_are(folder, tmp_path):
    first = open_photographs(folder, tmp_path / "work", SMALL)
    stamp = (first.folder / "squares.raw").stat().st_mtime_ns
    second = open_photographs(folder, tmp_path / "work", SMALL)
    assert (second.folder / "squares.raw").stat().st_mtime_ns == stamp
    assert second.sha256 == first.sha256
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / "0.png")
    third = open_photographs(folder, tmp_path / "work", SMALL)
    assert third.sha256 != first.sha256
    assert not third.square(0).any()


def test_threads_read_squares_at_once_even_when_another_evaluation_has_removed_them(folder, tmp_path):
    mine, others = (open_photographs(folder, tmp_path / "work", SMALL) for _ in range(2))
    alone = [mine.square(index) for index in range(6)]
    others.discard()
    assert not mine.folder.exists()
    order = np.random.default_rng(0).integers(0, 6, 300).tolist()
    with ThreadPoolExecutor(4) as pool:
        for index, square in zip(order, pool.map(mine.square, order), strict=True):
            np.testing.assert_array_equal(square, alone[index])


def test_photographs_of_a_license_or_a_source_are_left_out(tmp_path):
    file = io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), (200, 30, 30), np.uint8)).save(file, "PNG")
    images = [{"bytes": file.getvalue(), "path": name} for name in ("a.png", "b.png")]
    columns = {"license": ["ImageNet: research only", "CC0"], "source": ["me/photographs", "you/imagewoof"]}
    parquet.write_table(pa.table({"image": images, **columns}), tmp_path / "x.parquet")
    photographs = open_photographs(tmp_path / "x.parquet", tmp_path, Settings(size=32, without=("ImageNet",)))
    assert [entry.name for entry in photographs.entries] == ["b.png"]
    assert [(one.name, one.reason) for one in photographs.skipped] == [("a.png", "license: ImageNet: research only")]
    words = ("source=imagenette", "source=imagewoof")
    photographs = open_photographs(tmp_path / "x.parquet", tmp_path, Settings(size=32, without=words))
    assert [entry.name for entry in photographs.entries] == ["a.png"]
    assert [(one.name, one.reason) for one in photographs.skipped] == [("b.png", "source: you/imagewoof")]


def test_licenses_that_nobody_states_cannot_be_left_out(folder, tmp_path):
    with pytest.raises(EvaluationError, match="no column `license`"):
        open_photographs(folder, tmp_path / "work", Settings(size=32, without=("ImageNet",)))


def test_a_source_of_broken_files_alone_is_refused_with_an_example(tmp_path):
    (tmp_path / "broken.jpg").write_text("no photograph")
    with pytest.raises(EvaluationError, match=r"no photograph to measure.*broken\.jpg"):
        open_photographs(tmp_path, tmp_path / "work", SMALL)
