"""What a server is allowed to do: every limit in one frozen dataclass, refused when it cannot work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from photochrom.inference.devices import Device, check_device

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_TOKEN = 16  # characters; shorter ones can be guessed over a network


@dataclass(frozen=True)
class Settings:
    """The limits of one server.

    Raises: ValueError for a value that cannot work, in one line.

    Example:
        >>> Settings(workers=2).in_flight
        66
    """

    models: tuple[str | Path, ...] = ("lite",)  # names of the registry or ONNX files; the first is the default
    device: Device = "auto"  # what runs the networks; "auto": the best that is installed, else the CPU
    token: str | None = None  # bearer token that every call under /api and /metrics must carry
    hosts: tuple[str, ...] = LOOPBACK_HOSTS  # names in the Host header that are answered; () answers all
    workers: int = 0  # photographs colored at the same time; 0: one for each core
    queue: int = 64  # requests that may wait for a worker; the next is answered 503
    seconds: float = 60.0  # of one request, waiting included
    upload_seconds: float = 120.0  # until an upload must be complete
    upload_megabytes: float = 64.0  # of one photograph as a file
    max_megapixels: float = 100.0  # of one photograph, judged by its header
    memory_megabytes: float = 512.0  # of all uploads that are being read or colored
    session_megabytes: float = 512.0  # of all photographs kept for the page
    session_minutes: float = 30.0  # a photograph nobody has asked about for so long is forgotten
    job_megabytes: float = 512.0  # of all jobs' photographs and results
    job_minutes: float = 60.0  # a finished job is forgotten after so long
    job_photographs: int = 500  # in one job
    jobs: int = 32  # kept at the same time
    grace_seconds: float = 30.0  # to finish what is running when the server is told to stop

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("a server needs at least one model; try models=('lite',)")
        check_device(self.device)
        if self.token is not None and (len(self.token) < SHORTEST_TOKEN or not self.token.isascii()):
            raise ValueError(
                f"token must have at least {SHORTEST_TOKEN} ASCII characters, got {len(self.token)}; "
                f'`python -c "import secrets; print(secrets.token_urlsafe())"` makes one'
            )
        if self.workers < 0 or self.queue < 0:
            raise ValueError(f"workers and queue must be 0 or more, got {self.workers} and {self.queue}")
        for name in ABOVE_ZERO:
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be a number above 0, got {getattr(self, name)}")

    @property
    def threads(self) -> int:
        """Photographs colored at the same time."""
        return self.workers or os.cpu_count() or 1

    @property
    def in_flight(self) -> int:
        """Requests at work or waiting."""
        return self.threads + self.queue

    @property
    def upload_bytes(self) -> int:
        """Of one photograph as a file."""
        return megabytes(self.upload_megabytes)


ABOVE_ZERO = (
    "seconds",
    "upload_seconds",
    "upload_megabytes",
    "max_megapixels",
    "memory_megabytes",
    "session_megabytes",
    "session_minutes",
    "job_megabytes",
    "job_minutes",
    "job_photographs",
    "jobs",
    "grace_seconds",
)


def megabytes(count: float) -> int:
    """Bytes of so many megabytes.

    Example:
        >>> megabytes(1.5)
        1500000
    """
    return int(count * 1e6)
