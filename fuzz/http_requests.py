"""Malformed HTTP against `photochrom serve`: no crash, no hang, no 5xx but the stated 503.

    python fuzz/http_requests.py [--requests 10000] [--examples 40] [--seed 0]

Two kinds. Bytes: requests that would be answered are mutated (bits, cuts, repeats, headers and lengths that lie) and
written to a socket as they are. Meaning: schemathesis makes requests from the server's own OpenAPI document, right and
wrong ones, and holds the answers against what the document promises; `--examples` of them for each operation.

The server runs in a process of its own, with the network that is embedded.
"""

from __future__ import annotations

import argparse
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

EXAMPLE = Path(__file__).parents[1] / "examples" / "cat.jpg"
PATIENCE = 20.0  # seconds without an answer and without an end: a hang
HANG_UP_AFTER = 0.1  # seconds in which most requests are answered
BOUNDARY = b"----------a-boundary"
HEADERS = (b"Content-Length", b"Transfer-Encoding", b"Content-Type", b"Host", b"Accept", b"Expect", b"Connection")
VALUES = (
    *(b"", b"0", b"-1", b"99999999999999999999", b"chunked", b"chunked, chunked", b"identity", b"\x00", b"\xff\xfe"),
    *(
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"image/png",
        b"text/html",
        b"100-continue",
        b"*/*;q=x",
    ),
    *(b"localhost", b"a" * 9000, b"../../etc/passwd", b"close, keep-alive", b"application/json", b"[::1"),
)


