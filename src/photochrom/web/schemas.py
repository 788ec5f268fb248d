"""The JSON of the API: what is asked and what is answered, with examples for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from photochrom.web.choices import DEFAULT_QUALITY, MAX_HINTS
from photochrom.web.sessions import ID_PATTERN

MAX_SAMPLE = 7  # alternatives 0..7; each costs the time of those before it
SMALLEST_SIDE, LARGEST_SIDE = 32, 2048  # pixels of a preview
FORMATS = Literal["jpg", "png", "webp", "tif", "avif"]


class Strict(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


class HintAsked(Strict):
    """A color given by hand for one place."""

    x: float = Field(ge=0, le=1e6, description="From the left edge of the upright photograph", examples=[0.3])
    y: float = Field(ge=0, le=1e6, description="From its upper edge", examples=[0.45])
    color: str = Field(pattern="^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", examples=["#a03020"])
    unit: Literal["pixels", "share"] = Field("share", description="Of x and y; shares run from 0 to 1")
    radius: float | None = Field(None, gt=0, le=1e6, description="How far the color may spread at most")


class Look(Strict):
    """Which colors are chosen from what the network said."""

    temperature: float | None = Field(None, gt=0, le=1, description="1 is calm, 0.1 is vivid; null: the model's")
    saturation: float = Field(1.0, ge=0, le=3, description="Times the chroma")
    white_balance: float | Literal["auto"] = Field(0.0, description="From -1, cool, to 1, warm; or auto")
    hints: list[HintAsked] = Field(default_factory=list, max_length=MAX_HINTS)
    sample: int | None = Field(None, ge=0, le=MAX_SAMPLE, description="A coherent alternative; null: the mean")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the alternatives")

    def as_options(self) -> dict[str, Any]:
        """The fields of `Options`."""
        return self.model_dump(include=set(Look.model_fields) - {"sample"})


class PreviewAsked(Look):
    """A small picture."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"temperature": 0.3, "saturation": 1.1, "side": 1024}]}
    )
    side: int = Field(1024, ge=SMALLEST_SIDE, le=LARGEST_SIDE, description="Pixels of the long side, at most")


class ResultAsked(Look):
    """The full-size picture."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"saturation": 1.1, "format": "png"}]})
    format: FORMATS | None = Field(None, description="null: as the upload, or PNG where that is not written")
    quality: int = Field(DEFAULT_QUALITY, ge=1, le=100, description="Of JPEG, WebP and AVIF")
    provenance: bool = Field(True, description="Note in the file that the colors are estimated")
    mark: bool = Field(False, description="Put a small visible mark into the picture")

    def as_options(self) -> dict[str, Any]:
        """The fields of `Options`."""
        return super().as_options() | {"provenance": self.provenance, "mark": self.mark}


class ArchiveEntry(ResultAsked):
    """One photograph of a ZIP."""

    id: str = Field(pattern=ID_PATTERN, description="As answered when the photograph was sent")


class ArchiveAsked(Strict):
    """Which photographs go into a ZIP."""

    photographs: list[ArchiveEntry] = Field(min_length=1, max_length=500)


class ProblemSaid(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["saturation must lie in 0..3 times the chroma, got 7.0; 1 changes nothing"])


class ColoredSaid(BaseModel):
    """One colored photograph, in JSON."""

    width: int = Field(examples=[512])
    height: int = Field(examples=[512])
    media_type: str = Field(examples=["image/jpeg"])
    image: str = Field(description="The file in base64", examples=["/9j/4AAQSkZJRgABAQ..."])
    model: str = Field(examples=["lite"])
    temperature: float | None = Field(description="null where the photograph's own colors were kept", examples=[0.38])
    already_colored: bool = Field(description="The photograph had colors of its own", examples=[False])


class ModelSaid(BaseModel):
    """One network that the server offers."""

    name: str = Field(examples=["lite"])
    system: str = Field(examples=["lite"])
    output: Literal["distribution", "point"] = Field(
        description="A distribution knows temperature, alternatives and uncertainty; a point does not"
    )
    default_temperature: float = Field(examples=[0.38])
    license: str = Field(examples=["Apache-2.0"])
    device: str = Field(description="What runs it", examples=["cpu"])
    description: str = Field(examples=["small and quick"])
    default: bool


class ModelsSaid(BaseModel):
    """All networks that the server offers, and its limits."""

    models: list[ModelSaid]
    max_megapixels: float = Field(examples=[100.0])
    max_upload_megabytes: float = Field(examples=[64.0])
    job_photographs: int = Field(examples=[500])
    version: str = Field(examples=["0.1.0"])


class PhotographSaid(BaseModel):
    """A photograph that is kept for a while, predicted."""

    id: str
    width: int = Field(examples=[512])
    height: int = Field(examples=[512])
    format: str = Field(examples=["JPEG"])
    extension: str = Field(description="Of a result whose format is left open", examples=["jpg"])
    already_colored: bool
    model: str = Field(examples=["lite"])
    default_temperature: float = Field(examples=[0.38])
    kept_minutes: float = Field(description="After the last use", examples=[30.0])


class JobPhotographSaid(BaseModel):
    """One photograph of a job."""

    number: int = Field(description="From 0, in the order of the upload")
    name: str = Field(examples=["grandmother.tif"])
    state: Literal["waiting", "running", "done", "failed"]
    detail: str = Field(description="Why it failed", examples=[""])


class JobSaid(BaseModel):
    """A job and how far it is."""

    id: str
    state: Literal["running", "ended"]
    total: int = Field(examples=[2])
    done: int = Field(examples=[1])
    failed: int = Field(examples=[0])
    photographs: list[JobPhotographSaid]


class HealthSaid(BaseModel):
    """Whether the server lives, or is ready."""

    status: Literal["ok", "ready"]
