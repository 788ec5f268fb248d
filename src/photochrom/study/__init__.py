"""The perceptual realism test: can people tell a coloring from the photograph?

Names are looked up when they are used: who builds a study needs no server, and who reads one no libvips.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.study.analysis import analyze
    from photochrom.study.assignment import Trial, trials_of
    from photochrom.study.building import build
    from photochrom.study.design import PAPER, Design
    from photochrom.study.errors import StudyError
    from photochrom.study.exclusions import Exclusions
    from photochrom.study.manifest import Study
    from photochrom.study.report import StudyReport
    from photochrom.study.report_page import write_report
    from photochrom.study.simulated_people import SimulatedPeople, simulate_records
    from photochrom.study.trial_record import ParticipantRecord, TrialRecord

_HOMES = {
    "PAPER": "design",
    "Design": "design",
    "Exclusions": "exclusions",
    "ParticipantRecord": "trial_record",
    "SimulatedPeople": "simulated_people",
    "Study": "manifest",
    "StudyError": "errors",
    "StudyReport": "report",
    "Trial": "assignment",
    "TrialRecord": "trial_record",
    "analyze": "analysis",
    "build": "building",
    "simulate_records": "simulated_people",
    "trials_of": "assignment",
    "write_report": "report_page",
}

__all__ = [
    "PAPER",
    "Design",
    "Exclusions",
    "ParticipantRecord",
    "SimulatedPeople",
    "Study",
    "StudyError",
    "StudyReport",
    "Trial",
    "TrialRecord",
    "analyze",
    "build",
    "simulate_records",
    "trials_of",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'photochrom.study' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"photochrom.study.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
