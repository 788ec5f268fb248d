"""`make legacy-sheet`, with the tiny networks and photographs made here."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "experiments" / "legacy_sheet.py"


@pytest.fixture(scope="module")
def sheet():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("legacy_sheet", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def make_sheet(sheet, monkeypatch, tiny_model, point_model):
    """make_sheet(folder, out) -> exit status."""

    def run(folder, out):
        words = [SCRIPT, folder, "--old", tiny_model, "--new", point_model, "--out", out]
        monkeypatch.setattr(sys, "argv", [str(word) for word in words])
        return sheet.main()

    return run


@pytest.fixture
def scans(sheet, tmp_path):
    """A folder with the first two of the scans."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in list(sheet.SCANS)[:2]:
        Image.fromarray(np.tile(np.arange(128, dtype=np.uint8), (96, 1))).save(folder / name)
    return folder


def test_the_list_is_24_different_scans(sheet):
    assert len(sheet.SCANS) == 24


def test_every_scan_of_the_list_is_in_the_shared_folder(sheet):
    legacy = SCRIPT.parents[2] / "shared" / "data" / "legacy"
    if not legacy.is_dir():
        pytest.skip(f"{legacy} is not there")
    assert [name for name in sheet.SCANS if not (legacy / name).is_file()] == []


def test_what_is_there_is_shown_in_three_columns_and_what_is_missing_is_told(
    make_sheet, sheet, scans, tmp_path, capsys
):
    assert make_sheet(scans, tmp_path / "out") == 0
    told = capsys.readouterr()
    assert told.err.count("left out: ") == len(sheet.SCANS) - 2
    assert told.out.splitlines() == [str(tmp_path / "out" / "legacy-1.png")]
    with Image.open(told.out.strip()) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    width = pixels.shape[1] // 6  # two photographs, three columns each
    chroma = [np.ptp(pixels[60:, at * width : (at + 1) * width], axis=2).max() for at in range(6)]
    assert chroma[0] == chroma[3] == 0  # the gray
    assert min(chroma[1], chroma[2], chroma[4], chroma[5]) > 10


def test_a_folder_without_any_of_the_scans_is_refused(make_sheet, tmp_path, capsys):
    assert make_sheet(tmp_path, tmp_path / "out") == 2
    assert "has none of the 24 scans" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_sheet_stays_out_of_the_repository(make_sheet, scans, capsys):
    assert make_sheet(scans, SCRIPT.parent / "sheet") == 2
    assert "inside the repository" in capsys.readouterr().err
    assert not (SCRIPT.parent / "sheet").exists()
