"""What goes wrong, as an answer: one JSON form for all errors, as RFC 9457 describes it.

    Problem
    ├── Overloaded    503 with Retry-After: the queue or the memory is full, or a photograph took too long
    └── TooLarge      413: more bytes than the limit

The detail is one line that says what to do. It never holds a path or a header of the client's.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

from photochrom.inference import WeightsError
from photochrom.photos import OutOfMemory, OversizedPhoto, PhotoError, UnreadablePhoto, UnsupportedPhoto

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be answered as asked.

    Attributes:
        status: of HTTP, 400..599.
        detail: one line: what was wrong, and what to do.
        headers: of the answer.
    """

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class Overloaded(Problem):
    """There is no room now; the same request may succeed later."""

    def __init__(self, detail: str, retry_after: float = 1.0) -> None:
        super().__init__(503, detail, {"Retry-After": str(max(1, round(retry_after)))})


class TooLarge(Problem):
    """The body, or a part of it, has more bytes than the limit."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(413, f"{what} is over the limit of {limit / 1e6:g} MB; send a smaller one")


def problem_of(error: Exception) -> Problem | None:
    """The answer to an error of the package's own rooms; None for one that nobody foresaw.

    Example:
        >>> problem_of(OversizedPhoto("200 megapixels are over the limit of 100")).status
        413
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, OversizedPhoto):
        return Problem(413, str(error))
    if isinstance(error, UnreadablePhoto | UnsupportedPhoto):
        return Problem(415, str(error))
    if isinstance(error, OutOfMemory):
        return Overloaded(str(error), 10)
    if isinstance(error, PhotoError):
        return Problem(422, str(error))
    if isinstance(error, WeightsError):
        return Overloaded("the network cannot be loaded; the server's log says why", 60)
    if isinstance(error, MemoryError):
        return Overloaded("the server is out of memory; try again later, or send a smaller photograph", 10)
    return None


def problem_response(problem: Problem) -> JSONResponse:
    """The answer: `type`, `title`, `status` and `detail` of RFC 9457."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(content, problem.status, problem.headers, MEDIA_TYPE)
