"""The participants' API: what their page asks and sends. A session's token is its `Authorization: Bearer`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from photochrom.study.handing_in import handing_in
from photochrom.study.identity import PARAMETERS
from photochrom.study.schemas import Answering, Beginning, Finishing, Joining, Plates, Screen
from photochrom.study.service import Service
from photochrom.web.problems import Problem

KEPT = {"Cache-Control": "private, max-age=3600, immutable"}  # a name is one session's own; another has others
Number = Annotated[int, Path(ge=0, le=1_000_000)]
router = APIRouter(include_in_schema=False)


def service_of(request: Request) -> Service:
    """The study behind this request."""
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(service_of)]


@router.get("/api/study")
def describe(here: Here) -> dict[str, Any]:
    """What everybody may know: how pictures are presented, and what consent is asked for."""
    design = here.study.design
    names = PARAMETERS[here.settings.mode]
    return {
        "id": here.study.hash[:16],
        "parameters": names,
        "identity": names[0],
        "presentation": design.presentation,
        "trials": design.trials,
        "practice": design.practice,
        "phones": design.phones,
        "duration_ms": design.duration_ms,
        "blank_ms": design.blank_ms,
        "between_ms": design.between_ms,
        "buttons_ms": design.buttons_ms,
        "feedback_ms": design.feedback_ms,
        "room": here.plans.room,
        "consent": here.consent,
        "consent_digest": here.consent_digest,
        "contact": here.settings.contact,
    }


@router.post("/api/study/session")
def join(request: Request, said: Joining, here: Here) -> dict[str, int | None]:
    """Take part, or go on. Only a simulated participant is told its number: it has to know when to err."""
    session = here.join(request, said)
    return {"participant": session.number if session.simulated else None}


@router.get("/api/study/session")
def state(request: Request, here: Here) -> dict[str, Any]:
    """Where a participant stands: the checks, and the trials that are still to come."""
    token, number, plan = here.participant(request)
    session = here.sessions.of_token(token)
    due = [
        {
            "number": trial.number,
            "practice": trial.kind == "practice",
            "addresses": [f"/pictures/{name}" for name in names],
        }
        for trial, names in list(zip(plan.trials, plan.names, strict=True))[session.begun :]
    ]
    return {
        "screen_checked": session.screen_checked,
        "color_vision_checked": session.color_vision_checked,
        "plates": here.plates.shown_to(number),
        "begun": session.begun,
        "pending": session.pending,
        "trials": due,
    }


@router.post("/api/study/screen")
def screen(request: Request, said: Screen, here: Here) -> dict[str, bool]:
    """What the screen check found."""
    token, _, _ = here.participant(request)
    here.note_screen(token, said)
    return {"kept": True}


@router.post("/api/study/color-vision")
def color_vision(request: Request, said: Plates, here: Here) -> dict[str, bool]:
    """What was read on the plates; how well is not told."""
    token, _, _ = here.participant(request)
    here.sessions.note_check(token, "color_vision", here.plates.judge(said.answers))
    return {"kept": True}


@router.post("/api/study/trials/{number}/begin")
def begin(number: Number, request: Request, said: Beginning, here: Here) -> dict[str, bool]:
    """A trial is about to be shown: from now on it cannot be shown again."""
    token, _, plan = here.participant(request)
    here.sessions.begin(token, plan.trials, number, said.showing)
    return {"kept": True}


@router.post("/api/study/trials/{number}/answer")
def answer(number: Number, request: Request, said: Answering, here: Here) -> dict[str, int | None]:
    """An answer; when this returns, it is on the disk."""
    return {"truth_slot": here.answer(request, number, said)}


@router.post("/api/study/finish")
def finish(request: Request, said: Finishing, here: Here) -> dict[str, Any]:
    """All trials are over: the completion code, and where it is handed in."""
    token, _, plan = here.participant(request)
    code = here.sessions.finish(token, plan.trials)
    return handing_in(here.settings.mode, code, here.settings.completion_code, said.parameters)


@router.get("/pictures/{name}")
def picture(name: str, request: Request, here: Here) -> Response:
    """A picture of one of this session's trials; other sessions' names are not answered."""
    _, _, plan = here.participant(request)
    file = plan.files.get(name)
    if file is None:
        raise Problem(404, "there is no such picture in this session")
    return Response(here.plans.bytes_of(file), media_type="image/png", headers=KEPT)


@router.get("/plates/{name}")
def plate(name: str, request: Request, here: Here) -> Response:
    """A color-vision plate of this session."""
    _, number, _ = here.participant(request)
    file = here.plates.file(number, name)
    if file is None:
        raise Problem(404, "there is no such plate in this session")
    return Response(file.read_bytes(), media_type="image/png", headers=KEPT)
