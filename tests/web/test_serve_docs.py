"""Every command of docs/serve.md that asks the server, run against one."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "serve.md"
ADDRESS = "http://127.0.0.1:8000/"
BLOCKS = re.findall(r"^```([a-z ]+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, examples):
    """A folder from which the page's commands work."""
    (tmp_path / "examples").symlink_to(examples)
    return tmp_path


def commands(kind):
    return [block for found, block in BLOCKS if found == kind]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", commands("console curl"))
def test_the_lines_with_curl_work_one_after_the_other(folder, page_address, block):
    lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    assert lines
    script = "\n".join(["set -e", *lines]).replace(ADDRESS, page_address)
    ended = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    for name, format in (("cat.color.jpg", "JPEG"), ("cat.color.png", "PNG"), ("warm.jpg", "JPEG")):
        if name in script:
            assert Image.open(folder / name).format == format
    if "events" in script:
        assert "event: ended" in ended.stdout
        assert len(zipfile.ZipFile(folder / "result.zip").namelist()) == 2
    if "cat.json" in script:
        assert json.loads((folder / "cat.json").read_text())["media_type"] == "image/jpeg"


@pytest.mark.parametrize("block", commands("python"))
def test_the_python_examples_run_as_they_stand(folder, page_address, block):
    code = block.replace(ADDRESS, page_address).replace(ADDRESS.rstrip("/"), page_address.rstrip("/"))
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=120, env=dict(os.environ))
    if "cat.color.png" in block:
        assert Image.open(folder / "cat.color.png").format == "PNG"


def test_the_page_states_the_limits_that_hold():
    from photochrom.web import Settings

    text, settings = PAGE.read_text(encoding="utf-8"), Settings()
    assert f"| {settings.upload_megabytes:g} MB | `--max-upload`" in text
    assert f"| {settings.max_megapixels:g} megapixels | `--max-megapixels`" in text
    assert f"| {settings.queue} | `--queue`" in text
    assert f"| {settings.seconds:g} | `--seconds`" in text
    assert f"| {settings.memory_megabytes:g} MB | `--memory`" in text
    assert f"| {settings.job_photographs}, {settings.jobs} |" in text
    assert f"until an upload must be complete | {settings.upload_seconds:g} |" in text
    assert f"for up to {settings.grace_seconds:g} seconds" in text
