"""What the server refuses a participant: nothing is changed, the log has a line, the page a sentence.

Refusal
├── UnknownSession  401: the session's token is not known here (any more)
├── TookPart        403: this identity has taken part, or is taking part elsewhere
├── NotInvited      403: no link, no parameters, or a phone where phones are not allowed
└── OutOfOrder      409: another trial is due, this one was shown before, or it was answered otherwise
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that the study's rules forbid; the message is one line for the participant.

    Attributes:
        status: of HTTP.
    """

    status = 403


class UnknownSession(Refusal):
    """The session's token is not known here."""

    status = 401

    def __init__(self) -> None:
        super().__init__("this session is not known, or was continued in another browser; follow your link again")


class TookPart(Refusal):
    """An identity that has taken part, or is taking part."""


class NotInvited(Refusal):
    """Nobody whom this study waits for."""


class OutOfOrder(Refusal):
    """Not what is due now."""

    status = 409
