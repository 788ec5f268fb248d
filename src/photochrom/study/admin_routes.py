"""The administrator's API, behind a token: how far the study is, and new links. No answer and no identity is in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, Request

from photochrom.study.participant_routes import Here, service_of
from photochrom.study.schemas import LinksWanted
from photochrom.study.tokens import same_secret
from photochrom.web.problems import Problem

WHO = "send the administrator's token as `Authorization: Bearer TOKEN`"


def administrator(request: Request) -> None:
    """Let only the administrator through. Raises: Problem 401."""
    expected = service_of(request).settings.admin_token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if expected is None or scheme.lower() != "bearer" or not same_secret(given.strip(), expected):
        raise Problem(401, WHO, {"WWW-Authenticate": "Bearer"})


router = APIRouter(include_in_schema=False, dependencies=[Depends(administrator)])


@router.get("/api/admin/progress")
def progress(here: Here) -> dict[str, Any]:
    """Counts of participants and answers."""
    design = here.study.design
    return asdict(here.store.progress()) | {
        "mode": here.settings.mode,
        "presentation": design.presentation,
        "trials": design.trials,
        "systems": here.study.systems,
        "study": here.study.hash[:16],
    }


@router.post("/api/admin/links")
def make_links(said: LinksWanted, here: Here) -> dict[str, list[str]]:
    """New personal links, shown this once. Raises: Problem in another mode than link."""
    if here.settings.mode != "link":
        raise Problem(409, "this server does not take people by links; start it with --mode link")
    return {"tokens": here.store.add_links(said.count)}
