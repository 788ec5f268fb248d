"""The color-vision check, as a participant meets it: plates under names that tell nothing, judged on the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from photochrom.study.manifest import Plate, Study
from photochrom.study.tokens import keyed_digest
from photochrom.study.trial_record import ColorVision
from photochrom.web.problems import Problem

DIGITS = tuple("0123456789")


class PlateCheck:
    """The plates of a study; threads may share it.

    Args:
        study: whose plates are shown.
        key: of their names.
    """

    def __init__(self, study: Study, key: bytes) -> None:
        self._plates = study.plates
        self._key = key

    def shown_to(self, participant: int) -> list[dict[str, Any]]:
        """Addresses and possible answers, in the order in which the plates are shown."""
        return [
            {"address": f"/plates/{self._name(participant, place)}", "choices": DIGITS}
            for place in range(len(self._plates))
        ]

    def file(self, participant: int, name: str) -> Path | None:
        """The plate of this name in a participant's session; None for a name of nobody's, or somebody else's."""
        places = range(len(self._plates))
        return next((self._plates[each].file for each in places if self._name(participant, each) == name), None)

    def judge(self, answers: list[str]) -> ColorVision:
        """What the answers say. Raises: Problem unless there is one answer for each plate."""
        if len(answers) != len(self._plates):
            raise Problem(422, f"answers: {len(self._plates)} are wanted, one for each plate, got {len(answers)}")
        return judged(self._plates, answers)

    def _name(self, participant: int, place: int) -> str:
        return keyed_digest(self._key, "plate", str(participant), str(place))[:32]


def judged(plates: tuple[Plate, ...], answers: list[str]) -> ColorVision:
    """Color vision by the plates that were read.

    A control is read by everybody: who misses one has another trouble than color vision, and nothing is said about it.
    A kind of color vision is failed by missing more than half of its plates; a single slip is no finding.

    Example:
        >>> plates = tuple(Plate(kind, "7", "", Path()) for kind in ("control", "protan", "protan"))
        >>> judged(plates, ["7", "7", ""]), judged(plates, ["7", "", "1"]), judged(plates, ["", "7", "7"])
        ('passed', 'failed', 'unclear')
    """
    missed: dict[str, list[bool]] = {}
    for plate, answer in zip(plates, answers, strict=True):
        missed.setdefault(plate.kind, []).append(answer != plate.digit)
    if any(missed.pop("control", [])):
        return "unclear"
    return "failed" if any(sum(each) > len(each) / 2 for each in missed.values()) else "passed"
