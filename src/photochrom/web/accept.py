"""Which form of answer the client takes: JSON, or the picture in one of the formats that are written.

Source: RFC 9110, section 12.5.1 (the Accept header).
"""

from __future__ import annotations

JSON = "application/json"
MEDIA_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/avif": ".avif",
}
MEDIA_TYPE_OF = {extension: media_type for media_type, extension in MEDIA_TYPES.items()}


def negotiate(accept: str, natural: str) -> str | None:
    """The best media type that the client takes.

    Args:
        accept: the Accept header; "" takes anything.
        natural: the extension that is taken where the client leaves the choice open.
    Returns: a media type: JSON's or a picture's; None where the client takes none of them.

    Example:
        >>> negotiate("application/json;q=0.5, image/webp", ".jpg")
        'image/webp'
        >>> negotiate("*/*", ".jpg")
        'image/jpeg'
        >>> negotiate("text/html", ".jpg") is None
        True
    """
    offered = [MEDIA_TYPE_OF[natural], *(kind for kind in MEDIA_TYPES if kind != MEDIA_TYPE_OF[natural]), JSON]
    ranges = [_range(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    weighed = [(_weight(kind, ranges), kind) for kind in offered]
    best, kind = max(weighed, key=lambda pair: pair[0])  # the first of equals
    return kind if best > 0 else None


def _range(text: str) -> tuple[str, float]:
    media_range, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                weight = 0.0
            weight = weight if weight == weight else 0.0  # a NaN
    return media_range, weight


def _weight(kind: str, ranges: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that the kind falls into."""
    for wanted in (kind, kind.partition("/")[0] + "/*", "*/*"):
        weights = [weight for media_range, weight in ranges if media_range == wanted]
        if weights:
            return max(weights)
    return 0.0
