"""The human column: how often people took a coloring for the photograph, read from the results of a study.

The file is JSON: `{"simulated": false, "systems": {"lite": {"rate": 31.2, "low": 27.9, "high": 34.6}}}`, rates in
percent (50 is perfect), `low` and `high` the ends of the 95 % interval, which may be left out.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from photochrom.evaluation.report import Estimate

_FORM = '{"simulated": false, "systems": {"NAME": {"rate": 31.2, "low": 27.9, "high": 34.6}}}'


class HumanResultsError(Exception):
    """Results of a study that cannot be used; the message says why and what to do."""


def read_human(file: Path) -> dict[str, Estimate]:
    """The share labelled real of each system that people judged.

    Args:
        file: the JSON file of a study with people.
    Returns: system or row name -> percent with its interval.
    Raises: HumanResultsError for a file that cannot be read, has another form, or holds simulated participants.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HumanResultsError(f"{file} cannot be read ({error.strerror}); give the results of a study") from None
    except ValueError as error:  # broken JSON or another encoding
        raise HumanResultsError(f"{file} is not JSON ({error}); the form is {_FORM}") from None
    if not isinstance(content, dict) or not isinstance(content.get("systems"), dict):
        raise HumanResultsError(f"{file} has no `systems`; the form is {_FORM}")
    simulated = content.get("simulated")
    if simulated is not False:
        why = "holds simulated participants" if simulated else "does not say that its participants are people"
        raise HumanResultsError(
            f'{file} {why}; the human column takes the results of a real study, which state "simulated": false'
        )
    return {name: _estimate(file, name, entry) for name, entry in content["systems"].items()}


def _estimate(file: Path, name: str, entry: Any) -> Estimate:
    """One system's share. Raises HumanResultsError unless 0 <= low <= rate <= high <= 100."""
    fields = entry if isinstance(entry, dict) else {}
    rate, low, high = (fields.get(key) for key in ("rate", "low", "high"))
    numbers = [value for value in (rate, low, high) if value is not None]
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in numbers)
    ends = [value for value in (0, low, rate, high, 100) if value is not None]
    if rate is None or not are_numbers or any(not a <= b for a, b in pairwise(ends)):
        raise HumanResultsError(
            f"{file}: {name!r} needs a rate in percent between its low and high, got {entry}; the form is {_FORM}"
        )
    return Estimate(float(rate), None if low is None else float(low), None if high is None else float(high))
