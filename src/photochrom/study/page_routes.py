"""The pages of a study: a fixed list of files of this package, read once, with their own rules for browsers.

The style and the icon are those of the product's page.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from starlette.routing import Route

from photochrom.study.identity import TURK_ORIGINS
from photochrom.web.guard import SECURITY_HEADERS
from photochrom.web.page_routes import MEDIA_TYPES, file_route, page_routes

SHARED = ("/page/base.css", "/page/icon.svg")
PARTICIPANTS, ADMINISTRATORS = "index.html", "admin.html"
POLICY = "Content-Security-Policy"


def study_page_routes(mode: str, *, admin: bool) -> list[Route]:
    """One route for each file.

    Args:
        mode: Mechanical Turk shows the page in a frame of its own, and takes its end as a form; nobody else may.
        admin: whether there is an administrator's page, at `/admin`.
    """
    shared = [route for route in page_routes() if route.path in SHARED]
    return [*shared, *_own(framed=mode == "mturk", admin=admin)]


def _own(*, framed: bool, admin: bool) -> Iterator[Route]:
    folder = files("photochrom.study") / "page"
    for file in sorted([*folder.iterdir(), *(folder / "jspsych").iterdir()], key=lambda file: file.name):
        if not file.name.endswith(tuple(MEDIA_TYPES)) or (file.name.startswith("admin") and not admin):
            continue
        path = {PARTICIPANTS: "/", ADMINISTRATORS: "/admin"}.get(file.name, f"/study/{file.name}")
        rules = {POLICY: _policy_in_turk()} if framed and file.name == PARTICIPANTS else {}
        yield file_route(path, file.name, file.read_bytes(), rules=rules)


def _policy_in_turk() -> str:
    """The same policy, except that Mechanical Turk may frame the page and take its form.

    Browsers leave X-Frame-Options aside where a policy names frame-ancestors (CSP level 3, section 6.4.2).
    """
    turk = " ".join(TURK_ORIGINS)
    ours = SECURITY_HEADERS[POLICY]
    return ours.replace("frame-ancestors 'none'", f"frame-ancestors {turk}").replace(
        "form-action 'none'", f"form-action {turk}"
    )
