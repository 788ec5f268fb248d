"""What the page sends, field by field: whatever is not exactly this is refused before anything looks at it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints

Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{32}$")]
Text = Annotated[str, StringConstraints(max_length=256)]
Milliseconds = Annotated[FiniteFloat, Field(ge=0, le=86_400_000)]  # up to a day: a lid may be closed
Frames = Annotated[int, Field(ge=0, le=10_000_000)]
Pixels = Annotated[FiniteFloat, Field(ge=0, le=100_000)]
MOST_PLATES = 50


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Joining(_Said):
    """Consent was given."""

    token: Secret  # made by the browser, so that the same request again makes no second session
    parameters: Annotated[dict[Text, Text], Field(max_length=8)]
    consent: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Screen(_Said):
    """What the screen check found."""

    width: Pixels
    height: Pixels
    pixel_ratio: Annotated[FiniteFloat, Field(gt=0, le=32)]
    frame_ms: Milliseconds
    gray_steps: Annotated[int, Field(ge=0, le=11)]
    phone: bool


class Plates(_Said):
    """What a person read on the plates, in their order; "" is no number."""

    answers: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[0-9]{0,3}$")]], Field(max_length=MOST_PLATES)]


class Beginning(_Said):
    """A trial is about to be shown."""

    showing: Secret


class Answering(_Said):
    """A trial was answered."""

    showing: Secret
    chosen_slot: Annotated[int, Field(ge=0, le=1)]
    response_ms: Milliseconds
    shown_ms: Annotated[list[Milliseconds | None], Field(min_length=1, max_length=2)]
    frames: Annotated[list[Frames | None], Field(min_length=1, max_length=2)]
    frame_ms: Milliseconds | None
    hidden: bool


class Finishing(_Said):
    """All trials are over; Mechanical Turk's parameters say where that is handed in."""

    parameters: Annotated[dict[Text, Text], Field(max_length=8)]


class LinksWanted(_Said):
    """How many links the administrator wants."""

    count: Annotated[int, Field(ge=1, le=1000)]
