"""One person's way through a study, as the database keeps it: admission, checks, trials begun and answered, the end.

A trial is begun before its pictures are shown, and only once: the row that `begin` writes is why a reload cannot show
it twice. Only the trial begun last can be answered, under the name that its showing was given. Both may be asked again
in the same words, because an acknowledgement can be lost on the way; other words are refused.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select, update

from photochrom.study.assignment import Trial
from photochrom.study.database import Database
from photochrom.study.identity import Identity
from photochrom.study.refusals import NotInvited, OutOfOrder, TookPart, UnknownSession
from photochrom.study.tables import links, participants, studies, trials
from photochrom.study.tokens import digest, keyed_digest, new_completion_code

HASTE = 0.5  # an answer before this share of its pictures' time was not given by somebody who saw them


@dataclass(frozen=True)
class Session:
    """Where a participant stands."""

    row: int  # of the table of participants
    number: int  # of arrival
    mode: str
    simulated: bool
    screen_checked: bool
    color_vision_checked: bool
    begun: int  # trials
    pending: int | None  # number of the trial that was begun last, when it has neither an answer nor an interruption
    code: str | None  # of completion; None: not at the end


@dataclass(frozen=True)
class Answer:
    """What the page sends after a trial."""

    chosen_slot: int
    response_ms: float
    shown_ms: tuple[float | None, float | None]
    frames: tuple[int | None, int | None]
    frame_ms: float | None
    hidden: bool


class Sessions:
    """The participants' side of a study's database; threads may share it.

    Args:
        database: where the study is kept.
        study: its row.
        key: of identities.
    """

    def __init__(self, database: Database, study: int, key: bytes) -> None:
        self._database = database
        self._study = study
        self._key = key

    def admit(self, identity: Identity, token: str, *, consent: str, simulated: bool) -> Session:
        """Let a person in, or let one go on who was in.

        Args:
            identity: checked by identity.py.
            token: the secret that the browser made for this session; the same token asks for the same session.
            consent: digest of the text that was agreed to.
            simulated: whether this is no person; never changes afterwards.
        Raises: TookPart, NotInvited.
        """
        name = None if identity.name is None else self.identity_digest(identity.name)
        proof = None if identity.proof is None else digest(identity.proof)
        with self._database.writing() as connection:
            # The study's row is the lock under which numbers of arrival are given.
            connection.execute(select(studies.c.id).where(studies.c.id == self._study).with_for_update())
            known = connection.execute(_sessions().where(participants.c.session == digest(token))).one_or_none()
            if known is not None:
                if known.study != self._study or (name is not None and known.identity != name):
                    raise TookPart("this browser has a session under another name; open the link in a private window")
                return _session(connection, known)
            if identity.mode == "link" and not self._is_link(connection, name):
                raise NotInvited("this link is not of this study; check that it is complete")
            if name is not None:
                here = (participants.c.study == self._study) & (participants.c.identity == name)
                known = connection.execute(_sessions().where(here)).one_or_none()
            if known is None:
                return self._start(connection, identity, name, proof, token, consent, simulated)
            if proof is None or known.proof != proof:
                raise TookPart("you have taken part in this study, or have begun in another browser; thank you")
            connection.execute(_change(known.id, session=digest(token)))
            return _session(connection, known)

    def of_token(self, token: str) -> Session:
        """The session of a browser. Raises: UnknownSession."""
        with self._database.reading() as connection:
            return _session(connection, self._row(connection, token))

    def number_of(self, token: str) -> int:
        """The number of arrival in a browser's session, in one query: most requests need no more.

        Raises: UnknownSession.
        """
        with self._database.reading() as connection:
            number: int = self._row(connection, token).number
            return number

    def note_check(self, token: str, column: str, content: dict[str, Any] | str) -> None:
        """Keep what a check before the trials found; a second finding does not replace the first.

        Args:
            token: of the session.
            column: "screen" or "color_vision".
            content: for "screen" its measures, for "color_vision" one word.
        Raises: UnknownSession.
        """
        with self._database.writing() as connection:
            row = self._row(connection, token, lock=True)
            if getattr(row, column) is None:
                connection.execute(_change(row.id, **{column: content}))

    def begin(self, token: str, plan: Sequence[Trial], number: int, showing: str) -> None:
        """A trial is about to be shown. One before it that has no answer is from now on an interrupted one.

        Args:
            token: of the session.
            plan: the participant's trials in order.
            number: of the trial.
            showing: the page's own name for this showing.
        Raises: UnknownSession; OutOfOrder for any trial but the next.
        """
        with self._database.writing() as connection:
            row = self._row(connection, token, lock=True)
            session = _session(connection, row)
            if not (session.screen_checked and session.color_vision_checked):
                raise OutOfOrder("the checks of screen and colors come before the trials; load the page again")
            before = _trial(connection, session, number)
            if before is not None:
                if before.showing == showing and session.pending == number:
                    return  # the same page asks again: our first yes was lost
                raise OutOfOrder(f"trial {number} has been shown before; load the page again to go on")
            if session.begun >= len(plan) or plan[session.begun].number != number:
                raise OutOfOrder(f"trial {number} is not the next one; load the page again to go on")
            _interrupt(connection, session)
            connection.execute(
                insert(trials).values(
                    participant=session.row, number=number, showing=showing, begun=time.time(), interrupted=False
                )
            )

    def answer(
        self, token: str, number: int, showing: str, answer: Answer, *, on_time: bool, least_seconds: float
    ) -> None:
        """Keep an answer.

        Args:
            token: of the session.
            number: of the trial.
            showing: as it was begun.
            answer: what was chosen and measured.
            on_time: whether the pictures were shown as long as they should.
            least_seconds: what the trial takes at least, from its beginning; simulated sessions may be faster.
        Raises: UnknownSession; OutOfOrder for a trial that is not the one begun last, or that has another answer.
        """
        values = _columns(answer, on_time)
        with self._database.writing() as connection:
            row = self._row(connection, token, lock=True)
            session = _session(connection, row)
            begun = _trial(connection, session, number)
            if begun is None or begun.showing != showing:
                raise OutOfOrder(f"trial {number} was not shown by this page; load the page again to go on")
            if begun.answered is not None:
                if all(getattr(begun, name) == value for name, value in values.items()):
                    return  # sent again because our first yes was lost
                raise OutOfOrder(f"trial {number} has another answer already; load the page again to go on")
            if session.pending != number:
                raise OutOfOrder(f"trial {number} was interrupted and is over; load the page again to go on")
            now = time.time()
            if not session.simulated and now - begun.begun < HASTE * least_seconds:
                raise OutOfOrder(f"the answer to trial {number} came before its pictures; load the page again")
            here = (trials.c.participant == session.row) & (trials.c.number == number)
            connection.execute(update(trials).where(here).values(answered=now, **values))

    def finish(self, token: str, plan: Sequence[Trial]) -> str:
        """The end of a session whose trials are all over.

        Returns: the participant's completion code; the same one each time.
        Raises: UnknownSession; OutOfOrder while trials are due.
        """
        with self._database.writing() as connection:
            row = self._row(connection, token, lock=True)
            session = _session(connection, row)
            if session.code is not None:
                return session.code
            if session.begun < len(plan):
                raise OutOfOrder(f"{len(plan) - session.begun} trials are still due; load the page again to go on")
            _interrupt(connection, session)
            code = new_completion_code()
            connection.execute(_change(session.row, completed=time.time(), code=code))
            return code

    def identity_digest(self, name: str) -> str:
        """How an identity stands in the database."""
        return keyed_digest(self._key, "identity", name)

    def _row(self, connection: Connection, token: str, *, lock: bool = False) -> Row[Any]:
        query = _sessions().where((participants.c.session == digest(token)) & (participants.c.study == self._study))
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise UnknownSession
        return row

    def _is_link(self, connection: Connection, name: str | None) -> bool:
        here = (links.c.study == self._study) & (links.c.identity == name)
        return connection.execute(select(links.c.made).where(here)).one_or_none() is not None

    def _start(
        self,
        connection: Connection,
        identity: Identity,
        name: str | None,
        proof: str | None,
        token: str,
        consent: str,
        simulated: bool,
    ) -> Session:
        last = select(func.max(participants.c.number)).where(participants.c.study == self._study)
        before = connection.execute(last).scalar_one()
        connection.execute(
            insert(participants).values(
                study=self._study,
                number=0 if before is None else before + 1,
                mode=identity.mode,
                simulated=simulated,
                identity=name,
                proof=proof,
                session=digest(token),
                consent=consent,
                started=time.time(),
            )
        )
        return _session(connection, self._row(connection, token))


def _sessions() -> Any:
    return select(participants)


def _change(row: int, **values: Any) -> Any:
    return update(participants).where(participants.c.id == row).values(values)


def _session(connection: Connection, row: Row[Any]) -> Session:
    over = trials.c.answered.is_not(None) | trials.c.interrupted
    pending = func.max(case((~over, trials.c.number)))  # there is one at most
    counted = select(func.count().label("begun"), pending.label("pending")).where(trials.c.participant == row.id)
    so_far = connection.execute(counted).one()
    return Session(
        row=row.id,
        number=row.number,
        mode=row.mode,
        simulated=row.simulated,
        screen_checked=row.screen is not None,
        color_vision_checked=row.color_vision is not None,
        begun=so_far.begun,
        pending=so_far.pending,
        code=row.code,
    )


def _trial(connection: Connection, session: Session, number: int) -> Row[Any] | None:
    here = (trials.c.participant == session.row) & (trials.c.number == number)
    return connection.execute(select(trials).where(here)).one_or_none()


def _interrupt(connection: Connection, session: Session) -> None:
    if session.pending is not None:
        here = (trials.c.participant == session.row) & (trials.c.number == session.pending)
        connection.execute(update(trials).where(here).values(interrupted=True))


def _columns(answer: Answer, on_time: bool) -> dict[str, Any]:
    return {
        "chosen_slot": answer.chosen_slot,
        "response_ms": answer.response_ms,
        "shown_ms_0": answer.shown_ms[0],
        "shown_ms_1": answer.shown_ms[1],
        "frames_0": answer.frames[0],
        "frames_1": answer.frames[1],
        "frame_ms": answer.frame_ms,
        "hidden": answer.hidden,
        "on_time": on_time,
    }
