"""`POST /api/v1/colorize` and `GET /api/v1/models`."""

from __future__ import annotations

import base64
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from photochrom.batch.stopping import Stop
from photochrom.inference import registry
from photochrom.photos import formats
from photochrom.web.accept import JSON, MEDIA_TYPE_OF, MEDIA_TYPES, negotiate
from photochrom.web.choices import Choices, choices_from_fields
from photochrom.web.coloring import Colored
from photochrom.web.openapi import CHOICE_PARAMETERS, PROBLEMS, photo_body
from photochrom.web.patience import unless_gone
from photochrom.web.problems import Problem
from photochrom.web.schemas import ColoredSaid, ModelSaid, ModelsSaid
from photochrom.web.service import Service
from photochrom.web.uploads import read_form

router = APIRouter(prefix="/api/v1", tags=["colorize"])
IMAGES: dict[str, Any] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES}


@router.post(
    "/colorize",
    summary="Color one photograph",
    response_model=ColoredSaid,
    responses={200: {"description": "The photograph in color: JSON or a picture", "content": IMAGES}, **PROBLEMS},
    openapi_extra={"parameters": CHOICE_PARAMETERS, "requestBody": photo_body("One photograph and its choices")},
)
async def colorize(request: Request) -> Response:
    """Send a photograph as the part `photo` of a form, or as the whole body; choices are fields or query parameters.

    The `Accept` header says what comes back: `application/json`, or a picture such as `image/png`. Where it leaves the
    choice open, the picture has the format of the photograph.
    """
    service: Service = request.app.state.service
    accept = request.headers.get("accept", "")
    if negotiate(accept, ".jpg") is None:
        raise Problem(406, f"what can be answered is {JSON}, {', '.join(MEDIA_TYPES)}")
    service.photographs.refuse_when_full()
    with service.uploads.hold() as held:
        form = await read_form(request, held, photo_bytes=service.settings.upload_bytes)
        fields = [*request.query_params.multi_items(), *form.fields]
        choices = choices_from_fields(fields, service.models.default, form.mask)
        content = form.photographs[0].content
        choices, as_json = answer_form(accept, choices, content)

        def work(stop: Stop) -> Colored:
            return service.color(content, choices, stop)

        colored = await unless_gone(request, service.photographs.run(work, service.settings.seconds))
    return colored_json(colored) if as_json else colored_file(colored)


@router.get("/models", summary="The networks and limits of this server", responses=PROBLEMS)
async def models(request: Request) -> ModelsSaid:
    """The first is taken when a request names none."""
    service: Service = request.app.state.service
    return await run_in_threadpool(_models, service)


def answer_form(accept: str, choices: Choices, content: bytes) -> tuple[Choices, bool]:
    """The choices with the format that the client takes, and whether it wants it in JSON. Raises: Problem with 406."""
    kind = formats.recognize(content[: formats.HEADER_BYTES])
    natural = choices.extension or formats.natural_extension(kind.name if kind else "")
    wanted = negotiate(accept, natural)
    if wanted == JSON or wanted is None:
        return choices, True
    asked = MEDIA_TYPE_OF.get(choices.extension or "")
    if asked is not None and wanted != asked:
        raise Problem(406, f"format asks for {asked}, which Accept does not take; leave one of them out")
    return replace(choices, extension=MEDIA_TYPES[wanted]), False


def colored_json(colored: Colored) -> JSONResponse:
    """The answer in JSON, the picture in base64."""
    said = ColoredSaid(
        width=colored.width,
        height=colored.height,
        media_type=MEDIA_TYPE_OF[colored.extension],
        image=base64.b64encode(colored.content).decode("ascii"),
        model=colored.model,
        temperature=colored.temperature,
        already_colored=colored.already_colored,
    )
    return JSONResponse(said.model_dump(), headers={"Vary": "Accept"})


def colored_file(colored: Colored) -> Response:
    """The answer as a picture."""
    headers = {"Vary": "Accept", "Content-Disposition": f'inline; filename="photograph.color{colored.extension}"'}
    return Response(colored.content, media_type=MEDIA_TYPE_OF[colored.extension], headers=headers)


def _models(service: Service) -> ModelsSaid:
    described = registry()
    said = []
    for name, colorizer in service.models.all.items():
        predictor = colorizer.predictor
        card = predictor.card
        said.append(
            ModelSaid(
                name=name,
                system=card.system,
                output=card.output,
                default_temperature=card.default_temperature,
                license=card.license,
                device=predictor.device,
                description=described[name].description if name in described else "",
                default=name == service.models.default,
            )
        )
    return ModelsSaid(
        models=said,
        max_megapixels=service.settings.max_megapixels,
        max_upload_megabytes=service.settings.upload_megabytes,
        job_photographs=service.settings.job_photographs,
        version=version("photochrom"),
    )
