"""What a run over photographs tells as it goes, and at its end: lines, one JSON document, an exit code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from photochrom.cli.reports import complain

if TYPE_CHECKING:
    from photochrom.batch import Outcome

ALL_DONE, SOME_FAILED, REFUSED = 0, 1, 2
STANDARD = "-"
_SHOWN = 3  # names in a line about many


def tell(outcomes: Iterator[Outcome], *, total: int, model: str, as_json: bool, summary: bool) -> int:
    """Go through a run and tell what becomes of its photographs.

    Args:
        outcomes: of `colorize_all` or `rehearse_all`; closed at the end, so that an interruption clears up.
        total: how many there will be.
        model: as it was asked for, for the JSON document.
        as_json: one document on stdout, in place of a line for each photograph.
        summary: end with a line on stderr that counts them.
    Returns: the exit code.
    """
    from photochrom.batch import BatchError, NoRoom
    from photochrom.batch.readable import readable
    from photochrom.cli.progress import with_progress
    from photochrom.inference import WeightsError

    counts: Counter[str] = Counter()
    in_color: list[str] = []
    kept: list[Outcome] = []
    broken = ALL_DONE
    try:
        with closing(outcomes):  # type: ignore[type-var]  # a generator
            for outcome in with_progress(outcomes, total):
                counts[outcome.state] += 1
                if outcome.already_colored and outcome.state == "colored":
                    in_color.append(outcome.source)
                if as_json:
                    kept.append(outcome)
                if outcome.error is not None:
                    complain(readable(outcome.error))
                elif not as_json and outcome.state != "done" and outcome.target != STANDARD:
                    print(f"{readable(outcome.source)} -> {readable(str(outcome.target))}", flush=True)
    except WeightsError as error:
        complain(str(error))
        return REFUSED
    except BatchError as error:
        complain(readable(str(error)))
        broken = SOME_FAILED if isinstance(error, NoRoom) or counts else REFUSED
        if broken == REFUSED:
            return REFUSED
    if as_json:
        print(json.dumps({"model": model, "photos": [asdict(outcome) for outcome in kept]}, indent=2))
    if in_color:
        complain(_in_color_line([readable(source) for source in in_color]))
    if summary:
        complain(_count_line(counts))
    return SOME_FAILED if broken or counts["failed"] else ALL_DONE


def _in_color_line(names: list[str]) -> str:
    which = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
    was = "was in color already and is" if len(names) == 1 else "were in color already and are"
    return f"{which} {was} colored anew from the lightness; --keep-color copies such photographs"


def _count_line(counts: Counter[str]) -> str:
    words = {
        "planned": "to color",
        "colored": "colored",
        "copied": "copied",
        "done": "done already",
        "failed": "failed",
    }
    told = [f"{counts[state]:,} {word}" for state, word in words.items() if counts[state]]
    return ", ".join(told) or "nothing to do"
