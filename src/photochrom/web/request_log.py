"""One line in the log for each request, and nothing of the client's in it: the route's pattern, never the path."""

from __future__ import annotations

import logging
import time
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photochrom.web.metrics import Metrics
from photochrom.web.problems import Problem, problem_response

log = logging.getLogger("photochrom.web")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_ROUTE = "(none)"


class ConnectionLost(Exception):
    """The answer could not be written."""


class RequestLog:
    """ASGI middleware: logs and counts each request, and answers those that failed unforeseen.

    Args:
        app: what answers.
        metrics: where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            try:
                await send(message)
            except Exception as error:  # each server has its own; all mean that the connection takes nothing more
                raise ConnectionLost from error
            if message["type"] == "http.response.start":
                status = message["status"]

        try:
            await self.app(scope, receive, send_and_see)
        except ConnectionLost:
            raise  # the client left, or wrote nonsense after its request: no fault of ours
        except Exception as error:
            log.error("%s", unforeseen(error))
            if status:
                raise ConnectionAbortedError("the answer was cut short") from None
            await problem_response(Problem(500, "something unforeseen went wrong; the server's log says where"))(
                scope, receive, send_and_see
            )
        finally:
            seconds = time.perf_counter() - start
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            method = scope["method"] if scope["method"] in METHODS else "(other)"
            # 499: the client left before it was answered.
            self.metrics.answered(route, method, status or 499, seconds)
            log.info("%s %s %d %.3f s", method, route, status or 499, seconds)


def unforeseen(error: Exception) -> str:
    r"""An error and where it happened, for the log: its message escaped, since it may quote a client.

    Example:
        >>> print(unforeseen(RuntimeError("a\nb")))
        unforeseen RuntimeError 'a\nb'
    """
    places = [f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in traceback.extract_tb(error.__traceback__)]
    where = " at " + " < ".join(reversed(places)) if places else ""
    return f"unforeseen {type(error).__name__} {str(error)[:200]!r}{where}"
