"""Make the pictures of a study in this folder: its pages, and the report of simulated participants.

    python docs/images/study_screenshots.py

It builds a study of `examples/` in a temporary folder, goes through it once in Chromium at desk and at phone width,
lets 24 simulated people take part, and takes the top of their report. It needs the extra `study`, Playwright, and
Chromium on the path (or in PHOTOCHROM_CHROMIUM).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyvips
from playwright.sync_api import Browser, Page, sync_playwright

from photochrom.study import Design, SimulatedPeople, Study, analyze, build, simulate_records, write_report
from photochrom.study.serving import served
from photochrom.study.settings import ServerSettings

HERE = Path(__file__).parent
DESIGN = Design(pairs=4, practice=2, vigilance=0.25, phones=True)
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1000, "height": 700}},
    "phone": {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True},
}
REPORT = {"viewport": {"width": 1000, "height": 1150}}


def main() -> None:
    """Write study.webp, study-phone.webp and study-report.webp."""
    program = os.environ.get("PHOTOCHROM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        study, _ = build(HERE.parents[1] / "examples", ["lite"], Path(folder) / "study", design=DESIGN, seed=1)
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        with served(study, ServerSettings(), database=f"{folder}/answers.sqlite") as address:
            save("study.webp", visit(browser, address, study, VIEWS["desk"]), across=2)
            save("study-phone.webp", visit(browser, address, study, VIEWS["phone"]), across=4)
        page = browser.new_page(**REPORT)
        page.goto(report(study, Path(folder) / "report").as_uri())
        save("study-report.webp", [page.screenshot()], across=1)
        browser.close()


def visit(browser: Browser, address: str, study: Study, view: dict[str, Any]) -> list[bytes]:
    """PNGs of the instructions, a color plate, a picture and the question, in the way of a participant."""
    context = browser.new_context(**view)
    page = context.new_page()
    page.goto(address)
    page.check("#agree")
    page.click("#start")
    page.wait_for_selector("#understood")
    pictures = [page.screenshot()]
    page.click("#understood")
    page.select_option("#gray-count", "11")
    page.click("#screen-done")
    for number, plate in enumerate(study.plates, start=1):
        page.wait_for_function(
            "start => document.getElementById('plate-count').textContent.startsWith(start)", arg=f"Plate {number} "
        )
        if number == 2:
            pictures.append(page.screenshot())
        page.get_by_role("button", name=plate.digit, exact=True).click()
    page.click("#pause-done")
    pictures += [seen(page, "canvas.shown"), seen(page, ".choices")]
    context.close()
    return pictures


def seen(page: Page, selector: str) -> bytes:
    """A PNG once something is on the page."""
    page.wait_for_selector(selector)
    return page.screenshot()


def report(study: Study, folder: Path) -> Path:
    """The page about 24 simulated participants."""
    records, participants = simulate_records(SimulatedPeople({"lite": 0.32}), study, 24, seed=1)
    return write_report(analyze(study, records, participants), study, records, participants, folder)


def save(name: str, pictures: list[bytes], *, across: int) -> None:
    """One picture of several, side by side."""
    sheets = [pyvips.Image.pngload_buffer(picture) for picture in pictures]
    sheet = pyvips.Image.arrayjoin(sheets, across=across, shim=12, background=[255, 255, 255])
    sheet.webpsave(str(HERE / name), Q=86, effort=6, keep="none")
    print(f"{name}: {sheet.width} x {sheet.height}, {(HERE / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
