"""What a participant does with a finished session, by the way they came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from photochrom.study.identity import PROLIFIC_COMPLETION, TURK_ORIGINS


def handing_in(mode: str, code: str, study_code: str | None, parameters: Mapping[str, str]) -> dict[str, Any]:
    """How the page ends.

    Args:
        mode: of the session.
        code: the participant's own.
        study_code: Prolific's, the same for everybody.
        parameters: of the address; Mechanical Turk's say where its form goes.
    Returns: the code to show, and the way: "next" (the same computer waits for somebody else), "code" (nothing more),
        "link" (an address to follow) or "form" (an address with fields).

    Example:
        >>> handing_in("prolific", "ABCD-EFGH", "C0FFEE", {})["address"]
        'https://app.prolific.com/submissions/complete?cc=C0FFEE'
    """
    end: dict[str, Any] = {"code": code, "way": "code", "address": None, "fields": {}}
    if mode == "local":
        end["way"] = "code" if parameters.get("participant") else "next"
    elif mode == "prolific":
        address = f"{PROLIFIC_COMPLETION}?{urlencode({'cc': study_code or ''})}"
        end |= {"code": study_code, "way": "link", "address": address}
    elif mode == "mturk":
        origin = parameters.get("turkSubmitTo", "").rstrip("/")
        if origin in TURK_ORIGINS:  # nobody else's address is ever handed to a browser
            fields = {"assignmentId": parameters.get("assignmentId", ""), "code": code}
            end |= {"way": "form", "address": f"{origin}/mturk/externalSubmit", "fields": fields}
    return end
