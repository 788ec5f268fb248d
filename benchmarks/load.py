"""Load on `photochrom serve`: none lost, none wrong, how long, how much memory, and what overload answers.

    python benchmarks/load.py [--requests 200] [--clients 16] [--memory-photographs 1000] [--model FILE.onnx]

Three parts, each against a server in a process of its own on this machine:

1. Clients send photographs that all differ. Each reply must be, byte for byte, what the library makes of that very
   photograph: a reply that belongs to another request is found.
2. With `--memory-photographs`, so many photographs one after the other; resident memory is read from `/metrics` on the
   way. The first tenth fills caches and is not counted.
3. Far more clients than a server with a short queue takes: every answer is 200 or 503 with Retry-After, none hangs.

The clients run in this process and share the cores with the server, as a small machine's users do not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pyvips

from photochrom import Colorizer, Options
from photochrom.photos import encode_photograph

EXAMPLES = Path(__file__).parents[1] / "examples"
PATIENCE = 120.0  # seconds for one reply; longer counts as lost
MARK = 48  # pixels of the square whose pattern makes each photograph another one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--memory-photographs", type=int, default=0)
    parser.add_argument("--model", default="lite")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ", end="")
    print(f"load average {os.getloadavg()[0]:.1f} at the start\n")
    photographs = list(different_photographs(arguments.requests))
    sizes = sum(map(len, photographs)) / len(photographs) / 1000
    print(f"{len(photographs)} different photographs of about 0.25 megapixels, {sizes:.0f} kB each\n")
    failed = correctness(photographs, arguments.clients, arguments.model)
    if arguments.memory_photographs:
        memory(photographs, arguments.memory_photographs, arguments.model)
    failed |= overload(photographs, arguments.model)
    raise SystemExit(failed)


def correctness(photographs: list[bytes], clients: int, model: str) -> bool:
    """Part 1. Returns: whether a reply was lost or wrong."""
    colorizer = Colorizer.from_options(Options(model=model, provenance=False))
    expected = [digest(encode_photograph(colorizer.colorize(content).image(), ".jpg")) for content in photographs]
    with server("--model", model, "--queue", str(clients)) as address:
        began = time.perf_counter()
        replies = send_all(address, photographs, clients)
        seconds = time.perf_counter() - began
        peak = resident_megabytes(address)
    statuses = Counter(status for status, _, _ in replies)
    wrong = sum(
        status == 200 and digest(content) != right
        for (status, content, _), right in zip(replies, expected, strict=True)
    )
    lost = len(photographs) - statuses[200]
    times = sorted(took for _, _, took in replies)
    print(f"{clients} clients, {len(photographs)} requests: {lost} lost, {wrong} wrong, statuses {dict(statuses)}")
    print(
        f"{len(photographs) / seconds:.1f} photographs a second; a reply took {statistics.median(times):.2f} s "
        f"(median), {quantile(times, 0.95):.2f} s (p95), {times[-1]:.2f} s (longest); memory {peak:.0f} MB\n"
    )
    return bool(lost or wrong)


def memory(photographs: list[bytes], count: int, model: str) -> None:
    """Part 2."""
    readings = []
    with server("--model", model) as address, httpx.Client(timeout=PATIENCE) as client:
        for index in range(count):
            color(client, address, photographs[index % len(photographs)]).raise_for_status()
            if index % max(1, count // 20) == 0:
                readings.append((index, resident_megabytes(address)))
        readings.append((count, resident_megabytes(address)))
    counted = [(index, size) for index, size in readings if index >= count / 10]
    slope = np.polyfit(*np.array(counted, float).T, 1)[0] * 1000
    print(f"{count} photographs one after the other: " + ", ".join(f"{size:.0f}" for _, size in readings) + " MB")
    print(f"after the first tenth: {slope:+.1f} MB for each 1,000 photographs\n")


def overload(photographs: list[bytes], model: str) -> bool:
    """Part 3. Returns: whether something else than 200 or 503 was answered."""
    with server("--model", model, "--queue", "4") as address:
        began = time.perf_counter()
        replies = send_all(address, photographs[:100], 50)
        seconds = time.perf_counter() - began
        after = httpx.get(f"{address}readyz").status_code
    statuses = Counter(status for status, _, _ in replies)
    refused = sorted(took for status, _, took in replies if status == 503)
    slowest = f"{refused[-1]:.2f} s" if refused else "none"
    print(f"overload, 50 clients and a queue of 4: statuses {dict(statuses)} in {seconds:.1f} s, ", end="")
    print(f"slowest refusal {slowest}, ready afterwards: {after == 200}")
    return bool(set(statuses) - {200, 503}) or after != 200


def send_all(address: str, photographs: list[bytes], clients: int) -> list[tuple[int, bytes, float]]:
    """Status, content and seconds of each reply, in the order of the photographs; status 0 where none came."""
    with httpx.Client(timeout=PATIENCE, limits=httpx.Limits(max_connections=clients)) as client:

        def one(content: bytes) -> tuple[int, bytes, float]:
            began = time.perf_counter()
            try:
                reply = color(client, address, content)
            except httpx.HTTPError:
                return 0, b"", time.perf_counter() - began
            if reply.status_code == 503:
                assert int(reply.headers["Retry-After"]) >= 1
            return reply.status_code, reply.content, time.perf_counter() - began

        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(one, photographs))


def color(client: httpx.Client, address: str, content: bytes) -> httpx.Response:
    """One request."""
    return client.post(
        f"{address}api/v1/colorize?provenance=false", content=content, headers={"Content-Type": "image/jpeg"}
    )


def different_photographs(count: int) -> Iterator[bytes]:
    """The examples, each time with another pattern in a corner."""
    random = np.random.default_rng(0)
    gray = [
        pyvips.Image.new_from_file(str(path)).colourspace("b-w")[0].copy_memory()
        for path in sorted(EXAMPLES.glob("*.jpg"))
    ]
    for index in range(count):
        pattern = random.integers(0, 256, (MARK // 8, MARK // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        yield gray[index % len(gray)].insert(pyvips.Image.new_from_array(pattern), 0, 0).jpegsave_buffer(Q=90)


def digest(content: bytes) -> str:
    """Of a picture."""
    return hashlib.sha256(content).hexdigest()


def resident_megabytes(address: str) -> float:
    """The server's memory, as it says itself."""
    text = httpx.get(f"{address}metrics", timeout=PATIENCE).text
    found = re.search(r"^photochrom_memory_bytes (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1]) / 1e6


def quantile(ordered: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


@contextmanager
def server(*words: str) -> Iterator[str]:
    """The address of `photochrom serve` in a process of its own."""
    command = [sys.executable, "-m", "photochrom", "serve", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        while httpx.get(f"{address}readyz").status_code != 200:
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
