"""Whose answers are left out, by rules that the manifest fixed before the first participant came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from photochrom.study.errors import StudyError
from photochrom.study.strict_json import read_dataclass
from photochrom.study.trial_record import ParticipantRecord, TrialRecord

_FEWEST_WATCHED = 3  # trials of vigilance: of fewer, an attentive person misses half too easily


@dataclass(frozen=True)
class Exclusions:
    """The rules. None of them looks at the answers to a system's pictures.

    Raises: StudyError for a value out of range.
    """

    incomplete: bool = True  # leave out who did not come to the end
    screen: bool = True  # leave out who failed the screen check
    color_vision: bool = True  # leave out who failed the plates (an unclear result stays)
    vigilance_below: float | None = (
        0.5  # leave out who recognized a smaller share of Random's pictures, of three or more
    )
    off_time_above: float | None = 0.2  # leave out whose displays were off by more than the tolerance more often
    off_time_trials: bool = True  # of the others, leave out the trials whose displays were off
    answer_before_ms: float | None = 100.0  # leave out trials answered sooner: nobody chooses so fast

    def __post_init__(self) -> None:
        for name in ("vigilance_below", "off_time_above"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise StudyError(f"exclusions: {name} is a share in 0..1 or null, got {value}")
        if self.answer_before_ms is not None and not 0 <= self.answer_before_ms <= 60_000:
            raise StudyError(
                f"exclusions: answer_before_ms must lie in 0..60000 or be null, got {self.answer_before_ms}"
            )

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Any) -> Exclusions:
        """Raises: StudyError for a field that is missing, unknown or of another type."""
        return read_dataclass(cls, content, "exclusions")


@dataclass(frozen=True)
class Kept:
    """What is left of the answers.

    Attributes:
        records: of the participants who stay, test and vigilance alike.
        reasons: of each participant who is left out, by number.
        off_time, too_fast: trials that were left out of the others, by rule.
    """

    records: list[TrialRecord]
    reasons: dict[int, list[str]]
    off_time: int
    too_fast: int


def apply(rules: Exclusions, participants: Sequence[ParticipantRecord], records: Sequence[TrialRecord]) -> Kept:
    """Leave out participants, then trials of those who stay.

    Args:
        rules: of the study's manifest.
        participants: everybody who started.
        records: their answers; practice may be among them and is never kept.
    """
    counted = [record for record in records if record.kind != "practice"]
    by_person: dict[int, list[TrialRecord]] = {}
    for record in counted:
        by_person.setdefault(record.participant, []).append(record)
    reasons = {}
    for person in participants:
        found = _reasons(rules, person, by_person.get(person.number, []))
        if found:
            reasons[person.number] = found
    staying = [record for record in counted if record.participant not in reasons]
    timely = [record for record in staying if record.on_time or not rules.off_time_trials]
    soonest = rules.answer_before_ms
    slow = [record for record in timely if soonest is None or record.response_ms >= soonest]
    return Kept(slow, reasons, len(staying) - len(timely), len(timely) - len(slow))


def _reasons(rules: Exclusions, person: ParticipantRecord, records: Sequence[TrialRecord]) -> list[str]:
    reasons = []
    if rules.incomplete and not person.complete:
        reasons.append("did not come to the end")
    if rules.screen and person.screen_passed is False:
        reasons.append("failed the screen check")
    if rules.color_vision and person.color_vision == "failed":
        reasons.append("failed the color-vision plates")
    watched = [record for record in records if record.kind == "vigilance"]
    recognized = sum(not record.labelled_real for record in watched)
    enough = len(watched) >= _FEWEST_WATCHED
    if rules.vigilance_below is not None and enough and recognized / len(watched) < rules.vigilance_below:
        reasons.append(f"recognized {recognized} of {len(watched)} of Random's pictures")
    off = sum(not record.on_time for record in records)
    if rules.off_time_above is not None and records and off / len(records) > rules.off_time_above:
        reasons.append(f"{off} of {len(records)} trials were off in time")
    return reasons
