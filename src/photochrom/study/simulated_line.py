"""A simulated participant's line to the server: the same requests as the page's, without a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from photochrom.study.assignment import Trial
from photochrom.study.errors import StudyError
from photochrom.study.manifest import Study
from photochrom.study.service import SIMULATED_HEADER
from photochrom.study.simulated_people import Response
from photochrom.study.tokens import new_token

API = "/api/study"
FRAME_MS = 1000 / 60  # of the screen that is pretended
SCREEN = {"width": 1280, "height": 800, "pixel_ratio": 1.0, "frame_ms": FRAME_MS, "gray_steps": 11, "phone": False}
SECONDS = 120.0  # for one reply


class LineError(StudyError):
    """A request that the server refused; the message is one line."""


class SimulatedLine:
    """One session over HTTP/1.1, on one connection.

    Args:
        address: of the server.
        secret: by which it knows that this is no person.
    """

    def __init__(self, address: str, secret: str) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        self._token = new_token()
        self._headers = {SIMULATED_HEADER: secret, "Authorization": f"Bearer {self._token}"}

    def join(self) -> int:
        """Give consent. Returns: the number of arrival."""
        consent = self.ask("GET", API)["consent_digest"]
        joined = self.ask("POST", f"{API}/session", {"token": self._token, "parameters": {}, "consent": consent})
        number: int = joined["participant"]
        return number

    def pass_checks(self, study: Study) -> None:
        """Pass the checks of screen and color vision, as people do who may stay."""
        self.ask("POST", f"{API}/screen", SCREEN)
        self.ask("POST", f"{API}/color-vision", {"answers": [plate.digit for plate in study.plates]})

    def load_pictures(self) -> int:
        """Bring every picture here. Returns: how many bytes came."""
        due = self.ask("GET", f"{API}/session")["trials"]
        return sum(len(self.fetch(address)) for trial in due for address in trial["addresses"])

    def begin(self, trial: Trial) -> str:
        """Say that a trial is about to be shown. Returns: the name of this showing."""
        showing = new_token()
        self.ask("POST", f"{API}/trials/{trial.number}/begin", {"showing": showing})
        return showing

    def answer(self, trial: Trial, showing: str, response: Response, slots: int) -> None:
        """Answer a trial; when this returns, the answer is on the server's disk."""
        shown = list(response.shown_ms[:slots])
        body = {
            "showing": showing,
            "chosen_slot": response.chosen_slot,
            "response_ms": response.response_ms,
            "shown_ms": shown,
            "frames": [None if each is None else round(each / FRAME_MS) for each in shown],
            "frame_ms": FRAME_MS,
            "hidden": False,
        }
        self.ask("POST", f"{API}/trials/{trial.number}/answer", body)

    def finish(self) -> str:
        """End the session. Returns: the completion code."""
        code: str = self.ask("POST", f"{API}/finish", {"parameters": {}})["code"]
        return code

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request. Raises: LineError for any answer but 200; OSError for a line that is down."""
        return json.loads(self.fetch(path, method, body))

    def fetch(self, path: str, method: str = "GET", body: Mapping[str, Any] | None = None) -> bytes:
        """The same, as bytes."""
        content = None if body is None else json.dumps(body)
        headers = self._headers if body is None else self._headers | {"Content-Type": "application/json"}
        self._connection.request(method, path, content, headers)
        reply = self._connection.getresponse()
        said = reply.read()
        if reply.status != 200:
            raise LineError(f"{method} {path} was answered {reply.status}: {said[:200].decode('utf-8', 'replace')}")
        return said

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