def main() -> None:
    """Fuzz, and say what was answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--examples", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with server() as (process, address):
        began = time.monotonic()
        answers = fuzz_bytes(address, arguments.requests, arguments.seed)
        print(f"{arguments.requests} mutated requests in {time.monotonic() - began:.0f} s: {dict(answers)}")
        if process.poll() is not None or httpx.get(f"{address}healthz").status_code != 200:
            raise SystemExit("the server did not live through it")
        tried = fuzz_meaning(address, arguments.examples, arguments.seed)
        print(f"{sum(tried.values())} requests from the OpenAPI document: {dict(sorted(tried.items()))}")
        assert process.poll() is None


def fuzz_bytes(address: str, count: int, seed: int) -> Counter[str]:
    """Send mutated requests.

    Returns: how often each status was answered; "closed" where the server ended the connection without one.
    Raises: AssertionError with the request, for a hang or a 5xx other than 503.
    """
    answers: Counter[str] = Counter()
    for request in mutated(count, seed):
        answer = exchange(address, request)
        assert answer != "hang", f"no answer within {PATIENCE:g} s to {request[:2000]!r}"
        assert not answer.startswith("5") or answer == "503", f"{answer} to {request[:2000]!r}"
        answers[answer] += 1
    return answers


def mutated(count: int, seed: int) -> Iterator[bytes]:
    """So many requests that nobody should send."""
    choose = random.Random(seed)
    whole = list(whole_requests())
    for _ in range(count):
        request = choose.choice(whole)
        for _ in range(choose.choice((1, 1, 2, 3, 6))):
            request = choose.choice(MUTATIONS)(request, choose)
        yield request


def whole_requests() -> Iterator[bytes]:
    """Requests that would be answered."""
    photo = EXAMPLE.read_bytes()[:4000]  # damaged, so that the network is rarely run: the parsers are what is tested
    form = (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n--" + BOUNDARY + b"\r\n"
        b'Content-Disposition: form-data; name="temperature"\r\n\r\n0.5\r\n--' + BOUNDARY + b"--\r\n"
    )
    kind = b"multipart/form-data; boundary=" + BOUNDARY
    for path in (b"/api/v1/colorize", b"/api/v1/photographs", b"/api/v1/jobs"):
        yield written(b"POST " + path, form, kind)
    yield written(b"POST /api/v1/colorize?saturation=1.2&hint=30%25,40%25,%23a03020", photo, b"image/jpeg")
    look = b'{"temperature": 0.4, "hints": [{"x": 0.5, "y": 0.5, "unit": "share", "color": "#a03020"}], "side": 64}'
    yield written(b"POST /api/v1/photographs/" + b"a" * 22 + b"/preview", look, b"application/json")
    entries = b'{"photographs": [{"id": "' + b"a" * 22 + b'", "format": "png"}]}'
    yield written(b"POST /api/v1/archive", entries, b"application/json")
    for path in (b"/", b"/page/app.js", b"/api/v1/models", b"/api/v1/jobs/" + b"a" * 22 + b"/events", b"/metrics"):
        yield written(b"GET " + path, b"", b"")


def written(line: bytes, body: bytes, kind: bytes) -> bytes:
    """A request as it goes over the wire."""
    headers = [line + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    if body:
        headers += [b"Content-Type: " + kind, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(headers) + b"\r\n\r\n" + body


def exchange(address: str, request: bytes, wait: float = HANG_UP_AFTER) -> str:
    """Write a request, wait a little, and hang up.

    Returns: the status that is answered, "closed" where the server ends the connection without one, or "hang".
    """
    place = urlsplit(address)
    answer = b""
    try:
        with socket.create_connection((place.hostname, place.port), timeout=wait) as connection:
            connection.sendall(request)
            with suppress(TimeoutError):
                answer = connection.recv(65536)
            # A server may wait for the rest of a request that was cut; for whoever has hung up it must not.
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(PATIENCE)
            while block := connection.recv(65536):
                answer = answer or block
    except TimeoutError:
        return "hang"
    except OSError:  # reset: the server would not read on
        return answer[9:12].decode("latin-1") or "closed"
    return answer[9:12].decode("latin-1") or "closed"


def flip(request: bytes, choose: random.Random) -> bytes:
    """Other values for a few bytes."""
    changed = bytearray(request)
    for _ in range(choose.choice((1, 2, 8))):
        changed[choose.randrange(len(changed))] = choose.randrange(256)
    return bytes(changed)


def cut(request: bytes, choose: random.Random) -> bytes:
    """Some bytes fewer, from anywhere."""
    start = choose.randrange(len(request))
    return request[:start] + request[start + choose.choice((1, 5, 100, len(request))) :] or b"\r\n"


def repeat(request: bytes, choose: random.Random) -> bytes:
    """A stretch of it again."""
    start = choose.randrange(len(request))
    stretch = request[start : start + choose.choice((1, 20, 300))]
    return request[:start] + stretch * choose.choice((2, 3, 50)) + request[start:]


def insert(request: bytes, choose: random.Random) -> bytes:
    """Something unexpected in the middle."""
    start = choose.randrange(len(request))
    return (
        request[:start] + choose.choice((*VALUES, b"\r\n", b"\r\n\r\n", BOUNDARY, b"%00", b"%", b'"')) + request[start:]
    )


def another_header(request: bytes, choose: random.Random) -> bytes:
    """One more header, which may contradict another."""
    line, _, rest = request.partition(b"\r\n")
    return line + b"\r\n" + choose.choice(HEADERS) + b": " + choose.choice(VALUES) + b"\r\n" + rest


def another_value(request: bytes, choose: random.Random) -> bytes:
    """Another value for a header that is there."""
    head, gap, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if len(lines) < 2:
        return request
    which = choose.randrange(1, len(lines))
    lines[which] = lines[which].partition(b":")[0] + b": " + choose.choice(VALUES)
    return b"\r\n".join(lines) + gap + body


def another_line(request: bytes, choose: random.Random) -> bytes:
    """Another method, path or version."""
    line, gap, rest = request.partition(b"\r\n")
    words = [*line.split(b" "), b"", b"", b""][:3]
    which = choose.randrange(3)
    words[which] = choose.choice(
        (
            (b"PUT", b"DELETE", b"get", b"TRACE", b"CONNECT", b"X" * 500, b""),
            (
                b"/" + b"a" * 20_000,
                b"//",
                b"*",
                b"/%00",
                b"/..%2f..%2fetc/passwd",
                b"http://evil/",
                b"/?" + b"&=" * 999,
            ),
            (b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.0", b"HTP", b"HTTP/1.1 x"),
        )[which]
    )
    return b" ".join(words) + gap + rest


MUTATIONS = (flip, cut, repeat, insert, another_header, another_value, another_line)


def fuzz_meaning(address: str, examples: int, seed: int) -> Counter[str]:
    """Requests that schemathesis makes from the OpenAPI document.

    Returns: how often each status was answered.
    Raises: what a check of schemathesis raises, for a 5xx other than 503, or an answer that is not documented.
    """
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis.errors import Unsatisfiable
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    statuses: Counter[str] = Counter()
    schema = schemathesis.openapi.from_url(f"{address}api/v1/openapi.json")
    modes = list(schemathesis.GenerationMode)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in modes:

            def run(case: schemathesis.Case) -> None:
                response = case.call(timeout=PATIENCE)
                statuses[str(response.status_code)] += 1
                checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
                if response.status_code != 503:
                    checks.append(not_a_server_error)
                case.validate_response(response, checks=checks)

            limited = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            # Nothing can be wrong about a request that takes nothing: Unsatisfiable, in the negative mode.
            with suppress(Unsatisfiable):
                seeded(seed)(limited(given(case=operation.as_strategy(generation_mode=mode))(run)))()
    return statuses


@contextmanager
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`photochrom serve` in a process of its own, and its address."""
    command = [sys.executable, "-m", "photochrom", "serve", "--port", "0", "--seconds", "10"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        while httpx.get(f"{address}readyz").status_code != 200:
            time.sleep(0.05)
        yield process, address
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
