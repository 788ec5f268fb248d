"""Everything that one server keeps: the networks, the threads, the memory budgets, sessions, jobs and figures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from photochrom.batch.stopping import Stop
from photochrom.inference import WeightsError
from photochrom.web.budget import MemoryBudget
from photochrom.web.choices import Choices
from photochrom.web.coloring import Colored, Models, color_file
from photochrom.web.jobs import Jobs
from photochrom.web.metrics import Metrics
from photochrom.web.sessions import PhotoSessions
from photochrom.web.settings import Settings, megabytes
from photochrom.web.workers import Workers

log = logging.getLogger("photochrom.web")
SWEEP_SECONDS = 30.0  # between two looks for what has expired


class Service:
    """One server's state, made from its settings.

    Photographs are colored in three lanes of threads, so that none waits behind another kind: `photographs` (requests
    and uploads of the page, with the queue), `choosing` (previews, quick) and the jobs' own.

    Raises: WeightsError for weights that are not there, ValueError for two models of the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.models = Models(settings)
        self.photographs = Workers(settings.threads, settings.queue, "color")
        self.choosing = Workers(settings.threads, settings.queue, "choose")
        self.job_lane = Workers(max(1, settings.threads // 2), settings.threads, "job")
        self.uploads = MemoryBudget(megabytes(settings.memory_megabytes))
        self.job_memory = MemoryBudget(megabytes(settings.job_megabytes))
        self.sessions = PhotoSessions(megabytes(settings.session_megabytes), settings.session_minutes * 60)
        self.jobs = Jobs(
            self.job_lane,
            self.color,
            seconds=settings.seconds,
            limit=settings.jobs,
            keep_seconds=settings.job_minutes * 60,
        )
        self.stopping = asyncio.Event()  # set when the server was told to stop: streams end
        self._loaded = False
        self._offer_gauges()

    def color(self, content: bytes, choices: Choices, stop: Stop) -> Colored:
        """Color one photograph and count it; runs in a worker's thread."""
        try:
            colored = color_file(self.models, content, choices, stop)
        except Exception:
            self.metrics.colored("failed")
            raise
        self.metrics.colored("colored")
        return colored

    @property
    def ready(self) -> bool:
        """Whether photographs can be colored now: the networks are loaded, and the server is not told to stop."""
        return self._loaded and not self.stopping.is_set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From the first request to the last: sweeps now and then, and ends what is left."""
        tasks = [asyncio.create_task(self._load(), name="load"), asyncio.create_task(self._sweep(), name="sweep")]
        try:
            yield
        finally:
            self.stopping.set()
            for task in tasks:
                task.cancel()
            await self.jobs.close()
            for lane in (self.photographs, self.choosing, self.job_lane):
                await asyncio.to_thread(lane.close)
            self.sessions.clear()

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(self._load_networks)
        except WeightsError as error:  # damaged: the server lives, is never ready, and says why
            log.error("%s", error)
            return
        self._loaded = True

    def _load_networks(self) -> None:
        for colorizer in self.models.all.values():
            _ = colorizer.predictor  # waits until it is loaded

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sessions.drop_expired()
            self.jobs.drop_expired()

    def _offer_gauges(self) -> None:
        gauge = self.metrics.gauge
        gauge("photochrom_busy_workers", "Threads that color a photograph.", lambda: self.photographs.busy)
        gauge("photochrom_waiting_requests", "Requests that wait for a thread.", lambda: self.photographs.waiting)
        gauge("photochrom_upload_bytes", "Uploads that are read or colored.", lambda: self.uploads.used)
        gauge("photochrom_sessions", "Photographs kept for the page.", lambda: len(self.sessions))
        gauge("photochrom_session_bytes", "Memory of those.", lambda: self.sessions.bytes)
        gauge("photochrom_jobs", "Jobs that are kept.", lambda: len(self.jobs))
        gauge("photochrom_job_bytes", "Memory of those.", lambda: self.job_memory.used)
