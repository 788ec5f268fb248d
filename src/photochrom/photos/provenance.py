"""A note in the file that its colors are estimated: by which program, which weights, and how.

It is written as XMP properties (JPEG, PNG, TIFF, WebP, AVIF), beside what the photograph's own packet says, and as the
last program in EXIF's Software. For programs that ask, IPTC's DigitalSourceType says that a trained model made a part.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import pyvips

from photochrom.photos.fields import has_field
from photochrom.photos.xmp import with_description, without_description

NOTE_FIELD = "photochrom-note"  # of a pyvips.Image; not stored in any file under this name
STATEMENT = "Colors are estimated by photochrom"

NAMESPACES = {
    "photochrom": "urn:photochrom:provenance:1.0#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
# Source: IPTC Photo Metadata Standard 2023.2, Digital Source Type, and its vocabulary among the IPTC NewsCodes.
_SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType"
_WITH_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True)
class Provenance:
    """How a photograph got its colors.

    Raises: ValueError for a text with control characters, which no file could hold.

    Example:
        >>> Provenance("photochrom 0.1.0", "lite", "0" * 64, 0.38).summary()
        'photochrom 0.1.0 (Colors are estimated by photochrom)'
    """

    software: str  # with its version
    model: str  # the system's name, or its file's
    sha256: str  # of the weights
    temperature: float | None  # of the annealed mean; None where none was chosen
    made: date | None = None  # None: left out, so that the same photograph gives the same bytes on every day
    statement: str = STATEMENT

    def __post_init__(self) -> None:
        for name in ("software", "model", "sha256", "statement"):
            value = getattr(self, name)
            if not isinstance(value, str) or any(character < " " or character == "\x7f" for character in value):
                raise ValueError(f"{name} must be a line of text, got {value!r}")

    def summary(self) -> str:
        """One line, for fields that hold no more."""
        return f"{self.software} ({self.statement})".replace("; ", ", ")

    def properties(self) -> dict[str, str]:
        """The XMP properties."""
        values = {
            "photochrom:Statement": self.statement,
            "photochrom:Software": self.software,
            "photochrom:Model": self.model,
            "photochrom:ModelSHA256": self.sha256,
            "photochrom:Temperature": "" if self.temperature is None else f"{self.temperature:g}",
            "photochrom:Made": self.made.isoformat() if self.made else "",
        }
        return {name: value for name, value in values.items() if value}


def annotate(image: Any, note: Provenance | None) -> Any:
    """The picture with a note that goes into every file written of it; None takes an earlier one off.

    Args:
        image: pyvips.Image.
        note: see `Provenance`.
    Returns: the same picture, a new pyvips.Image.

    Example:
        >>> noted = annotate(pyvips.Image.black(32, 32), Provenance("photochrom 0.1.0", "lite", "0" * 64, 0.38))
        >>> note_of(noted).model
        'lite'
    """
    image = image.copy()
    if has_field(image, NOTE_FIELD):
        image.remove(NOTE_FIELD)
    if note is not None:
        fields = asdict(note) | {"made": note.made.isoformat() if note.made else None}
        image.set_type(pyvips.GValue.gstr_type, NOTE_FIELD, json.dumps(fields))
    return image


def note_of(image: Any) -> Provenance | None:
    """The note that the picture carries, None without one."""
    if not has_field(image, NOTE_FIELD):
        return None
    fields = json.loads(image.get(NOTE_FIELD))
    return replace(Provenance(**fields), made=date.fromisoformat(fields["made"]) if fields["made"] else None)


def packet_with_note(packet: bytes | None, note: Provenance) -> bytes | None:
    """The XMP packet with the note, merged into what is there; None for a packet that cannot be added to."""
    properties = note.properties()
    # What an archive said of its scan stays; what an earlier note said is replaced with it.
    if packet is None or b":DigitalSourceType" not in without_description(packet, NAMESPACES):
        properties[_SOURCE_TYPE] = _WITH_MODEL
    return with_description(packet, NAMESPACES, properties)
