"""`photochrom study`: can people tell a coloring from the photograph? Build, serve, report."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photochrom.cli.extras import needs_extra
from photochrom.cli.reports import complain

if TYPE_CHECKING:
    from photochrom.study import Exclusions
    from photochrom.study.design import Presentation

ADMIN_VARIABLE = "PHOTOCHROM_STUDY_TOKEN"
SECRET_VARIABLE = "PHOTOCHROM_SIMULATION_SECRET"
DATABASE_VARIABLE = "PHOTOCHROM_DATABASE"
LOOPBACK = ("127.0.0.1", "::1", "localhost")

study = typer.Typer(help="Can people tell? Build a real-or-colored study, serve it, report.", rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of `photochrom study build`.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar=DATABASE_VARIABLE,
        show_envvar=False,
        help="postgresql://..., or a SQLite file; else answers.sqlite in STUDY.",
    ),
]


class Protocol(StrEnum):
    """What a participant sees."""

    paper = "paper"
    side_by_side = "side-by-side"
    single = "single"


PRESENTATIONS: dict[Protocol, Presentation] = {
    Protocol.paper: "succession",
    Protocol.side_by_side: "side-by-side",
    Protocol.single: "single",
}


class Mode(StrEnum):
    """Where participants come from."""

    local = "local"
    link = "link"
    prolific = "prolific"
    mturk = "mturk"


@study.command("build")
def build_study(
    truth: Annotated[Path, typer.Option("--truth", metavar="DIR", help="Folder of color photographs; only read.")],
    systems: Annotated[
        list[str],
        typer.Option(
            "--system",
            metavar="[NAME=]DIR|MODEL",
            help="A folder with each photograph colored, or a model that colors them now; may be repeated.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="STUDY", help="Folder of the study; must not exist.")],
    protocol: Annotated[
        Protocol, typer.Option("--protocol", help="Pairs in succession as in the paper, side by side, or one picture.")
    ] = Protocol.paper,
    duration: Annotated[
        int, typer.Option("--duration", min=0, metavar="MS", help="Of each picture; 0: until the answer.")
    ] = 1000,
    within: Annotated[bool, typer.Option("--within", help="Everybody meets every system; else one each.")] = False,
    pairs: Annotated[int, typer.Option("--pairs", metavar="N", help="Test trials of a participant.")] = 40,
    practice: Annotated[int, typer.Option("--practice", metavar="N", help="Trials before, with feedback.")] = 10,
    vigilance: Annotated[
        float, typer.Option("--vigilance", metavar="SHARE", help="Of the test trials, that show Random.")
    ] = 0.1,
    pixels: Annotated[int, typer.Option("--pixels", metavar="N", help="Short side of what is shown, at most.")] = 256,
    phones: Annotated[bool, typer.Option("--phones", help="Let people take part on a phone.")] = False,
    rules: Annotated[
        Path | None,
        typer.Option("--exclusions", metavar="FILE", help="JSON: rules for whose answers are left out."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of who sees what.")] = 0,
) -> None:
    """Make a study out of photographs and their colorings; the same input and seed give the same bytes."""
    with needs_extra("study"), one_line_errors():
        from photochrom.study import Design, build

        design = Design(
            presentation=PRESENTATIONS[protocol],
            duration_ms=duration or None,
            systems_within=within,
            pairs=pairs,
            practice=practice,
            vigilance=vigilance,
            phones=phones,
            pixels=pixels,
        )
        built, gray = build(truth, systems, out, design=design, exclusions=_exclusions(rules), seed=seed)
    if gray:
        complain(f"note: left out, because they have no colors of their own: {', '.join(gray)}")
    print(
        f"{out}: {len(built.photographs)} photographs, {', '.join(built.systems)} and random; a participant has "
        f"{design.practice} practice and {design.pairs} test trials, {design.vigilance_trials} of them vigilance; "
        f"manifest {built.hash[:12]}"
    )


@study.command("power")
def power_of_study(
    effect: Annotated[
        float, typer.Option("--effect", metavar="SHARE", help="Difference between two systems not to be missed.")
    ],
    alpha: Annotated[float, typer.Option("--alpha", metavar="P", help="Of the two-sided test.")] = 0.05,
    power: Annotated[float, typer.Option("--power", metavar="SHARE", help="Chance of finding the effect.")] = 0.8,
    rate: Annotated[float, typer.Option("--rate", metavar="SHARE", help="Labelled real, of the better one.")] = 0.3,
    spread: Annotated[
        float | None,
        typer.Option("--spread", metavar="SD", help="Between people, as a share; else what the paper's errors tell."),
    ] = None,
    within: Annotated[bool, typer.Option("--within", help="Everybody meets both systems.")] = False,
    shared: Annotated[
        float, typer.Option("--shared", metavar="SHARE", help="Of that variance, a person's own; for --within.")
    ] = 0.5,
    trials: Annotated[
        list[int] | None,
        typer.Option("--trials", min=1, metavar="N", help="Of a participant and system; may be repeated."),
    ] = None,
    check: Annotated[
        int, typer.Option("--check", min=0, metavar="N", help="Simulate so many studies of each size and test them.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """How many participants and trials tell two systems apart."""
    with needs_extra("study"), one_line_errors():
        from photochrom.study.power import Question, participants_needed, simulated_power

        question = Question(effect, alpha, power, rate, spread, within, shared)
        rows = []
        for count in trials or (18, 36, 72, 144):
            need = participants_needed(question, count)
            found = simulated_power(question, need, studies=check) if check else None
            rows.append({"trials": count, "participants": need.participants, "simulated_power": found})
    if as_json:
        assumed = {"effect": effect, "alpha": alpha, "power": power, "rate": rate, "within": within, "shared": shared}
        print(json.dumps({**assumed, "spread": question.people_spread, "needed": rows}, indent=2))
        return
    print(
        f"to find {100 * question.other:.1f} % against {100 * rate:.1f} % labelled real (alpha {alpha:g}, power "
        f"{power:g}), people differing by {100 * question.people_spread:.1f} points:"
    )
    each = "both systems" if within else "one system"
    print(f"{'trials':>8}  {'participants':>12}  (each meets {each})")
    for row in rows:
        simulated = "" if row["simulated_power"] is None else f"  found in {row['simulated_power']:.0%} (simulated)"
        print(f"{row['trials']:>8}  {row['participants']:>12}{simulated}")


@study.command("report")
def report_study(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the report.")],
    database: DatabaseUrl = None,
    records: Annotated[
        Path | None,
        typer.Option("--records", metavar="DIR", help="Read the tables of an earlier report, and no database."),
    ] = None,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, metavar="N", help="Of bootstrap and test.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of bootstrap and test.")] = 0,
) -> None:
    """What people took for real: a page, tables of trials, and JSON that `photochrom evaluate --human` reads."""
    with needs_extra("study"), one_line_errors():
        from photochrom.study import Study, analyze, write_report
        from photochrom.study.report_text import terminal_summary
        from photochrom.study.trial_table import read_tables

        read = Study.read(folder)
        if records is not None:
            trials, participants = read_tables(records)
        else:
            from photochrom.study.store import open_store

            store = open_store(database, read, create=False)
            try:
                trials, participants = store.records(read), store.participants()
            finally:
                store.close()
        report = analyze(read, trials, participants, resamples=resamples, seed=seed)
        page = write_report(report, read, trials, participants, out)
    print(terminal_summary(report))
    print(f"report: {page}")


@study.command("serve")
def serve_study(
    folder: Folder,
    mode: Annotated[Mode, typer.Option("--mode", help="Where participants come from.")] = Mode.local,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535, metavar="PORT", help="0: a free one.")] = 8000,
    allowed: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Host name to answer to, `*` for any; may be repeated."),
    ] = None,
    database: DatabaseUrl = None,
    completion_code: Annotated[
        str | None, typer.Option("--completion-code", metavar="CODE", help="Prolific's, of the study's page there.")
    ] = None,
    consent: Annotated[
        Path | None, typer.Option("--consent", metavar="FILE", help="Your own text to agree to, plain.")
    ] = None,
    contact: Annotated[str | None, typer.Option("--contact", metavar="TEXT", help="Whom participants may ask.")] = None,
    log: Annotated[bool, typer.Option("--log/--no-log", help="A line on stderr for each request.")] = False,
) -> None:
    """Open the page on which people take part.

    PHOTOCHROM_STUDY_TOKEN in the environment opens the administrator's page under that token.
    """
    if host not in LOOPBACK and not allowed:
        raise typer.BadParameter(
            f"--host {host} opens the server to others; say by which names they reach it with --allow-host, or `*`"
        )
    names = tuple(allowed or ())
    with needs_extra("study"), one_line_errors():
        from photochrom.study.serving import serve
        from photochrom.study.settings import ServerSettings
        from photochrom.web.settings import LOOPBACK_HOSTS

        try:
            settings = ServerSettings(
                mode=mode.value,
                hosts=() if "*" in names else (*LOOPBACK_HOSTS, *names),
                admin_token=os.environ.get(ADMIN_VARIABLE) or None,
                simulation_secret=os.environ.get(SECRET_VARIABLE) or None,
                completion_code=completion_code,
                consent=None if consent is None else _text(consent),
                contact=contact,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        _log_to_stderr(requests=log)
        serve(
            folder,
            settings,
            database=database,
            host=host,
            port=port,
            started=lambda address: print(f"the study is at {address}", flush=True),
        )


@study.command("simulate")
def simulate_study(
    folder: Folder,
    rates: Annotated[
        list[str], typer.Option("--rate", metavar="SYSTEM=SHARE", help="Labelled real; once for each system.")
    ],
    participants: Annotated[int, typer.Option("--participants", min=1, metavar="N", help="How many come.")] = 40,
    browsers: Annotated[
        int, typer.Option("--browsers", min=0, metavar="N", help="So many of them in Chromium, at real timing.")
    ] = 0,
    database: DatabaseUrl = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the people.")] = 0,
) -> None:
    """Let simulated people take part over HTTP; they are marked as simulated for ever."""
    with needs_extra("study"), one_line_errors():
        from photochrom.study.simulate import simulate

        done = simulate(folder, _rates(rates), participants, browsers=browsers, database=database, seed=seed)
    print(f"{done} simulated participants took part in {folder}")


@study.command("forget")
def forget_participant(
    folder: Folder,
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="Code, link's token, Prolific ID, Worker ID, or completion code.")
    ],
    database: DatabaseUrl = None,
    answers: Annotated[bool, typer.Option("--answers", help="Remove the answers as well.")] = False,
) -> None:
    """Remove what ties a person to the answers."""
    with needs_extra("study"), one_line_errors():
        from photochrom.study.forgetting import forget

        found = forget(folder, identity, database, answers=answers)
    if not found:
        complain("nobody took part under that name; check it, or it was forgotten already")
        raise typer.Exit(1)
    print("forgotten")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what a study refuses into one line and exit code 2; inside `needs_extra`, because it imports the extra."""
    from photochrom.study.errors import StudyError
    from photochrom.web.server import ServeError

    try:
        yield
    except (StudyError, ServeError) as error:
        complain(str(error))
        raise typer.Exit(2) from None


def _exclusions(file: Path | None) -> Exclusions:
    from photochrom.study import Exclusions, StudyError

    if file is None:
        return Exclusions()
    try:
        return Exclusions.from_json(Exclusions().to_json() | json.loads(_text(file)))
    except (ValueError, TypeError) as error:  # broken JSON, or no object
        raise StudyError(
            f'{file} must be a JSON object of rules ({error}), such as {{"vigilance_below": 0.75}}'
        ) from None


def _rates(texts: list[str]) -> dict[str, float]:
    rates = {}
    for text in texts:
        system, _, share = text.partition("=")
        try:
            rates[system] = float(share)
        except ValueError:
            raise typer.BadParameter(f"--rate takes SYSTEM=SHARE such as lite=0.32, got {text}") from None
    return rates


def _text(file: Path) -> str:
    from photochrom.study import StudyError

    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{file} cannot be read ({error}); give a text file in UTF-8") from None


def _log_to_stderr(*, requests: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("photochrom.study", "photochrom.web"):
        log = logging.getLogger(name)
        log.addHandler(handler)
        log.setLevel(logging.INFO if requests else logging.WARNING if name.endswith("study") else logging.ERROR)
        log.propagate = False
