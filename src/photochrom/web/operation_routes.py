"""For whoever runs the server: alive, ready, figures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from photochrom.web import metrics
from photochrom.web.openapi import PROBLEMS
from photochrom.web.problems import Overloaded
from photochrom.web.schemas import HealthSaid
from photochrom.web.service import Service

FORBIDDEN: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (401, 405, 421)}
router = APIRouter(tags=["operation"], responses=FORBIDDEN)


@router.get("/healthz", summary="Whether the process lives")
async def health() -> HealthSaid:
    """Asks nothing of the network: restart the process when this fails."""
    return HealthSaid(status="ok")


@router.get("/readyz", summary="Whether photographs can be colored", responses={503: PROBLEMS[503]})
async def readiness(request: Request) -> HealthSaid:
    """`503` while the network loads and once the server was told to stop: send requests elsewhere then."""
    service: Service = request.app.state.service
    if not service.ready:
        raise Overloaded("the network is not loaded, or the server is stopping")
    return HealthSaid(status="ready")


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"description": "Its text format", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def figures(request: Request) -> PlainTextResponse:
    """Requests, their times, photographs, queue and memory."""
    service: Service = request.app.state.service
    return PlainTextResponse(service.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})
