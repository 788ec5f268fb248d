"""Who is answered, and with which headers: host, origin and token are checked before any route runs."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photochrom.web.problems import Problem, problem_response

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PROTECTED = ("/api/", "/metrics")
WHO = "send the server's token as `Authorization: Bearer TOKEN`"
READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """ASGI middleware.

    Args:
        app: what answers.
        hosts: names in the Host header that are answered; () answers all. Against a stranger's name that resolves to
            this machine (DNS rebinding).
        token: what `Authorization: Bearer` must carry under PROTECTED; None asks for nothing.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str | None) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.token = None if token is None else token.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is None:
            await self.app(scope, receive, send_with_headers)
        else:
            await problem_response(refusal)(scope, receive, send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        if self.hosts and _without_port(host) not in self.hosts:
            return Problem(421, "this server does not answer to that name; start it with --allow-host NAME")
        if method not in READING and not _same_origin(headers, host):
            return Problem(403, "a page of another site may not use this server")
        if self.token is not None and path.startswith(PROTECTED) and not self._knows(headers):
            return Problem(401, WHO, {"WWW-Authenticate": "Bearer"})
        return None

    def _knows(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        assert self.token is not None
        # In constant time: how much of a guess was right must not show in how long the answer took.
        return (
            hmac.compare_digest(given.strip().encode("latin-1", "replace"), self.token) and scheme.lower() == "bearer"
        )


def _without_port(host: str) -> str:
    """The Host header without its port; an IPv6 address keeps its brackets.

    Example:
        >>> _without_port("[::1]:8000"), _without_port("LocalHost:8000")
        ('[::1]', 'localhost')
    """
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a browser sent this from our own page; programs send neither of the two headers."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or _authority(origin) == host.lower()


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # brackets that are no IPv6 address
        return ""
