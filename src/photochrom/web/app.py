"""The server as an ASGI application, made from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from photochrom.batch.stopping import Stopped
from photochrom.inference import WeightsError
from photochrom.photos import PhotoError
from photochrom.web import colorize_routes, job_routes, operation_routes, photograph_routes
from photochrom.web.body_limits import MULTIPART_ROOM, BodyLimits
from photochrom.web.guard import Guard
from photochrom.web.openapi import DESCRIPTION
from photochrom.web.page_routes import page_routes
from photochrom.web.problems import Problem, problem_of, problem_response
from photochrom.web.request_log import RequestLog
from photochrom.web.service import Service
from photochrom.web.settings import Settings, megabytes

JSON_BYTES = 1_000_000  # of a body that carries no photograph
OPENAPI_PATH = "/api/v1/openapi.json"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The page and the API.

    Args:
        settings: None for the defaults.
    Returns: an ASGI application; its lifespan must be run, as every ASGI server does.
    Raises: WeightsError for weights that are not there.

    Example:
        >>> app = create_app(Settings(workers=2))
        >>> app.state.service.settings.workers
        2
    """
    settings = settings or Settings()
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        prepare_libvips()
        async with service.running():
            yield

    app = FastAPI(
        title="photochrom",
        version=version("photochrom"),
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=OPENAPI_PATH,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in (colorize_routes.router, photograph_routes.router, job_routes.router, operation_routes.router):
        app.include_router(router)
    app.routes.extend(page_routes())
    for error in (Problem, PhotoError, WeightsError, MemoryError):
        app.add_exception_handler(error, _answer_known)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Stopped, _answer_nobody)
    # The last one added is the outermost.
    app.add_middleware(BodyLimits, limit_of=_limits(settings), seconds=settings.upload_seconds)
    app.add_middleware(Guard, hosts=settings.hosts, token=settings.token)
    app.add_middleware(RequestLog, metrics=service.metrics)
    return app


def prepare_libvips() -> None:
    """Keep libvips to the loaders that strangers' files may reach, and from keeping their pictures."""
    import pyvips

    from photochrom.photos.untrusted import restrict_loaders

    restrict_loaders()
    pyvips.cache_set_max(0)  # it would remember decoded pictures for later requests


def _limits(settings: Settings) -> Callable[[str], int]:
    limits = {
        "/api/v1/colorize": settings.upload_bytes + MULTIPART_ROOM,
        "/api/v1/photographs": settings.upload_bytes + MULTIPART_ROOM,
        "/api/v1/jobs": megabytes(settings.job_megabytes) + MULTIPART_ROOM,
    }
    return lambda path: limits.get(path, JSON_BYTES)


async def _answer_known(_: Request, error: Exception) -> Response:
    problem = problem_of(error)
    assert problem is not None
    return problem_response(problem)


async def _answer_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _NEXT.get(error.status_code, "")
    return problem_response(Problem(error.status_code, said, dict(error.headers or {})))


async def _answer_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])[:80]
    return problem_response(Problem(422, f"{where}: {first['msg']}" if where else str(first["msg"])))


async def _answer_nobody(_: Request, __: Exception) -> Response:
    """The client has left; what is answered here goes nowhere, and is logged as 499."""
    return Response(status_code=499)


_NEXT = {
    404: "there is nothing at this path; see /api/v1/openapi.json",
    405: "this path takes another method; see Allow",
}
