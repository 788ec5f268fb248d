"""Fetch a photograph from an http(s) address: bounded in size and time, and looked at before it is decoded."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from photochrom.batch.errors import BatchError

MAX_BYTES = 256 << 20  # of one photograph
SILENCE = 30.0  # seconds without a byte
LONGEST = 600.0  # seconds for the whole
_CHUNK = 1 << 16  # bytes


def fetch(address: str, *, max_bytes: int = MAX_BYTES, silence: float = SILENCE, longest: float = LONGEST) -> bytes:
    """The bytes of a photograph behind an address.

    Only http and https are spoken, to wherever they lead: a redirection to a file or to FTP is refused.

    Args:
        address: http://... or https://...
        max_bytes: of the answer; more is refused as soon as it is known.
        silence: seconds without a byte before it is given up.
        longest: seconds for the whole.
    Returns: the whole answer, which begins as a photograph does.
    Raises: BatchError, in one line that names the address without its query.
    """
    shown = address.partition("?")[0]
    try:
        parts = urlsplit(address)
        named = parts.username is not None or parts.password is not None
        host = parts.hostname
    except ValueError:
        host, named = None, False
    if named:
        raise BatchError(f"{parts.scheme}://{host}: an address with a name and password is not taken; fetch it by hand")
    if host is None:
        raise BatchError(f"{shown}: this is no address; it has the form https://host/photo.jpg")
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "photochrom", "Accept": "image/*"})
        with _opener().open(request, timeout=silence) as response:
            return _read(response, shown, max_bytes, monotonic() + longest)
    except BatchError:
        raise
    except urllib.error.HTTPError as error:
        raise BatchError(
            f"{shown}: the server answered {error.code} {error.reason}; check the address in a browser"
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError and timeouts are OSErrors
        raise BatchError(
            f"{shown}: it could not be fetched ({_reason(error)}); check the address and the net"
        ) from None


def _read(response: Any, shown: str, max_bytes: int, end: float) -> bytes:
    from photochrom.photos import formats

    announced = response.headers.get("Content-Length", "")
    expected = int(announced) if announced.isdecimal() else None
    too_large = BatchError(f"{shown}: it has more than {max_bytes / 1e6:,.4g} MB; fetch it by hand and name the file")
    if expected is not None and expected > max_bytes:
        raise too_large
    content = bytearray()
    # read1: what has come, rather than waiting for a whole chunk of a slow sender
    while block := response.read1(_CHUNK):
        begun = len(content) >= formats.HEADER_BYTES
        content += block
        if len(content) > max_bytes:
            raise too_large
        if not begun and len(content) >= formats.HEADER_BYTES:
            _check_begins_as_photograph(bytes(content[: formats.HEADER_BYTES]), response, shown)
        if monotonic() > end:
            raise BatchError(f"{shown}: it came too slowly; fetch it by hand and name the file")
    if expected is not None and len(content) < expected:
        raise BatchError(f"{shown}: it broke off after {len(content):,} of {expected:,} bytes; try again")
    _check_begins_as_photograph(bytes(content[: formats.HEADER_BYTES]), response, shown)
    return bytes(content)


def _check_begins_as_photograph(header: bytes, response: Any, shown: str) -> None:
    from photochrom.photos import formats

    if formats.recognize(header) is None:
        kind = response.headers.get_content_type()
        raise BatchError(f"{shown}: what came is {kind}, no photograph; take the address of the picture itself")


def _opener() -> urllib.request.OpenerDirector:
    # Put together by hand: build_opener would add handlers of file: and ftp:.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())
