"""The page's photographs: sent and predicted once, then colored by any choice, and fetched in full at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from photochrom.batch.stopping import Stop
from photochrom.photos import formats
from photochrom.web import coloring, zipping
from photochrom.web.accept import MEDIA_TYPE_OF
from photochrom.web.choices import choices_from_fields, options_from_json
from photochrom.web.download_names import attachment, result_name
from photochrom.web.openapi import CHOICE_PARAMETERS, PROBLEMS, photo_body
from photochrom.web.patience import unless_gone
from photochrom.web.problems import problem_of
from photochrom.web.schemas import LARGEST_SIDE, SMALLEST_SIDE, ArchiveAsked, PhotographSaid, PreviewAsked, ResultAsked
from photochrom.web.service import Service
from photochrom.web.sessions import ID_PATTERN, PhotoSession
from photochrom.web.uploads import read_form

router = APIRouter(prefix="/api/v1", tags=["photographs"], responses=PROBLEMS)
Id = Annotated[str, Path(pattern=ID_PATTERN, description="As answered when the photograph was sent")]
Side = Annotated[int, Query(ge=SMALLEST_SIDE, le=LARGEST_SIDE, description="Pixels of the long side, at most")]
BINARY = {"schema": {"type": "string", "format": "binary"}}


def picture(media_type: str) -> dict[str, Any]:
    """A route that answers a picture of this type."""
    return {
        "response_class": Response,
        "responses": {200: {"description": "A picture", "content": {media_type: BINARY}}},
    }


@router.post(
    "/photographs",
    status_code=201,
    summary="Send a photograph and keep it for a while",
    openapi_extra={"parameters": CHOICE_PARAMETERS, "requestBody": photo_body("One photograph")},
)
async def send(request: Request) -> PhotographSaid:
    """The network runs once; after that, each choice of color takes a fraction of a second."""
    service: Service = request.app.state.service
    service.photographs.refuse_when_full()
    with service.uploads.hold() as held:
        form = await read_form(request, held, photo_bytes=service.settings.upload_bytes)
        upload = form.photographs[0]
        fields = [*request.query_params.multi_items(), *form.fields]
        choices = choices_from_fields(fields, service.models.default, form.mask)

        def work(stop: Stop) -> PhotoSession:
            photo = coloring.predict(service.models, upload.content, choices, stop)
            session = PhotoSession(photo, str(choices.options.model), upload.name, form.file_bytes)
            service.sessions.add(session)
            return session

        session = await unless_gone(request, service.photographs.run(work, service.settings.seconds))
    return _said(service, session)


@router.get("/photographs/{id}", summary="What is known about a kept photograph")
async def known(request: Request, id: Id) -> PhotographSaid:
    """Asking keeps it for another while."""
    service: Service = request.app.state.service
    return _said(service, service.sessions.get(id))


@router.delete("/photographs/{id}", status_code=204, summary="Forget a photograph")
async def forget(request: Request, id: Id) -> None:
    """Its file and all that was made of it leave the server's memory."""
    service: Service = request.app.state.service
    service.sessions.remove(id)


@router.post("/photographs/{id}/preview", summary="Color a small copy", **picture("image/jpeg"))
async def preview(request: Request, id: Id, asked: PreviewAsked) -> Response:
    """Nothing but the choice of color is done anew."""
    session = _session(request, id)
    options = options_from_json(asked.as_options(), session.model)

    def work(_: Stop) -> bytes:
        return coloring.preview(session.photo.choose(options, asked.sample), asked.side)

    return await _chosen(request, work, "image/jpeg")


@router.get("/photographs/{id}/gray", summary="The photograph as it was, small and gray", **picture("image/jpeg"))
async def gray(request: Request, id: Id, side: Side = 1024) -> Response:
    """Its lightness, which is all that the network sees."""
    session = _session(request, id)
    return await _chosen(request, lambda _: coloring.gray_preview(session.photo.predicted, side), "image/jpeg")


@router.get("/photographs/{id}/uncertainty", summary="Where the network is unsure", **picture("image/png"))
async def uncertainty(request: Request, id: Id, side: Side = 1024) -> Response:
    """From dark blue, where it is sure, to light yellow, where every color is as likely as any other."""
    session = _session(request, id)
    return await _chosen(request, lambda _: coloring.uncertainty_preview(session.photo.predicted, side), "image/png")


@router.post("/photographs/{id}/result", summary="The photograph in color, in full", **picture("image/*"))
async def result(request: Request, id: Id, asked: ResultAsked) -> Response:
    """At the size and depth of the original, with its metadata."""
    service: Service = request.app.state.service
    session = _session(request, id)
    name, content = await unless_gone(request, _full(service, session, asked))
    extension = "." + name.rpartition(".")[2]
    return Response(content, media_type=MEDIA_TYPE_OF[extension], headers={"Content-Disposition": attachment(name)})


@router.post(
    "/archive",
    summary="Several photographs in color, in one ZIP",
    response_class=StreamingResponse,
    responses={200: {"description": "A ZIP", "content": {zipping.MEDIA_TYPE: BINARY}}},
)
async def archive(request: Request, asked: ArchiveAsked) -> StreamingResponse:
    """Made while it is sent. A photograph that fails leaves a line in `errors.txt`."""
    service: Service = request.app.state.service
    service.photographs.refuse_when_full()
    chosen = [(service.sessions.get(entry.id), entry) for entry in asked.photographs]

    async def entries() -> AsyncIterator[tuple[str, bytes]]:
        failed = []
        for session, entry in chosen:
            try:
                while service.photographs.full:  # a ZIP that was begun waits for its turn
                    await asyncio.sleep(0.1)
                yield await _full(service, session, entry)
            except Exception as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                failed.append(f"{result_name(session.name, '')}: {problem.detail}\n")
        if failed:
            yield "errors.txt", "".join(failed).encode()

    headers = {"Content-Disposition": attachment("photographs-in-color.zip")}
    return StreamingResponse(zipping.zip_stream(entries()), media_type=zipping.MEDIA_TYPE, headers=headers)


async def _full(service: Service, session: PhotoSession, asked: ResultAsked) -> tuple[str, bytes]:
    """The name and the bytes of one full-size result."""
    options = options_from_json(asked.as_options(), session.model)
    natural = formats.natural_extension(session.photo.predicted.photograph.format)
    extension = "." + asked.format if asked.format else natural

    def work(stop: Stop) -> bytes:
        photo = session.photo.choose(options, asked.sample)
        return coloring.encode([photo], extension, asked.quality, stop)

    return result_name(session.name, extension), await service.photographs.run(work, service.settings.seconds)


async def _chosen(request: Request, work: Callable[[Stop], bytes], media_type: str) -> Response:
    service: Service = request.app.state.service
    content = await unless_gone(request, service.choosing.run(work, service.settings.seconds))
    return Response(content, media_type=media_type)


def _session(request: Request, id: str) -> PhotoSession:
    service: Service = request.app.state.service
    return service.sessions.get(id)


def _said(service: Service, session: PhotoSession) -> PhotographSaid:
    predicted = session.photo.predicted
    photograph = predicted.photograph
    return PhotographSaid(
        id=session.id,
        width=photograph.width,
        height=photograph.height,
        format=photograph.format,
        extension=formats.natural_extension(photograph.format).removeprefix("."),
        already_colored=predicted.already_colored,
        model=session.model,
        default_temperature=service.models.all[session.model].predictor.card.default_temperature,
        kept_minutes=service.settings.session_minutes,
    )
