"""What the routes share: the study, its database, its plans, and the server's settings."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from photochrom.study.identity import IdentityError, identify
from photochrom.study.manifest import Study
from photochrom.study.plans import Plan, Plans
from photochrom.study.plate_check import PlateCheck
from photochrom.study.refusals import NotInvited, OutOfOrder, UnknownSession
from photochrom.study.schemas import Answering, Joining, Screen
from photochrom.study.sessions import Answer, Session, Sessions
from photochrom.study.settings import ServerSettings, consent_digest
from photochrom.study.store import Store
from photochrom.study.timing import minutes, on_time, showing_ms
from photochrom.study.tokens import same_secret
from photochrom.web.metrics import Metrics
from photochrom.web.problems import Problem

SIMULATED_HEADER = "x-photochrom-simulated"
LEAST_GRAY_STEPS = 9  # of 11: two of the darkest or brightest may run together on an ordinary screen


class Service:
    """One study being served; threads may share it.

    Args:
        study: what is shown.
        store: where answers go.
        settings: of the server.
    """

    def __init__(self, study: Study, store: Store, settings: ServerSettings) -> None:
        self.study = study
        self.store = store
        self.settings = settings
        self.metrics = Metrics()
        self.plans = Plans(study, store.key)
        self.plates = PlateCheck(study, store.key)
        self.consent = settings.consent_paragraphs(minutes(study.design))
        self.consent_digest = consent_digest(self.consent)

    @property
    def sessions(self) -> Sessions:
        """The participants' side of the database."""
        return self.store.sessions

    def join(self, request: Request, said: Joining) -> Session:
        """Let a participant in, or go on. Raises: Refusal."""
        if said.consent != self.consent_digest:
            raise OutOfOrder("the text of consent has changed; load the page again")
        try:
            identity = identify(self.settings.mode, said.parameters)
        except IdentityError as error:
            raise NotInvited(str(error)) from None
        return self.sessions.admit(identity, said.token, consent=said.consent, simulated=self._is_simulated(request))

    def participant(self, request: Request) -> tuple[str, int, Plan]:
        """Token, number of arrival and plan of whoever asks. Raises: UnknownSession."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnknownSession
        number = self.sessions.number_of(token)
        return token, number, self.plans.of(number)

    def note_screen(self, token: str, said: Screen) -> None:
        """Keep the screen check. Raises: NotInvited for a phone where phones are not allowed."""
        if said.phone and not self.study.design.phones:
            raise NotInvited("this study needs a larger screen than a phone's; open it on a computer or a tablet")
        wide, high = self.plans.room
        fits = self.study.design.phones or (said.width >= wide and said.height >= high)
        measures = said.model_dump() | {"passed": fits and said.gray_steps >= LEAST_GRAY_STEPS}
        self.sessions.note_check(token, "screen", measures)

    def answer(self, request: Request, number: int, said: Answering) -> int | None:
        """Keep an answer.

        Returns: where the photograph stood, after a practice trial; None after any other.
        Raises: Refusal; Problem for figures that do not fit the design.
        """
        token, _, plan = self.participant(request)
        trial = plan.trial(number)
        if trial is None:
            raise OutOfOrder("there is no such trial; load the page again")
        answer = self._answer(said)
        self.sessions.answer(
            token,
            number,
            said.showing,
            answer,
            on_time=on_time(self.study.design, answer),
            least_seconds=showing_ms(self.study.design) / 1000,
        )
        return trial.truth_slot if trial.kind == "practice" else None

    def _answer(self, said: Answering) -> Answer:
        design = self.study.design
        timed = design.duration_ms is not None
        if any(
            len(values) != design.slots or any((value is not None) != timed for value in values)
            for values in (said.shown_ms, said.frames)
        ):
            raise Problem(422, f"shown_ms and frames: {design.slots} figures are wanted, one for each picture")
        none: list[Any] = [None]
        shown, frames = (said.shown_ms + none)[:2], (said.frames + none)[:2]
        return Answer(
            said.chosen_slot, said.response_ms, (shown[0], shown[1]), (frames[0], frames[1]), said.frame_ms, said.hidden
        )

    def _is_simulated(self, request: Request) -> bool:
        given, secret = request.headers.get(SIMULATED_HEADER), self.settings.simulation_secret
        if given is None:
            return False
        if secret is None or not same_secret(given, secret):
            raise NotInvited("this server takes no simulated participants of yours")
        return True
