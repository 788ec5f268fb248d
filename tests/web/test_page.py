"""The page in a real browser: from a file to a download, with mouse, finger and keyboard alone, light and dark."""

import io
import os
import re
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
expect = sync_api.expect
expect.set_options(timeout=30_000)  # milliseconds; a busy machine is no fault of the page's

SCREENSHOTS = os.environ.get("PHOTOCHROM_SCREENSHOTS")  # a folder in which pictures of the page are kept
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def colored(page, *files):
    """Give the page these files and wait until the first is shown in color."""
    page.set_input_files("#files", [str(file) for file in files])
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#controls")).to_be_enabled()
    return page


def picture(page):
    return page.locator("#after").get_attribute("src")


def largest_chroma(page):
    """Of the colored picture as it is shown: the largest difference between two channels."""
    return page.evaluate(
        """async () => {
            const image = document.getElementById("after");
            await image.decode();
            const canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth;
            canvas.height = image.naturalHeight;
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let most = 0;
            for (let at = 0; at < data.length; at += 4) {
                const [red, green, blue] = data.subarray(at, at + 3);
                most = Math.max(most, Math.max(red, green, blue) - Math.min(red, green, blue));
            }
            return most;
        }"""
    )


def test_from_a_file_to_a_download_at_full_size(visit, examples, page_address):
    photo = examples / "cameraman.jpg"
    page = colored(visit(page_address), photo)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download", exact=True).click()
    download = downloading.value
    assert download.suggested_filename == "cameraman.color.jpg"
    expected = httpx.post(f"{page_address}api/v1/colorize", files={"photo": photo.read_bytes()}).content
    np.testing.assert_allclose(
        np.asarray(Image.open(download.path())).astype(int), np.asarray(Image.open(io.BytesIO(expected))), atol=2
    )


def test_a_dial_changes_the_picture_without_sending_it_again(visit, page_address, examples):
    page = visit(page_address)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    colored(page, examples / "cat.jpg")
    expect(page.locator(".alternative img")).to_have_count(5)
    before = picture(page)
    sent.clear()
    page.locator("#saturation").fill("0")
    expect(page.locator("#after")).not_to_have_attribute("src", before)
    expect(page.locator("#saturation-out")).to_have_text("0 %")
    assert all(url.endswith("/preview") for url in sent)
    before = picture(page)
    page.locator("#temperature").fill("0.5")
    expect(page.locator("#after")).not_to_have_attribute("src", before)
    assert largest_chroma(page) <= 8  # saturation 0 still holds; JPEG rounds
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#saturation-out")).to_have_text("100 %")


def test_the_divider_follows_keyboard_and_pointer(visit, page_address, examples):
    page = colored(visit(page_address), examples / "cat.jpg")
    compare = page.get_by_role("slider", name="Before and after")
    compare.focus()
    page.keyboard.press("Home")
    expect(compare).to_have_attribute("aria-valuetext", "all in color")
    page.keyboard.press("End")
    expect(compare).to_have_attribute("aria-valuetext", "all as it was")
    box = page.locator("#picture").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    divider = page.locator("#divider").bounding_box()
    assert divider["x"] + divider["width"] / 2 == pytest.approx(box["x"] + box["width"] / 4, abs=4)


def test_a_hint_is_set_with_the_mouse_and_taken_away(visit, page_address, examples):
    page = colored(visit(page_address), examples / "cat.jpg")
    before = picture(page)
    page.locator("#hint-color").fill("#c01020")
    page.get_by_role("button", name="Set it in the photograph").click()
    box = page.locator("#picture").bounding_box()
    # The first preview, without a hint, may still be under way.
    with page.expect_request(lambda request: "#c01020" in (request.post_data or "")) as asking:
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    [hint] = asking.value.post_data_json["hints"]
    assert hint["color"] == "#c01020"
    assert (hint["x"], hint["y"]) == pytest.approx((0.25, 0.75), abs=0.01)
    expect(page.locator(".marker")).to_have_count(1)
    expect(page.locator("#after")).not_to_have_attribute("src", before)
    page.get_by_role("button", name=re.compile("Remove #c01020")).click()
    expect(page.locator(".marker")).to_have_count(0)


def test_everything_can_be_done_with_the_keyboard_alone(visit, page_address, examples):
    page = visit(page_address)
    choosers = []
    page.on(
        "filechooser", lambda chooser: choosers.append(chooser)
    )  # from now on: the browser needs a moment to hand its dialog over

    def tab_to(id, presses=80):
        for _ in range(presses):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == id:
                return
        raise AssertionError(f"Tab never reaches {id}")

    tab_to("choose")
    page.keyboard.press("Enter")
    for _ in range(100):
        if choosers:
            break
        page.wait_for_timeout(50)
    choosers[0].set_files(str(examples / "cat.jpg"))
    expect(page.locator("#controls")).to_be_enabled()
    expect(page.locator(".alternative img")).to_have_count(5)
    tab_to("compare")
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#compare").input_value()) > 50
    tab_to("temperature")
    page.keyboard.press("Home")
    expect(page.locator("#temperature-out")).to_have_text("0.10")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "radio":
            break
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Alternative 1")).to_be_checked()
    expect(page.get_by_role("radio", name="Alternative 1")).to_be_focused()
    tab_to("hinting")
    page.keyboard.press("Enter")
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".hints li")).to_have_text(re.compile("at 48 %, 48 %"))
    expect(page.locator("#hinting")).to_be_focused()
    tab_to("download")
    with page.expect_download():
        page.keyboard.press("Enter")


