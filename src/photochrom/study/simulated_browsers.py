"""Simulated people in headless Chromium: page, timing and pictures are real, only the choice is computed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from photochrom.study.assignment import trials_of
from photochrom.study.errors import StudyError
from photochrom.study.manifest import Study
from photochrom.study.service import SIMULATED_HEADER
from photochrom.study.simulated_people import SimulatedPeople, SimulatedPerson

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM_VARIABLE = "PHOTOCHROM_CHROMIUM"  # names the program where it has another name
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 120_000.0  # for any one thing to appear
KEYS = {"succession": ("1", "2"), "single": ("1", "2"), "side-by-side": ("ArrowLeft", "ArrowRight")}
_BEGINNING = re.compile(r"/trials/(\d+)/begin$")


def take_in_browsers(address: str, secret: str, study: Study, people: SimulatedPeople, count: int, seed: int) -> None:
    """Let so many take part, all at once, each in a window of its own.

    Args:
        address: of the server.
        secret: by which it knows that they are no people.
        study: whose trials they take.
        people: what they answer.
        count: of windows.
        seed: of the people.
    Raises: StudyError where playwright or a browser is missing.
    """
    try:
        import playwright.async_api  # noqa: F401 - missed now, before anybody has taken part
    except ModuleNotFoundError:
        raise StudyError(
            "simulated browsers need playwright; type: pip install playwright, or ask for 0 browsers"
        ) from None
    program = os.environ.get(CHROMIUM_VARIABLE) or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise StudyError(f"no Chromium is installed; install it, name it in {CHROMIUM_VARIABLE}, or ask for 0 browsers")
    asyncio.run(_take_all(address, secret, study, people, count, seed, program))


async def _take_all(
    address: str, secret: str, study: Study, people: SimulatedPeople, count: int, seed: int, program: str
) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
        browser = await playwright.chromium.launch(executable_path=program, args=sandbox)
        try:
            await asyncio.gather(*(_take(browser, address, secret, study, people, seed) for _ in range(count)))
        finally:
            await browser.close()


async def _take(browser: Browser, address: str, secret: str, study: Study, people: SimulatedPeople, seed: int) -> None:
    context = await browser.new_context(extra_http_headers={SIMULATED_HEADER: secret})
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(address)
    number = await _join(page)
    await _pass_checks(page, study)
    person = SimulatedPerson(people, study, number, seed)
    trials = trials_of(study, number)
    begun: list[int] = []
    page.on("request", lambda request: _note(begun, request.url))
    for place, trial in enumerate(trials):
        if place == 0 or trials[place - 1].kind == "practice" != trial.kind:
            await page.click("#pause-done")
        if study.design.presentation == "succession" and study.design.duration_ms is None:
            await page.click(".asking .primary")
        await page.wait_for_selector(".choices")
        if begun[-1] != trial.number:
            raise StudyError(
                f"the page showed trial {begun[-1]} where {trial.number} was due; the server's log may say why"
            )
        response = person.respond(trial)
        await page.wait_for_timeout(response.response_ms)
        await page.keyboard.press(KEYS[study.design.presentation][response.chosen_slot])
        await page.wait_for_selector(".choices", state="detached")
    await page.wait_for_selector("#code-block")
    await context.close()


async def _join(page: Page) -> int:
    await page.check("#agree")
    async with page.expect_response(
        lambda reply: reply.request.method == "POST" and reply.url.endswith("/session")
    ) as said:
        await page.click("#start")
    joined: dict[str, Any] = await (await said.value).json()
    number: int = joined["participant"]
    return number


async def _pass_checks(page: Page, study: Study) -> None:
    await page.click("#understood")
    await page.select_option("#gray-count", "11")
    await page.click("#screen-done")
    for place, plate in enumerate(study.plates):
        await page.wait_for_function(
            "start => document.getElementById('plate-count').textContent.startsWith(start)", arg=f"Plate {place + 1} "
        )
        await page.get_by_role("button", name=plate.digit, exact=True).click()


def _note(begun: list[int], address: str) -> None:
    found = _BEGINNING.search(address)
    if found:
        begun.append(int(found[1]))
