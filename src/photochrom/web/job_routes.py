"""Large batches: send many photographs, watch how they go on, fetch a ZIP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response, StreamingResponse

from photochrom.web import events, zipping
from photochrom.web.accept import MEDIA_TYPE_OF
from photochrom.web.choices import choices_from_fields
from photochrom.web.download_names import attachment
from photochrom.web.jobs import Job
from photochrom.web.openapi import CHOICE_PARAMETERS, PROBLEMS, photo_body
from photochrom.web.problems import Problem
from photochrom.web.schemas import JobPhotographSaid, JobSaid
from photochrom.web.service import Service
from photochrom.web.sessions import ID_PATTERN
from photochrom.web.uploads import read_form

router = APIRouter(prefix="/api/v1", tags=["jobs"], responses=PROBLEMS | {409: {"description": "Not done yet"}})
Id = Annotated[str, Path(pattern=ID_PATTERN, description="As answered when the job was sent")]
Number = Annotated[int, Path(ge=0, le=99_999, description="Of the photograph, from 0")]
BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/jobs",
    status_code=202,
    summary="Color many photographs",
    openapi_extra={
        "parameters": CHOICE_PARAMETERS,
        "requestBody": photo_body("Photographs, and choices that hold for all", many=True),
    },
)
async def start(request: Request) -> JobSaid:
    """Send a form with as many parts `photo` as there are photographs; they are colored while you do something else."""
    service: Service = request.app.state.service
    settings = service.settings
    service.jobs.refuse_when_full()
    held = service.job_memory.hold()
    try:
        form = await read_form(request, held, photo_bytes=settings.upload_bytes, photographs=settings.job_photographs)
        fields = [*request.query_params.multi_items(), *form.fields]
        choices = choices_from_fields(fields, service.models.default, form.mask)
        service.models.colorizer(choices.options)  # refuses a model that is not offered
        job = service.jobs.add(form.photographs, choices, held)
    except BaseException:
        held.release()
        raise
    # What the fields took is not kept.
    held.less(held.bytes - form.file_bytes)
    return said(job)


@router.get("/jobs/{id}", summary="How far a job is")
async def known(request: Request, id: Id) -> JobSaid:
    """Each photograph with its state."""
    return said(_job(request, id))


@router.get(
    "/jobs/{id}/events",
    summary="How a job goes on, as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events `progress` and `ended`", "content": {events.MEDIA_TYPE: {}}}},
)
async def watch(request: Request, id: Id) -> StreamingResponse:
    """`progress` for each change and `ended` at the end, both with the job as data."""
    service: Service = request.app.state.service
    job = _job(request, id)
    stream = events.job_events(job, lambda: said(job).model_dump(), service.stopping.is_set)
    return StreamingResponse(stream, media_type=events.MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


@router.get(
    "/jobs/{id}/photographs/{number}",
    summary="One photograph of a job, in color",
    response_class=Response,
    responses={200: {"description": "A picture", "content": {"image/*": BINARY}}},
)
async def one(request: Request, id: Id, number: Number) -> Response:
    """`409` while it is not done."""
    photographs = _job(request, id).photographs
    if number >= len(photographs):
        raise Problem(404, f"the job has {len(photographs)} photographs, counted from 0")
    photograph = photographs[number]
    if photograph.state == "failed":
        raise Problem(422, photograph.detail)
    if photograph.result is None:
        raise Problem(409, "the photograph is not done yet; watch the job's events")
    headers = {"Content-Disposition": attachment(photograph.result_name)}
    result = photograph.result
    return Response(result.content, media_type=MEDIA_TYPE_OF[result.extension], headers=headers)


@router.get(
    "/jobs/{id}/result.zip",
    summary="All photographs of a job, in one ZIP",
    response_class=StreamingResponse,
    responses={200: {"description": "A ZIP", "content": {zipping.MEDIA_TYPE: BINARY}}},
)
async def result(request: Request, id: Id) -> StreamingResponse:
    """`409` while the job runs. What failed is listed in `errors.txt`."""
    job = _job(request, id)
    if not job.ended:
        raise Problem(409, "the job is not done yet; watch its events")

    async def entries() -> AsyncIterator[tuple[str, bytes]]:
        for photograph in job.photographs:
            if photograph.result is not None:
                yield photograph.result_name, photograph.result.content
        if failed := [f"{entry.name}: {entry.detail}\n" for entry in job.photographs if entry.state == "failed"]:
            yield "errors.txt", "".join(failed).encode("utf-8", "replace")

    headers = {"Content-Disposition": attachment("photographs-in-color.zip")}
    return StreamingResponse(zipping.zip_stream(entries()), media_type=zipping.MEDIA_TYPE, headers=headers)


@router.delete("/jobs/{id}", status_code=204, summary="Stop and forget a job")
async def forget(request: Request, id: Id) -> None:
    """Its photographs and results leave the server's memory."""
    service: Service = request.app.state.service
    _job(request, id)
    service.jobs.remove(id)


def said(job: Job) -> JobSaid:
    """The job as the API tells it."""
    return JobSaid(
        id=job.id,
        state="ended" if job.ended else "running",
        total=len(job.photographs),
        done=job.count("done"),
        failed=job.count("failed"),
        photographs=[
            JobPhotographSaid(number=number, name=entry.name, state=entry.state, detail=entry.detail)
            for number, entry in enumerate(job.photographs)
        ],
    )


def _job(request: Request, id: str) -> Job:
    service: Service = request.app.state.service
    return service.jobs.get(id)
