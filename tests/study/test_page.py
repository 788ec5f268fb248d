"""The study in a real browser: whole sessions, a reload, a lost line, keyboard and finger, and whom it asks."""

import os
import re
from pathlib import Path

import pytest

from photochrom.study.assignment import trials_of
from photochrom.study.design import Design
from photochrom.study.store import open_store

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
expect = sync_api.expect
expect.set_options(timeout=30_000)  # milliseconds; a busy machine is no fault of the page's

SCREENSHOTS = os.environ.get("PHOTOCHROM_SCREENSHOTS")  # a folder in which pictures of the page are kept
STUDY = os.environ.get("PHOTOCHROM_SCREENSHOT_STUDY")  # a study of real photographs to take them of
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
TOKEN = "an-administrators-token"

TIMED = Design(
    pairs=2,
    practice=1,
    vigilance=0.0,
    duration_ms=100,
    blank_ms=50,
    between_ms=50,
    buttons_ms=0,
    feedback_ms=1500,
    phones=True,
)


def to_the_trials(page, digits="345"):
    """From consent to the first pause."""
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="I am ready").click()
    page.get_by_label("How many gray steps").select_option("11")
    page.get_by_role("button", name="Go on").click()
    for place, digit in enumerate(digits):
        expect(page.locator("#plate-count")).to_have_text(f"Plate {place + 1} of {len(digits)}")
        page.get_by_role("button", name=digit, exact=True).click()
    expect(page.locator("#pause")).to_be_visible()


def answer_with(page, key):
    expect(page.locator(".choices")).to_be_visible()
    page.keyboard.press(key)
    expect(page.locator(".choices")).to_be_hidden()


def test_a_whole_session_with_the_keyboard_and_measured_display_times(visit, study_server, make_study, tmp_path):
    study = make_study(TIMED)
    server = study_server(study)
    page = visit(server.address)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    answer_with(page, "1")
    page.get_by_role("button", name="Start").click()
    answer_with(page, "2")
    answer_with(page, "1")
    expect(page.locator("#code")).to_have_text(re.compile("^[2-9A-Z]{4}-[2-9A-Z]{4}$"))
    store = open_store(str(tmp_path / "answers.sqlite"), study)
    records = store.records(study)
    [person] = store.participants()
    store.close()
    assert [record.chosen_slot for record in records] == [0, 1, 0]
    assert (person.complete, person.screen_passed, person.color_vision) == (True, True, "passed")
    for record in records:
        # A display lasts whole frames; on a busy machine it may be late, and says so.
        assert record.on_time == all(abs(shown - 100) <= 50 for shown in record.shown_ms)
        assert all(shown >= 90 for shown in record.shown_ms)
        assert 0 < record.response_ms < 60_000


def test_practice_tells_the_answer_and_the_test_does_not(visit, study_server, make_study):
    study = make_study(TIMED)
    page = visit(study_server(study).address)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".choices")).to_be_visible()
    truth = trials_of(study, 0)[0].truth_slot
    page.get_by_role("button", name="The first" if truth == 1 else "The second").click()
    expect(page.locator(".feedback")).to_have_text("Right.")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="The first").click()
    expect(page.locator(".choices")).to_be_visible()  # the next question, and no verdict between
    expect(page.locator(".feedback")).to_have_count(0)


def test_a_reload_in_the_middle_shows_no_trial_twice(visit, study_server, make_study, tmp_path):
    study = make_study(TIMED)
    page = visit(study_server(study).address)
    begun = []
    page.on("request", lambda request: begun.append(request.url) if request.url.endswith("/begin") else None)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    answer_with(page, "1")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".choices")).to_be_visible()  # the first test trial was seen, and not answered
    page.reload()
    expect(page.locator("#pause-title")).to_have_text("Welcome back")
    page.get_by_role("button", name="Go on").click()
    answer_with(page, "2")
    expect(page.locator("#code")).to_be_visible()
    page.reload()
    expect(page.locator("#code")).to_be_visible()
    assert [url.split("/")[-2] for url in begun] == ["0", "1", "2"]
    store = open_store(str(tmp_path / "answers.sqlite"), study)
    assert [record.number for record in store.records(study)] == [0, 2]
    assert store.progress().interrupted == 1
    store.close()


def test_a_lost_line_is_waited_out_and_the_answer_is_kept(visit, study_server, make_study, tmp_path):
    study = make_study(TIMED)
    page = visit(study_server(study).address)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".choices")).to_be_visible()
    page.context.set_offline(True)
    page.keyboard.press("2")
    expect(page.get_by_role("status").last).to_contain_text("The line is down")
    page.context.set_offline(False)
    expect(page.locator(".feedback")).to_be_visible()
    expect(page.locator("#status")).to_have_text("")
    store = open_store(str(tmp_path / "answers.sqlite"), study)
    assert [record.chosen_slot for record in store.records(study)] == [1]
    store.close()


def test_an_answer_given_while_the_server_is_dead_is_sent_after_a_reload(visit, study_server, make_study, tmp_path):
    study = make_study(TIMED)
    server = study_server(study)
    page = visit(server.address)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".choices")).to_be_visible()
    server.kill()
    page.keyboard.press("2")
    expect(page.locator("#status")).to_contain_text("The line is down")
    server.again()
    page.reload()
    expect(page.locator("#pause-title")).to_have_text("Welcome back")
    store = open_store(str(tmp_path / "answers.sqlite"), study)
    assert [record.chosen_slot for record in store.records(study)] == [1]
    store.close()


