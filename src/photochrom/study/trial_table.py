"""Trials and participants as tables that anybody can analyze again: CSV and Parquet, anonymous.

The number of arrival is all that is known of a participant. What is written can be read back for another report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from photochrom.study.errors import StudyError
from photochrom.study.trial_record import ParticipantRecord, TrialRecord

TRIALS = "trials"  # .csv and .parquet
PARTICIPANTS = "participants"
TRIAL_COLUMNS = pa.schema(
    [
        pa.field("participant", pa.int64(), nullable=False),
        pa.field("system", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("number", pa.int64(), nullable=False),
        pa.field("photograph", pa.string(), nullable=False),
        pa.field("truth_slot", pa.int64(), nullable=False),
        pa.field("chosen_slot", pa.int64(), nullable=False),
        pa.field("labelled_real", pa.bool_(), nullable=False),
        pa.field("response_ms", pa.float64(), nullable=False),
        pa.field("shown_first_ms", pa.float64()),
        pa.field("shown_second_ms", pa.float64()),
        pa.field("on_time", pa.bool_(), nullable=False),
        pa.field("simulated", pa.bool_(), nullable=False),
    ]
)
PARTICIPANT_COLUMNS = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("complete", pa.bool_(), nullable=False),
        pa.field("screen_passed", pa.bool_()),
        pa.field("color_vision", pa.string()),
        pa.field("started", pa.string(), nullable=False),
        pa.field("simulated", pa.bool_(), nullable=False),
    ]
)


def write_tables(folder: Path, records: Sequence[TrialRecord], participants: Sequence[ParticipantRecord]) -> None:
    """Write `trials` and `participants`, each as CSV and as Parquet, into a folder that is there."""
    people = [{name: getattr(person, name) for name in PARTICIPANT_COLUMNS.names} for person in participants]
    for name, rows, columns in (
        (TRIALS, [_row(record) for record in records], TRIAL_COLUMNS),
        (PARTICIPANTS, people, PARTICIPANT_COLUMNS),
    ):
        table = pa.Table.from_pylist(rows, schema=columns)
        pa_csv.write_csv(table, folder / f"{name}.csv")
        pa_parquet.write_table(table, folder / f"{name}.parquet")


def read_tables(folder: Path) -> tuple[list[TrialRecord], list[ParticipantRecord]]:
    """What `write_tables` wrote, out of Parquet where it is there, else out of CSV.

    Raises: StudyError for tables that are missing or have other columns.
    """
    trials = _read(folder, TRIALS, TRIAL_COLUMNS)
    people = _read(folder, PARTICIPANTS, PARTICIPANT_COLUMNS)
    return [_record(row) for row in trials.to_pylist()], [ParticipantRecord(**row) for row in people.to_pylist()]


def _row(record: TrialRecord) -> dict[str, Any]:
    first, second = record.shown_ms
    row = {name: getattr(record, name) for name in TRIAL_COLUMNS.names if not name.startswith("shown_")}
    return row | {"shown_first_ms": first, "shown_second_ms": second}


def _record(row: dict[str, Any]) -> TrialRecord:
    shown = (row.pop("shown_first_ms"), row.pop("shown_second_ms"))
    return TrialRecord(**row, shown_ms=shown)


def _read(folder: Path, name: str, columns: pa.Schema) -> pa.Table:
    files = [file for file in (folder / f"{name}.parquet", folder / f"{name}.csv") if file.is_file()]
    if not files:
        raise StudyError(f"{folder} has neither {name}.parquet nor {name}.csv; name the folder of a report")
    try:
        if files[0].suffix == ".parquet":
            table = pa_parquet.read_table(files[0])
        else:
            types = pa_csv.ConvertOptions(
                column_types=columns, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            )
            table = pa_csv.read_csv(files[0], convert_options=types)
        return table.select(columns.names).cast(columns)
    except (pa.ArrowException, KeyError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise StudyError(
            f"{files[0]} is no table of {name} ({reason}); its columns are {', '.join(columns.names)}"
        ) from None
