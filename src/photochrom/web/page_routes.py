"""The page: a fixed list of files of this package, read once. No path of a client's is ever looked up on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
INDEX = "index.html"


def page_routes() -> list[Route]:
    """One route for each file of the page; the index is `/`."""
    folder = files("photochrom.web") / "page"
    return [
        file_route("/" if file.name == INDEX else f"/page/{file.name}", file.name, file.read_bytes())
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(tuple(MEDIA_TYPES))
    ]


def file_route(path: str, name: str, content: bytes, *, rules: Mapping[str, str] | None = None) -> Route:
    """A route that answers with one file of a page.

    Args:
        path: at which it is found.
        name: of the file; what follows its last dot says what it is.
        content: its bytes.
        rules: further headers.
    """
    media_type = MEDIA_TYPES[name[name.rindex(".") :]]
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    # Asked for again each time, answered 304: a new version of the package is a new page at once.
    headers = {"ETag": tag, "Cache-Control": "no-cache", **(rules or {})}

    async def answer(request: Request) -> Response:
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return Route(path, answer, methods=["GET"], name=path)
