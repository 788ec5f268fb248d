"""What FastAPI cannot derive for the OpenAPI document: bodies that are read by hand, and the answers to errors."""

from __future__ import annotations

from typing import Any

from photochrom.web.choices import DEFAULT_QUALITY
from photochrom.web.problems import MEDIA_TYPE
from photochrom.web.schemas import ProblemSaid

DESCRIPTION = """Believable color for black-and-white photographs. The colors are a guess of a network, never a record.

Every error has the same JSON form (RFC 9457), with one line that says what to do. `503` comes with `Retry-After`:
the queue or the memory is full, or a photograph took too long; the same request may succeed later."""

_MEANING = {
    400: "The form does not parse, or holds no photograph",
    401: "The server asks for its token",
    403: "A page of another site asked",
    404: "Not there, or no longer",
    405: "The path is there, under another method",
    406: "None of the forms in Accept can be answered",
    408: "The body did not arrive in time",
    413: "More bytes, pixels or parts than the limit",
    415: "No photograph that is read",
    421: "The server does not answer to this host name",
    422: "A choice that cannot be, or a damaged photograph",
    503: "Too much to do now: see Retry-After",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {MEDIA_TYPE: {"schema": ProblemSaid.model_json_schema()}},
        **(
            {"headers": {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}}
            if status == 503
            else {}
        ),
    }
    for status, meaning in _MEANING.items()
}

_WHITE_BALANCE = {"oneOf": [{"type": "number", "minimum": -1, "maximum": 1}, {"const": "auto"}]}
_CHOICES: dict[str, tuple[dict[str, Any], str]] = {
    "model": ({"type": "string"}, "One of GET /api/v1/models"),
    "temperature": (
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "1 is calm, 0.1 is vivid; the model's default otherwise",
    ),
    "saturation": ({"type": "number", "minimum": 0, "maximum": 3, "default": 1}, "Times the chroma"),
    "white_balance": (_WHITE_BALANCE | {"default": 0}, "From -1, cool, to 1, warm; or auto"),
    "working_size": (
        {"oneOf": [{"type": "integer", "minimum": 32, "maximum": 512}, {"const": "auto"}], "default": 256},
        "Pixels of the short side that the network sees",
    ),
    "hint": (
        {"type": "array", "items": {"type": "string", "examples": ["30%,45%,#a03020"]}},
        "A color for a place, X,Y,#RRGGBB in pixels or percent; may be repeated",
    ),
    "seed": ({"type": "integer", "minimum": 0, "default": 0}, "Of alternatives"),
    "keep_color": ({"type": "boolean", "default": False}, "Give a photograph that has colors back as it is"),
    "provenance": ({"type": "boolean", "default": True}, "Note in the file that the colors are estimated"),
    "mark": ({"type": "boolean", "default": False}, "Put a small visible mark into the picture"),
    "format": ({"type": "string", "enum": ["jpg", "png", "webp", "tif", "avif"]}, "Of the result"),
    "quality": (
        {"type": "integer", "minimum": 1, "maximum": 100, "default": DEFAULT_QUALITY},
        "Of JPEG, WebP and AVIF",
    ),
    "options": (
        {"type": "string", "examples": ['{"saturation": 1.2, "hints": ["30%,45%,#a03020"]}']},
        "The same choices as one JSON object",
    ),
}
CHOICE_PARAMETERS = [
    {"name": name, "in": "query", "required": False, "schema": schema, "description": meaning}
    for name, (schema, meaning) in _CHOICES.items()
]


def photo_body(meaning: str, *, many: bool = False) -> dict[str, Any]:
    """The request body of a route that takes photographs.

    Args:
        meaning: of the body.
        many: the part `photo` may be repeated.
    """
    file: dict[str, Any] = {"type": "string", "format": "binary", "description": "JPEG, PNG, TIFF, WebP, AVIF, GIF"}
    photo = {"type": "array", "items": file, "minItems": 1} if many else file
    fields = {name: schema | {"description": meaning} for name, (schema, meaning) in _CHOICES.items()}
    mask = {
        "type": "string",
        "format": "binary",
        "description": "A picture, stretched to the photograph: white is colored, black stays gray",
    }
    form = {"type": "object", "required": ["photo"], "properties": {"photo": photo, "mask": mask, **fields}}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if not many:
        content |= {kind: {"schema": file} for kind in ("image/*", "application/octet-stream")}
    return {"required": True, "description": meaning, "content": content}
