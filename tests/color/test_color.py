"""What holds for the room as a whole."""

import doctest
import importlib
import subprocess
import sys

import pytest

MODULES = ["lab", "ab_bins", "distribution", "gamut", "upsample"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"photochrom.color.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_importing_the_room_brings_in_numpy_alone_and_builds_nothing():
    program = (
        "import sys, "
        + ", ".join(f"photochrom.color.{name}" for name in MODULES)
        + "\nforeign = {'torch', 'pyvips', 'onnxruntime', 'scipy', 'PIL', 'cv2', 'rich', 'typer'} & set(sys.modules)"
        "\nfrom photochrom.color import ab_bins, lab"
        "\ntables = ab_bins.ab_bins.cache_info().currsize + lab._linear_table.cache_info().currsize"
        "\nprint(sorted(foreign), tables)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[] 0"
