"""Make the pictures of the page in this folder: page.webp for a desk and page-phone.webp for a phone.

    python docs/images/page_screenshots.py

It starts `photochrom serve` on a free port, opens the page in Chromium, gives it the cat of `examples/` and leaves the
divider in the middle: half gray, half in color. It needs the extra `serve`, Playwright, and Chromium on the path (or in
PHOTOCHROM_CHROMIUM).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyvips
from playwright.sync_api import Browser, expect, sync_playwright

HERE = Path(__file__).parent
PHOTOGRAPH = HERE.parents[1] / "examples" / "cat.jpg"
VIEWS: dict[str, dict[str, Any]] = {
    "page.webp": {"viewport": {"width": 1280, "height": 800}},
    "page-phone.webp": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


def main() -> None:
    """Write both pictures."""
    program = os.environ.get("PHOTOCHROM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        for name, view in VIEWS.items():
            picture = pyvips.Image.pngload_buffer(screenshot(browser, address, view))
            picture.webpsave(str(HERE / name), Q=88, effort=6, keep="none")
            print(f"{name}: {picture.width} x {picture.height}, {(HERE / name).stat().st_size / 1000:.0f} kB")
        browser.close()


@contextmanager
def server() -> Iterator[str]:
    """The address of a server of its own, which ends with the block."""
    command = [sys.executable, "-m", "photochrom", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]  # photochrom is at http://...
        finally:
            process.terminate()


def screenshot(browser: Browser, address: str, view: dict[str, Any]) -> bytes:
    """A PNG of the page with the photograph in color, when everything about it has come."""
    context = browser.new_context(color_scheme="light", **view)
    page = context.new_page()
    page.goto(address)
    page.set_input_files("#files", str(PHOTOGRAPH))
    expect(page.locator("#controls")).to_be_enabled(timeout=60_000)
    expect(page.locator(".alternative img")).to_have_count(5, timeout=60_000)
    expect(page.locator("#status")).to_have_css("opacity", "0", timeout=60_000)  # what was told has faded
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


if __name__ == "__main__":
    main()
