"""Forget one participant: remove what ties answers to a person."""

from __future__ import annotations

from pathlib import Path

from photochrom.study.manifest import Study
from photochrom.study.store import open_store


def forget(study_folder: Path, identity: str, database: str | None = None, *, answers: bool = False) -> bool:
    """Remove a person's identity, session, completion code and screen measures from a study.

    The answers stay, and nobody's name leads to them any more. A person who was forgotten is new to the study.

    Args:
        study_folder: of the study.
        identity: a local code, a link's token, a Prolific ID, a Worker ID, or a completion code.
        database: as for `serve`.
        answers: remove the answers as well.
    Returns: whether there was such a person.
    Raises: StudyError, StoreError.
    """
    store = open_store(database, Study.read(study_folder), create=False)
    try:
        return store.forget(identity, answers=answers)
    finally:
        store.close()