def test_an_alternative_can_be_chosen_and_others_asked_for(visit, page_address, examples):
    page = colored(visit(page_address), examples / "cat.jpg")
    expect(page.locator(".alternative img")).to_have_count(5)
    before = picture(page)
    page.get_by_role("radio", name="Alternative 2").click()
    expect(page.get_by_role("radio", name="Alternative 2")).to_be_checked()
    expect(page.locator("#after")).not_to_have_attribute("src", before)
    with page.expect_request("**/preview") as asking:
        page.get_by_role("button", name="Others").click()
    assert asking.value.post_data_json["seed"] == 1


def test_where_the_network_is_unsure_is_laid_over(visit, page_address, examples):
    page = colored(visit(page_address), examples / "cat.jpg")
    page.get_by_label("Show where the network is unsure").check()
    expect(page.locator("#unsure")).to_be_visible()
    expect(page.locator("#legend")).to_be_visible()
    page.get_by_label("Show where the network is unsure").uncheck()
    expect(page.locator("#unsure")).to_be_hidden()


def test_several_photographs_come_back_in_one_zip(visit, page_address, examples):
    page = colored(visit(page_address), examples / "cat.jpg", examples / "coffee.jpg", examples / "dahlia.jpg")
    expect(page.locator(".frame img:visible")).to_have_count(3)
    expect(page.locator(".badge:visible")).to_have_count(0)
    page.get_by_role("button", name="coffee.jpg").click()
    page.locator("#saturation").fill("0")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download all").click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert archive.namelist() == ["cat.color.jpg", "coffee.color.jpg", "dahlia.color.jpg"]
        spread = {
            name: np.ptp(np.asarray(Image.open(archive.open(name))).astype(int), axis=-1).mean()
            for name in archive.namelist()
        }
    assert spread["coffee.color.jpg"] < 3 < spread["cat.color.jpg"]


def test_a_photograph_can_be_pasted_and_dropped(visit, page_address, examples):
    page = visit(page_address)
    give = """([bytes, kind]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], `${kind}.jpg`, { type: "image/jpeg" }));
        const event = kind === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
                                       : new DragEvent("drop", { dataTransfer: data, bubbles: true });
        document.body.dispatchEvent(event);
    }"""
    for kind in ("paste", "drop"):
        page.evaluate(give, [list((examples / "cat.jpg").read_bytes()), kind])
    expect(page.locator(".frame img:visible")).to_have_count(2)
    expect(page.get_by_role("button", name="paste.jpg")).to_be_visible()


def test_what_is_no_photograph_is_told_and_can_be_removed(visit, page_address, tmp_path):
    file = tmp_path / "letter.jpg"
    file.write_bytes(b"Dear photograph,")
    page = visit(page_address)
    page.set_input_files("#files", str(file))
    expect(page.get_by_role("alert")).to_contain_text("no photograph")
    page.locator("#remove-failed").click()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#choose")).to_be_focused()


def test_a_photograph_that_the_server_has_forgotten_is_sent_again(visit, examples, page_address):
    page = visit(page_address)
    with page.expect_response(lambda response: response.url.endswith("/photographs")) as answering:
        colored(page, examples / "cat.jpg")
    httpx.delete(f"{page_address}api/v1/photographs/{answering.value.json()['id']}").raise_for_status()
    before = picture(page)
    page.locator("#saturation").fill("0.5")
    expect(page.locator("#after")).not_to_have_attribute("src", before)


def test_a_server_that_is_gone_is_told(visit, examples, tiny_model, running_server):
    process, address = running_server("--model", tiny_model)
    page = colored(visit(address), examples / "cat.jpg")
    expect(page.locator(".alternative img")).to_have_count(5)
    process.kill()
    page.locator("#saturation").fill("0.5")
    expect(page.get_by_role("status")).to_contain_text("cannot be reached")


def test_a_server_with_a_token_asks_for_it(visit, examples, tiny_model, running_server):
    _, address = running_server("--model", tiny_model, PHOTOCHROM_TOKEN="a-token-for-tests-only")
    page = visit(address)
    page.get_by_role("textbox", name="Token").fill("a-token-for-tests-only")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#token-dialog")).to_be_hidden()
    colored(page, examples / "cat.jpg")


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="desktop-light"),
        pytest.param(DESKTOP, "dark", id="desktop-dark", marks=pytest.mark.slow),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.slow),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.slow),
    ],
)
def test_the_page_fits_its_window_and_has_no_serious_fault_for_anybody(visit, page_address, examples, viewport, scheme):
    phone = viewport is PHONE
    page = visit(page_address, viewport, scheme, has_touch=phone, device_scale_factor=2 if phone else 1)
    name = f"{'phone' if phone else 'desktop'}-{scheme}"
    check(page, viewport, f"welcome-{name}")
    colored(page, examples / "cameraman.jpg", examples / "pagoda.jpg", examples / "grace-hopper.jpg")
    expect(page.locator(".badge:visible")).to_have_count(0)
    expect(page.locator(".alternative img")).to_have_count(5)
    check(page, viewport, f"photograph-{name}")
    page.get_by_label("Show where the network is unsure").check()
    page.get_by_role("button", name="Set it in the photograph").click()
    expect(page.locator("#unsure")).to_be_visible()
    check(page, viewport, f"unsure-{name}")


def check(page, viewport, name):
    """No wider than its window, and nothing that axe-core calls serious."""
    page.wait_for_load_state("networkidle")  # no message is still to come
    expect(page.locator("#status")).not_to_have_class(re.compile("shown"))
    expect(page.locator("#status")).to_have_css("opacity", "0")  # nor fading
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"page-{name}.png", full_page=viewport is PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    found = axe_api.Axe().run(page).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert serious == [], [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious]
