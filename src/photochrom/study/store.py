"""The database of a study: what people answered, who is still missing, and how somebody is forgotten."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from photochrom.study.assignment import trials_of
from photochrom.study.database import Database, StoreError
from photochrom.study.manifest import Study
from photochrom.study.sessions import Sessions
from photochrom.study.tables import FORMAT, links, participants, studies, trials
from photochrom.study.tokens import new_key, new_token
from photochrom.study.trial_record import ParticipantRecord, TrialRecord, labelled_real

FILE = "answers.sqlite"  # in the folder of the study, where no other database is named


@dataclass(frozen=True)
class Progress:
    """How far a study is; no answer and no identity is in it."""

    started: int
    complete: int
    simulated: int  # of those that started
    forgotten: int
    by_system: dict[str, tuple[int, int]]  # system, or all of them within a participant -> started, complete
    answers: int
    interrupted: int  # trials shown and left without an answer
    on_time: float | None  # share of the answered trials; None without any
    minutes: float | None  # median from the start to the end
    links: int  # made
    last: float | None  # seconds since 1970 of the last answer


class Store:
    """One study in its database; threads may share it.

    Args:
        database: is closed with the store.
        study: what was shown.
    """

    def __init__(self, database: Database, study: Study) -> None:
        self._database = database
        self._study = study
        self._row, self.key = self._open()
        self.sessions = Sessions(database, self._row, self.key)

    def records(self, study: Study) -> list[TrialRecord]:
        """Every answered trial, of finished and unfinished sessions, by participant and number.

        Args:
            study: the manifest by which the trials were assigned.
        Raises: StoreError for another study than this database's.
        """
        if study.hash != self._study.hash:
            raise StoreError(f"these answers belong to the study {self._study.hash[:12]}, not to {study.hash[:12]}")
        joined = trials.join(participants, trials.c.participant == participants.c.id)
        query = (
            select(trials, participants.c.number.label("arrival"), participants.c.simulated)
            .select_from(joined)
            .where(self._mine & trials.c.answered.is_not(None))
            .order_by(participants.c.number, trials.c.number)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        plans = {
            arrival: {each.number: each for each in trials_of(study, arrival)} for arrival in {r.arrival for r in rows}
        }
        return [_record(row, plans[row.arrival][row.number], study) for row in rows]

    def participants(self) -> list[ParticipantRecord]:
        """Everybody who started, by number of arrival; no name, no token."""
        query = select(participants).where(self._mine).order_by(participants.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            ParticipantRecord(
                number=row.number,
                complete=row.completed is not None,
                screen_passed=None if row.screen is None else row.screen["passed"],
                color_vision=row.color_vision,
                started=datetime.fromtimestamp(row.started, UTC).date().isoformat(),
                simulated=row.simulated,
            )
            for row in rows
        ]

    def progress(self) -> Progress:
        """Counts for the administrator."""
        everybody = self.participants()
        started: Counter[str] = Counter()
        complete: Counter[str] = Counter()
        for each in everybody:
            group = self._group(each.number)
            started[group] += 1
            complete[group] += each.complete
        with self._database.reading() as connection:
            here = trials.c.participant.in_(select(participants.c.id).where(self._mine))
            answered = here & trials.c.answered.is_not(None)
            timely = connection.execute(_count(trials, answered & trials.c.on_time)).scalar_one()
            answers = connection.execute(_count(trials, answered)).scalar_one()
            interrupted = connection.execute(_count(trials, here & trials.c.interrupted)).scalar_one()
            last = connection.execute(select(func.max(trials.c.answered)).where(here)).scalar_one()
            made = connection.execute(_count(links, links.c.study == self._row)).scalar_one()
            anonymous = self._mine & participants.c.session.is_(None)
            forgotten = connection.execute(_count(participants, anonymous)).scalar_one()
            spans = connection.execute(
                select(participants.c.completed - participants.c.started).where(
                    self._mine & participants.c.completed.is_not(None)
                )
            ).scalars()
            seconds = sorted(spans)
        return Progress(
            started=len(everybody),
            complete=sum(complete.values()),
            simulated=sum(each.simulated for each in everybody),
            forgotten=forgotten,
            by_system={group: (started[group], complete[group]) for group in sorted(started)},
            answers=answers,
            interrupted=interrupted,
            on_time=timely / answers if answers else None,
            minutes=seconds[len(seconds) // 2] / 60 if seconds else None,
            links=made,
            last=last,
        )

    def add_links(self, count: int) -> list[str]:
        """Make personal links: tokens that are shown now and never again, because only their digests are kept."""
        tokens = [new_token() for _ in range(count)]
        rows = [
            {"study": self._row, "identity": self.sessions.identity_digest(token), "made": time.time()}
            for token in tokens
        ]
        with self._database.writing() as connection:
            if rows:
                connection.execute(insert(links), rows)
        return tokens

    def forget(self, identity: str, *, answers: bool = False) -> bool:
        """Remove what ties answers to a person, and the screen's measures; the answers stay, and are nobody's.

        Args:
            identity: as they came in (a code, a link's token, a Prolific or Worker ID), or their completion code.
            answers: remove the answers as well.
        Returns: whether there was such a person.
        """
        name = self.sessions.identity_digest(identity)
        with self._database.writing() as connection:
            whose = self._mine & ((participants.c.identity == name) | (participants.c.code == identity))
            rows = connection.execute(select(participants.c.id).where(whose).with_for_update()).scalars().all()
            link = (links.c.study == self._row) & (links.c.identity == name)
            dropped = connection.execute(delete(links).where(link)).rowcount
            for row in rows:
                self._forget(connection, row, answers)
            return bool(rows or dropped)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @property
    def _mine(self) -> ColumnElement[bool]:
        return participants.c.study == self._row

    def _open(self) -> tuple[int, bytes]:
        """The study's row, made when this is the first time. Raises: StoreError for tables of another form."""
        here = select(studies).where(studies.c.hash == self._study.hash)
        with self._database.reading() as connection:
            row = connection.execute(here).one_or_none()
        if row is None:
            with self._database.writing() as connection:
                row = connection.execute(here).one_or_none()
                if row is None:
                    values = {"hash": self._study.hash, "format": FORMAT, "key": new_key(), "opened": time.time()}
                    connection.execute(insert(studies).values(values))
                    row = connection.execute(here).one()
        if row.format != FORMAT:
            raise StoreError(
                f"the database has format {row.format}, this version reads {FORMAT}; use the version that wrote it"
            )
        return row.id, row.key

    def _group(self, number: int) -> str:
        systems = {trial.system for trial in trials_of(self._study, number) if trial.kind == "test"}
        return " + ".join(sorted(systems))

    def _forget(self, connection: Connection, row: int, answers: bool) -> None:
        one = participants.c.id == row
        screen = connection.execute(select(participants.c.screen).where(one)).scalar_one()
        kept = None if screen is None else {"passed": screen["passed"]}
        nothing = {"identity": None, "proof": None, "session": None, "code": None}
        connection.execute(update(participants).where(one).values(nothing | {"screen": kept}))
        if answers:
            connection.execute(delete(trials).where(trials.c.participant == row))


def open_store(url: str | None, study: Study, *, create: bool = True) -> Store:
    """The database of a study.

    Args:
        url: of PostgreSQL, or the path of a SQLite file; None for `answers.sqlite` in the study's folder.
        study: whose answers it keeps; one database may keep several studies.
        create: make what is missing; False, for who only reads.
    Raises: StoreError for a database that cannot be used.
    """
    return Store(Database(url or str(Path(study.folder) / FILE), create=create), study)


def _record(row: Any, trial: Any, study: Study) -> TrialRecord:
    return TrialRecord(
        participant=row.arrival,
        system=trial.system,
        kind=trial.kind,
        number=row.number,
        photograph=trial.photograph,
        truth_slot=trial.truth_slot,
        chosen_slot=row.chosen_slot,
        labelled_real=labelled_real(study.design.presentation, trial.truth_slot, row.chosen_slot),
        response_ms=row.response_ms,
        shown_ms=(row.shown_ms_0, row.shown_ms_1),
        on_time=row.on_time,
        simulated=row.simulated,
    )


def _count(table: Any, where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(table).where(where)
