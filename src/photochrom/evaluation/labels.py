"""Photographs with what is known of them beside their pixels: class labels, licenses and where they come from.

Parquet: the columns `label` (ImageNet-1k index), `name` or `synset`, `license` and `source`. Tar: `KEY.cls` beside the
picture. Folder: an optional `labels.csv` with the columns `file`, `label` and, if wanted, `name`, `license`, `source`.
"""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from photochrom.evaluation.settings import EvaluationError
from photochrom.storage.shards import sample_of

if TYPE_CHECKING:
    from photochrom.data.locations import StoredFile
    from photochrom.data.shards import EncodedPhotograph

CLASSES = 1000  # of ImageNet-1k
LABELS = "labels.csv"
STATED = ("license", "source")  # columns by which photographs may be left out


@dataclass(frozen=True)
class Label:
    """What is known of one photograph."""

    index: int | None = None  # ImageNet-1k class, 0..999
    name: str = ""  # of the class
    license: str | None = None  # None where no licenses are stated
    source: str | None = None  # None where no sources are stated


def read_labelled(source: str | Path) -> Iterator[tuple[EncodedPhotograph, Label]]:
    """The photographs of `read_source`, each with its label.

    Raises:
        EvaluationError: labels that are no ImageNet classes, or a labels.csv without its columns.
        DataError: as `read_source`.
    """
    from photochrom.data.locations import list_files
    from photochrom.data.sources import read_files

    table = Path(source) / LABELS
    listed = _csv_labels(table) if table.is_file() else {}
    for is_shard, files in groupby(list_files(source), key=lambda file: file.is_shard):
        if not is_shard:
            for photograph in read_files(list(files)):
                yield photograph, listed.get(photograph.name, Label())
            continue
        for shard in files:
            if shard.name.lower().endswith(".parquet"):
                yield from zip(read_files([shard]), _parquet_labels(shard), strict=True)
            else:
                known = _tar_labels(shard)
                for photograph in read_files([shard]):
                    yield photograph, known.get(sample_of(photograph.name), Label())


def _parquet_labels(shard: StoredFile) -> Iterator[Label]:
    import pyarrow.parquet as parquet

    with shard.open() as stream:
        table = parquet.ParquetFile(stream)
        wanted = [name for name in ("label", "name", "synset", *STATED) if name in table.schema_arrow.names]
        if not wanted:
            yield from (Label() for _ in range(table.metadata.num_rows))
            return
        for batch in table.iter_batches(batch_size=1024, columns=wanted):
            for row in batch.to_pylist():
                stated = {column: row[column] or "" for column in STATED if column in row}
                name = row.get("name") or row.get("synset") or ""
                yield Label(_class_index(row.get("label"), shard.name), name, **stated)


def _csv_labels(file: Path) -> dict[str, Label]:
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        columns = list(reader.fieldnames or ())
        if not {"file", "label"} <= set(columns):
            raise EvaluationError(f"{file} needs the columns `file` and `label`, it has {columns}; add them")
        return {
            row["file"]: Label(
                _class_index(row["label"], str(file)),
                row.get("name") or "",
                **{column: row[column] for column in STATED if column in columns},
            )
            for row in reader
        }


def _tar_labels(shard: StoredFile) -> dict[str, Label]:
    """By the key that a picture shares with its label."""
    known = {}
    with shard.open() as stream, tarfile.open(fileobj=stream, mode="r|*") as members:
        for member in members:
            content = members.extractfile(member) if member.name.endswith(".cls") else None
            if content is not None:
                known[sample_of(member.name)] = Label(
                    _class_index(content.read().decode(), f"{shard.name}: {member.name}")
                )
    return known


def _class_index(value: object, place: str) -> int | None:
    """A class, or None where there is none. Raises EvaluationError for anything else."""
    text = "" if value is None else str(value).strip()
    if text in ("", "-1"):  # -1: Hugging Face's mark of a photograph without a label
        return None
    index = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= index < CLASSES:
        raise EvaluationError(
            f"{place}: the label {text!r} is no ImageNet-1k class 0..{CLASSES - 1}; mend it or leave the labels out"
        )
    return index
