"""What the scripts here share: a network's standing as cells of a table of docs/experiments.md, and a plain refusal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from photochrom.data.locations import DataError
from photochrom.evaluation.settings import EvaluationError
from photochrom.training.checkpoint import RunError
from photochrom.training.validation import Validation

TEMPERATURES = (0.38, 1.0)
HEADINGS = " | ".join(f"T = {temperature:g}" for temperature in TEMPERATURES)


def cells(validation: Validation) -> str:
    """Points over gray, raw / rebalanced (chroma), at each temperature."""
    return " | ".join(
        "{:+.2f} / {:+.2f} ({:.1f})".format(*validation.over_gray(temperature), validation.chroma[temperature])
        for temperature in TEMPERATURES
    )


def of_run(folder: Path) -> Validation:
    """What a run measured at its last validation."""
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    last = [record["validation"] for record in records if "validation" in record][-1]
    values = {field.name: last[field.name] for field in fields(Validation)}
    by_temperature = {
        name: {float(temperature): value for temperature, value in values[name].items()}
        for name in ("raw", "rebalanced", "chroma", "hue_entropy")
    }
    return Validation(**{**values, **by_temperature, "gray": tuple(values["gray"])})


def run(main: Callable[[], None]) -> None:
    """Run a script to its end; what its photographs or runs lack is told in one line, with exit status 2."""
    try:
        main()
    except (DataError, EvaluationError, RunError) as error:
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        sys.exit(2)
