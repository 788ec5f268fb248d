"""Take pictures of an evaluation's page in Chromium: desktop and phone width, light and dark, and on paper.

photochrom evaluate examples --model lite --model lite-class --out REPORT
python docs/images/report_screenshots.py REPORT/report.html [FOLDER] [--chromium PATH] [--height PIXELS] [--pdf]

Those that the documents show were cut with --height 1500, and are of the eight photographs of examples/ alone.

Chromium is driven through the DevTools protocol over a pair of pipes (its option --remote-debugging-pipe), so that
nothing but Python and a Chromium or Chrome is needed: no driver, no browser to download. Each picture is checked for
the one thing that a picture does not show: that the page is no wider than the window.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WIDTHS = {"desktop": 1280, "phone": 390}  # CSS pixels
SCHEMES = ("light", "dark")
PARTS = ("curves", "colors", "gallery")  # sections that get a picture of their own
MARGIN = 24  # CSS pixels above and below a part
WINDOW_HEIGHT = 900  # CSS pixels
TALLEST = 16_000  # device pixels; Chromium draws no larger picture
QUALITY = 85  # of WebP: words stay sharp, and the first screens of a report stay under 300 KB


class Chromium:
    """A headless browser with one page."""

    def __init__(self, program: str, profile: Path) -> None:
        ours_read, theirs_write = os.pipe()
        theirs_read, ours_write = os.pipe()
        # The protocol wants descriptors 3 and 4; the shell moves the pipes there.
        command = f'exec "$0" "$@" 3<&{theirs_read} 4>&{theirs_write}'
        options = ["--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--hide-scrollbars"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
        self.process = subprocess.Popen(
            ["bash", "-c", command, program, *options],
            pass_fds=(theirs_read, theirs_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (theirs_read, theirs_write):
            os.close(descriptor)
        self._to, self._from = open(ours_write, "wb"), open(ours_read, "rb")  # noqa: PTH123, SIM115 (descriptors)
        self._number = 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for one thing and wait for its answer. Raises: RuntimeError if the browser refuses, or ends."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._to.write(json.dumps(message | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        self._to.flush()
        while (answer := self._read()).get("id") != self._number:
            pass
        if "error" in answer:
            raise RuntimeError(f"Chromium refused {method}: {answer['error']['message']}")
        return dict(answer["result"])

    def wait_for(self, event: str) -> None:
        """Read on until an event comes."""
        while self._read().get("method") != event:
            pass

    def close(self) -> None:
        """End the browser."""
        self._session = ""
        self.call("Browser.close")
        self.process.wait(timeout=20)

    def _read(self) -> dict[str, Any]:
        letters = bytearray()
        while (letter := self._from.read(1)) != b"\0":
            if not letter:
                raise RuntimeError("Chromium ended without an answer; does it start by hand?")
            letters += letter
        return dict(json.loads(letters))


def opened(browser: Chromium, page: Path, width: int, scheme: str) -> int:
    """Show the page in a window of that width. Returns: its height. Raises: RuntimeError if it is wider."""
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=WINDOW_HEIGHT,
        deviceScaleFactor=pixels(width),
        mobile=pixels(width) > 1,
    )
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Page.navigate", url=page.resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    if size["width"] > width:
        raise RuntimeError(f"{page} is {size['width']:.0f} pixels wide in a window of {width}: something sticks out")
    return int(size["height"])


def pixels(width: int) -> int:
    """Device pixels to a CSS pixel, as screens of that width have them."""
    return 1 if width > 600 else 2


def take(browser: Chromium, width: int, top: float, height: float) -> bytes:
    """A WebP of what is shown from `top` on, in CSS pixels."""
    answer = browser.call(
        "Page.captureScreenshot",
        format="webp",
        quality=QUALITY,
        clip={"x": 0, "y": top, "width": width, "height": min(height, TALLEST // pixels(width)), "scale": 1},
        captureBeyondViewport=True,
    )
    return base64.b64decode(answer["data"])


def extent(browser: Chromium, part: str) -> tuple[float, float] | None:
    """Where a section of the page begins and how high it is; None where the report has no such part."""
    script = (
        f"(() => {{ const s = document.querySelector('section[aria-labelledby={part}]');"
        " if (!s) return null; const r = s.getBoundingClientRect(); return [r.top + scrollY, r.height] })()"
    )
    found = browser.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")
    return (found[0] - MARGIN, found[1] + 2 * MARGIN) if found else None


def main() -> None:
    """Write report-desktop-light.webp and its like, the parts, and report.pdf where it is asked for."""
    parser = argparse.ArgumentParser(description="Take pictures of a report.")
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--height", type=int, help="cut the pictures at so many CSS pixels")
    parser.add_argument("--pdf", action="store_true", help="the print as well, report.pdf")
    arguments = parser.parse_args()
    if not arguments.page.is_file():
        sys.exit(f"{arguments.page} is no file; give the report.html that `photochrom evaluate --out` wrote")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Chromium(arguments.chromium, Path(profile))
        try:
            photograph(browser, arguments.page, arguments.folder, arguments.height)
            if arguments.pdf:
                browser.call("Emulation.setEmulatedMedia", media="print", features=[])
                answer = browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
                (arguments.folder / "report.pdf").write_bytes(base64.b64decode(answer["data"]))
        finally:
            browser.close()


def photograph(browser: Chromium, page: Path, folder: Path, height: int | None) -> None:
    """The head of the page at both widths and in both schemes, then some parts of it."""
    for device, width in WIDTHS.items():
        for scheme in SCHEMES:
            whole = opened(browser, page, width, scheme)
            write(folder / f"report-{device}-{scheme}.webp", take(browser, width, 0, min(whole, height or whole)))
    width = WIDTHS["desktop"]
    opened(browser, page, width, SCHEMES[0])
    for part in PARTS:
        place = extent(browser, part)
        if place:
            top, whole = place
            write(folder / f"report-{part}.webp", take(browser, width, top, min(whole, height or whole)))


def write(target: Path, picture: bytes) -> None:
    """Save one picture and name it."""
    target.write_bytes(picture)
    print(f"{target}: {len(picture) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
