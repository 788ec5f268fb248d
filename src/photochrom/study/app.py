"""The study's server as an ASGI application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from photochrom.study import admin_routes, page_routes, participant_routes
from photochrom.study.manifest import Study
from photochrom.study.refusals import Refusal
from photochrom.study.service import Service
from photochrom.study.settings import ServerSettings
from photochrom.study.store import Store
from photochrom.web.body_limits import BodyLimits
from photochrom.web.guard import Guard
from photochrom.web.problems import Problem, problem_response
from photochrom.web.request_log import NO_ROUTE, RequestLog

BODY_BYTES = 16_000  # the largest honest body, of Mechanical Turk's parameters, has less than 2000
BODY_SECONDS = 20.0
THREADS = 16  # that wait for the database or the disk; as many connections may be open
log = logging.getLogger("photochrom.study")


def create_study_app(study: Study, store: Store, settings: ServerSettings) -> FastAPI:
    """The participants' page, its API and the administrator's page.

    Args:
        study: what is shown.
        store: where answers go; is closed when the application ends.
        settings: of the server.
    Returns: an ASGI application; its lifespan must be run, as every ASGI server does.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        store.close()

    app = FastAPI(
        title="photochrom study",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    service = Service(study, store, settings)
    app.state.service = service
    app.include_router(participant_routes.router)
    if settings.admin_token is not None:
        app.include_router(admin_routes.router)
    app.routes.extend(page_routes.study_page_routes(settings.mode, admin=settings.admin_token is not None))
    app.add_exception_handler(Refusal, _answer_refused)
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    # The last one added is the outermost.
    app.add_middleware(BodyLimits, limit_of=lambda _: BODY_BYTES, seconds=BODY_SECONDS)
    app.add_middleware(Guard, hosts=settings.hosts, token=None)
    app.add_middleware(RequestLog, metrics=service.metrics)
    return app


def _answer_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _refuse(request, Problem(error.status, str(error)))


def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _refuse(request, error)


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = (
        error.detail if error.detail != HTTPStatus(error.status_code).phrase else "see the address that you were given"
    )
    return _refuse(request, Problem(error.status_code, said, dict(error.headers or {})))


def _answer_invalid(request: Request, error: Exception) -> Response:
    """A body that is not as it should be: what was in it is neither told nor logged."""
    assert isinstance(error, RequestValidationError)
    return _refuse(request, Problem(422, f"{len(error.errors())} fields are not as this study's page sends them"))


def _refuse(request: Request, problem: Problem) -> Response:
    """Answer, and leave a line in the log that holds nothing of the client's: the route's pattern, not the path."""
    route = getattr(request.scope.get("route"), "path", NO_ROUTE)
    log.warning("refused %s %s with %d: %s", request.method, route, problem.status, problem.detail)
    return problem_response(problem)