@pytest.mark.parametrize("presentation", ["succession", "side-by-side", "single"])
def test_untimed_pictures_stay_until_the_answer(visit, study_server, make_study, presentation):
    study = make_study(
        Design(
            presentation=presentation,
            pairs=1,
            practice=0,
            vigilance=0.0,
            duration_ms=None,
            blank_ms=0,
            buttons_ms=0,
            between_ms=0,
        )
    )
    page = visit(study_server(study).address)
    to_the_trials(page)
    page.get_by_role("button", name="Start").click()
    if presentation == "succession":
        page.get_by_role("button", name="To the second picture").click()
    shown = {"succession": 1, "side-by-side": 2, "single": 1}[presentation]
    expect(page.locator(".choices")).to_be_visible()
    expect(page.locator("canvas.shown")).to_have_count(shown)
    answer_with(page, "ArrowLeft" if presentation == "side-by-side" else "1")
    expect(page.locator("#code")).to_be_visible()


def test_a_finger_is_enough_where_phones_are_allowed(visit, study_server, make_study):
    study = make_study(TIMED)
    page = visit(study_server(study).address, PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("checkbox").tap()
    page.get_by_role("button", name="Begin").tap()
    page.get_by_role("button", name="I am ready").tap()
    page.get_by_label("How many gray steps").select_option("11")
    page.get_by_role("button", name="Go on").tap()
    for digit in "345":
        page.get_by_role("button", name=digit, exact=True).tap()
    page.get_by_role("button", name="Start").tap()
    page.get_by_role("button", name="The first").tap()
    page.get_by_role("button", name="Start").tap()
    page.get_by_role("button", name="The second").tap()
    page.get_by_role("button", name="The second").tap()
    expect(page.locator("#code")).to_be_visible()


def test_a_phone_is_sent_away_where_phones_are_not_allowed(visit, study_server, small_study):
    page = visit(study_server(small_study).address, PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("#stop-text")).to_contain_text("larger screen")


def test_a_personal_link_works_once_and_elsewhere_goes_on(visit, study_server, make_study, tmp_path):
    study = make_study(TIMED)
    server = study_server(study, mode="link")
    store = open_store(str(tmp_path / "answers.sqlite"), study)
    [token] = store.add_links(1)
    page = visit(f"{server.address}?token={token}")
    to_the_trials(page)
    other = visit(f"{server.address}?token={token}")
    other.get_by_role("checkbox").check()
    other.get_by_role("button", name="Begin").click()
    expect(other.locator("#preloading, #pause")).not_to_have_count(0)
    assert [person.number for person in store.participants()] == [0]
    store.close()
    stranger = visit(f"{server.address}?token=forged")
    stranger.get_by_role("checkbox").check()
    stranger.get_by_role("button", name="Begin").click()
    expect(stranger.locator("#stop-text")).to_contain_text("not of this study")


def test_mechanical_turk_may_frame_the_page_and_nobody_else(study_server, small_study):
    import httpx

    for mode, frames in (("mturk", "https://www.mturk.com https://workersandbox.mturk.com"), ("local", "'none'")):
        policy = httpx.get(study_server(small_study, mode=mode).address).headers["content-security-policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["frame-ancestors"] == rules["form-action"] == frames


@pytest.mark.parametrize("viewport", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_no_sheet_is_wider_than_its_window_or_has_a_serious_fault(visit, study_server, make_study, viewport):
    phone = viewport is PHONE
    study = make_study(TIMED)
    server = study_server(study, admin_token=TOKEN)
    page = visit(server.address, viewport, has_touch=phone, is_mobile=phone, device_scale_factor=2 if phone else 1)
    name = "phone" if phone else "desktop"
    page.get_by_role("checkbox").check()
    look(page, viewport, f"consent-{name}")
    page.get_by_role("button", name="Begin").click()
    look(page, viewport, f"instructions-{name}")
    page.get_by_role("button", name="I am ready").click()
    page.get_by_label("How many gray steps").select_option("11")
    look(page, viewport, f"screen-{name}")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#plate-count")).to_have_text("Plate 1 of 3")
    look(page, viewport, f"plates-{name}")
    for digit in "345":
        page.get_by_role("button", name=digit, exact=True).click()
    expect(page.locator("#pause")).to_be_visible()
    look(page, viewport, f"pause-{name}")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".choices")).to_be_visible()
    look(page, viewport, f"question-{name}")
    answer_with(page, "1")
    page.get_by_role("button", name="Start").click()
    answer_with(page, "1")
    answer_with(page, "1")
    expect(page.locator("#code")).to_be_visible()
    look(page, viewport, f"thanks-{name}")
    page.goto(f"{server.address}admin")
    look(page, viewport, f"admin-token-{name}")
    page.get_by_label("Administrator's token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#board")).to_be_visible()
    look(page, viewport, f"admin-{name}")


def look(page, viewport, name):
    """No wider than its window, and nothing that axe-core calls serious."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"study-{name}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    found = axe_api.Axe().run(page).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert serious == [], [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious]
