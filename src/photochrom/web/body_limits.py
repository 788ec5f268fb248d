"""Bodies that end: a limit of bytes and of seconds for every request, while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAIN_SECONDS = 5.0  # how long a refused upload is read and thrown away, so that its sender sees the answer
MULTIPART_ROOM = 1_000_000  # bytes beside the photographs: boundaries, part headers, fields


class BodyLimits:
    """ASGI middleware. The body is counted as it comes; nothing is kept here.

    Args:
        app: what answers.
        limit_of: bytes that the body of a request to this path may have.
        seconds: until the body must be complete.
    """

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int], seconds: float) -> None:
        self.app = app
        self.limit_of = limit_of
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(Headers(scope=scope), receive, self.limit_of(scope["path"]), self.seconds)

        async def send_after_draining(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                await body.drain()
            await send(message)

        await self.app(scope, body.receive, send_after_draining)


class _Body:
    """The body of one request on its way in."""

    def __init__(self, headers: Headers, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._waits_for_leave = "100-continue" in headers.get("expect", "").lower()
        self._ended = "content-length" not in headers and "transfer-encoding" not in headers
        self._announced = int(headers["content-length"]) if headers.get("content-length", "").isdigit() else 0

    async def receive(self) -> Message:
        """The next message. Raises: HTTPException, 413 for too many bytes, 408 for too many seconds."""
        if self._ended:
            return await self._receive()
        if self._announced > self._limit:  # before the sender is given leave to send
            raise self._too_large()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            raise HTTPException(
                408, "the body did not arrive in time; send it faster, or a smaller one", {"Connection": "close"}
            ) from None
        self._take(message)
        if self._count > self._limit:
            raise self._too_large()
        return message

    async def drain(self) -> None:
        """Read and drop what a refused sender is still sending: many read no answer before they have sent it all."""
        if self._ended or (self._waits_for_leave and self._count == 0):
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._ended:
                    self._take(await self._receive())
        except TimeoutError:
            self._ended = True

    def _take(self, message: dict[str, Any] | Message) -> None:
        self._count += len(message.get("body", b""))
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"the body is over the limit of {self._limit / 1e6:g} MB; send a smaller one")
