"""The way of somebody who uses the page for the first time: install, start, open, color; each step timed.

    python benchmarks/first_time.py [--photograph examples/cat.jpg]

A new virtual environment gets `pip install '.[serve]'` from a copy of this repository, in pip's own way: what pip has
in its cache is left aside. `photochrom serve` is started from there, Chromium opens the page, gives it a photograph and
waits until it is shown in color. Playwright and Chromium are taken from the environment that runs this script: they are
the user's browser.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).parent
LEFT_OUT = shutil.ignore_patterns(
    ".*", "runs", "build", "*-output", "__pycache__"
)  # of the copy: no part of a checkout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photograph", type=Path, default=HERE.parent / "examples" / "cat.jpg")
    photograph = parser.parse_args().photograph
    print(
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load average {os.getloadavg()[0]:.1f} at the start\n"
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, new_page() as page:
        folder = Path(name)
        shutil.copytree(HERE.parent, folder / "photochrom", ignore=LEFT_OUT)
        scripts = folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin")
        with step("python -m venv"):
            subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
        with step("pip install '.[serve]'"):
            install = [scripts / "python", "-m", "pip", "install", "--quiet", "--no-cache-dir", ".[serve]"]
            subprocess.run(install, cwd=folder / "photochrom", check=True)
        command = [scripts / "photochrom", "serve", "--port", "0"]
        with step("photochrom serve, until it tells its address"):
            server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
        try:
            with step("the page opens"):
                page.goto(address)
                expect(page.get_by_role("button", name="Choose photographs")).to_be_visible()
            with step("the photograph is in color"):
                page.set_input_files("#files", str(photograph))
                expect(page.locator("#controls")).to_be_enabled(timeout=60_000)
                expect(page.locator("#after")).to_be_visible()
        finally:
            server.terminate()
            server.wait()
    print(f"{time.perf_counter() - start:6.1f} s  in all")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print how long something took."""
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:6.1f} s  {name}", flush=True)


@contextmanager
def new_page() -> Iterator[Page]:
    """A page in Chromium without a window."""
    program = os.environ.get("PHOTOCHROM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        yield browser.new_page()
        browser.close()


if __name__ == "__main__":
    main()
