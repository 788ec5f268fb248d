"""How a network stands on its validation photographs, as cells of a table of docs/experiments.md."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

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
