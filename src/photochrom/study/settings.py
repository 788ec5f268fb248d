"""What the study's server is told when it starts, in one frozen dataclass, refused when it cannot work."""

from __future__ import annotations

from dataclasses import dataclass

from photochrom.study.identity import MODES, Mode
from photochrom.study.tokens import digest
from photochrom.web.settings import LOOPBACK_HOSTS, SHORTEST_TOKEN

CONSENT = """\
You will see photographs whose colors are real, and photographs whose colors were made by a computer, and say which is \
which. It takes about {minutes} minutes. You may stop at any time, by closing this page.

Kept are your answers, how long you took, for how long each picture was on the screen, the size of this window, your \
screen's frame rate, and how you read a few color-vision plates. Your name, address and browser are not kept. {who}

If you ask for it, what ties the answers to you is removed.
"""
WHO = {
    "local": "Nothing says who you are, except a code if you were given one, and that is kept as a fingerprint.",
    "link": "Your personal link is kept as a fingerprint, so that it can be used once.",
    "prolific": "Your Prolific ID is kept as a fingerprint, so that you take part once.",
    "mturk": "Your Worker ID is kept as a fingerprint, so that you take part once.",
}


@dataclass(frozen=True)
class ServerSettings:
    """How one server lets people take part.

    Raises: ValueError for a value that cannot work, in one line.

    Example:
        >>> ServerSettings(mode="prolific")
        Traceback (most recent call last):
        ...
        ValueError: mode prolific needs the completion code of the study at Prolific; give it with --completion-code
    """

    mode: Mode = "local"
    hosts: tuple[str, ...] = LOOPBACK_HOSTS  # names in the Host header that are answered; () answers all
    admin_token: str | None = None  # bearer token of the administrator's page; None: there is no such page
    simulation_secret: str | None = None  # who sends it is marked as simulated; None: nobody is
    completion_code: str | None = None  # Prolific's, the same for everybody
    consent: str | None = None  # plain text, paragraphs with an empty line between; None: CONSENT
    contact: str | None = None  # whom participants may ask, as plain text

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, got {self.mode!r}")
        if self.mode == "prolific" and not self.completion_code:
            raise ValueError(
                "mode prolific needs the completion code of the study at Prolific; give it with --completion-code"
            )
        if self.completion_code and not (self.completion_code.isascii() and self.completion_code.isalnum()):
            raise ValueError(f"a completion code is letters and digits, got {self.completion_code!r}")
        for name in ("admin_token", "simulation_secret"):
            token = getattr(self, name)
            if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii()):
                raise ValueError(f"{name} must have at least {SHORTEST_TOKEN} ASCII characters, got {len(token)}")

    def consent_paragraphs(self, minutes: int) -> tuple[str, ...]:
        """The text that a participant agrees to.

        Args:
            minutes: that the study takes, for the text of ours.
        """
        text = CONSENT.format(minutes=minutes, who=WHO[self.mode]) if self.consent is None else self.consent
        paragraphs = tuple(" ".join(block.split()) for block in text.split("\n\n"))
        return tuple(paragraph for paragraph in paragraphs if paragraph)


def consent_digest(paragraphs: tuple[str, ...]) -> str:
    """How the text that was agreed to stands in the database."""
    return digest("\n\n".join(paragraphs))
