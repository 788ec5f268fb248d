"""Who takes part: four ways in, each with what it knows of a person, checked before anything is stored.

    local    one computer in a laboratory, a class or a museum: a code if the leader gives one, else nobody is known
    link     one secret token a participant, made by the server
    prolific PROLIFIC_PID, STUDY_ID and SESSION_ID in the address
    mturk    workerId, assignmentId, hitId and turkSubmitTo in the address

An identity is what may take part once. The proof is what its owner alone knows: with it a session goes on in another
browser; without it, an identity that is already in use is refused.

Source: https://docs.prolific.com and the ExternalQuestion page of the Amazon Mechanical Turk API reference, for the
parameters and where answers are submitted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Mode = Literal["local", "link", "prolific", "mturk"]
MODES: tuple[Mode, ...] = get_args(Mode)
PARAMETERS: dict[Mode, tuple[str, ...]] = {
    "local": ("participant",),
    "link": ("token",),
    "prolific": ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"),
    "mturk": ("workerId", "assignmentId", "hitId", "turkSubmitTo"),
}
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"  # Mechanical Turk's, for who only looks at a task
TURK_ORIGINS = ("https://www.mturk.com", "https://workersandbox.mturk.com")
PROLIFIC_COMPLETION = "https://app.prolific.com/submissions/complete"
_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,128}")  # letters enough for every market's names and a laboratory's codes


class IdentityError(Exception):
    """Parameters that name nobody; the message is one line for the person who followed the link."""


@dataclass(frozen=True)
class Identity:
    """One person, as one way in knows them."""

    mode: Mode
    name: str | None  # what may take part once; None: nobody is known, and the browser alone remembers
    proof: str | None = None  # a secret of its owner; None: none is known


def identify(mode: Mode, parameters: Mapping[str, str]) -> Identity:
    """The person behind the parameters of an address.

    Args:
        mode: the server's way in.
        parameters: names and values of the address; names that the mode does not know are left aside.
    Raises: IdentityError for a parameter that is absent, or holds anything but plain letters.

    Example:
        >>> identify("prolific", {"PROLIFIC_PID": "5f1", "STUDY_ID": "7a", "SESSION_ID": "9c"})
        Identity(mode='prolific', name='5f1', proof='9c')
    """
    if mode == "local":
        given = parameters.get("participant", "")
        return Identity(mode, _plain("participant", given) if given else None)
    if mode == "link":
        token = _plain("token", parameters.get("token", ""))
        return Identity(mode, token, token)
    if mode == "prolific":
        name, _, session = (_plain(key, parameters.get(key, "")) for key in PARAMETERS["prolific"])
        return Identity(mode, name, session)
    assignment = _plain("assignmentId", parameters.get("assignmentId", ""))
    if assignment == PREVIEW:
        raise IdentityError("this is the preview of the task; accept it to take part")
    if parameters.get("turkSubmitTo", "").rstrip("/") not in TURK_ORIGINS:
        raise IdentityError("turkSubmitTo is no address of Mechanical Turk; follow the link of the task again")
    return Identity(mode, _plain("workerId", parameters.get("workerId", "")), assignment)


def _plain(key: str, value: str) -> str:
    if not _PLAIN.fullmatch(value):
        what = "is missing from" if not value else "is not as it should be in"
        raise IdentityError(f"{key} {what} the address; follow the link that you were given")
    return value
