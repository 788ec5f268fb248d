"""What a fresh interpreter loads: the promise behind a quick start."""

import subprocess
import sys

import pytest


def loaded(code, *suspects):
    """Which of these modules are in sys.modules after the code has run in a fresh interpreter."""
    report = f"{code}\nimport sys\nprint('loaded:', *(name for name in {suspects!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(result.stdout.rpartition("loaded:")[2].split())


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import photochrom", "numpy", "pyvips", "onnxruntime", "torch", "rich", "typer", "PIL") == set()


@pytest.mark.parametrize("room", ["color", "photos", "inference", "cli"])
def test_the_product_never_loads_torch_nor_the_runtime_before_it_is_needed(room):
    assert loaded(f"import photochrom.{room}", "torch", "onnxruntime", "PIL", "cv2", "matplotlib") == set()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["colorize", "--help"], ["train", "--help"]])
def test_asking_for_help_loads_neither_networks_nor_pictures(words):
    code = f"from photochrom.cli import main\nassert main({words!r}) == 0"
    assert loaded(code, "torch", "onnxruntime", "numpy", "pyvips", "rich") == set()


def test_importing_sets_up_no_logging_and_leaves_the_environment_alone():
    code = """
import logging, os
before = dict(os.environ), list(logging.root.handlers), logging.root.level
import photochrom.inference, photochrom.photos, photochrom.cli
assert before == (dict(os.environ), list(logging.root.handlers), logging.root.level)
"""
    assert loaded(code) == set()
