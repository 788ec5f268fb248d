"""How the colors of a photograph were made, as the note in its file tells it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Made:
    """The network and the choice behind colors; `photos.provenance` writes it into files.

    Example:
        >>> Made("lite", "0" * 64, 0.38).at(1.0).temperature
        1.0
    """

    model: str  # a name of the registry, or the file's
    sha256: str  # of the weights
    temperature: float  # of the annealed mean

    def at(self, temperature: float) -> Made:
        """The same at another temperature."""
        return replace(self, temperature=temperature)
