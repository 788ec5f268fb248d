"""What one run is: from where to where, how colored, in how many parts; and the record by which it is known again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from photochrom.archive.coloring_process import outputs_to_json
from photochrom.archive.errors import ArchiveError
from photochrom.archive.isolation import PROGRAM
from photochrom.archive.limits import Limits
from photochrom.archive.shards import shard_of
from photochrom.archive.store import CONTROL, Store, open_store, shown
from photochrom.batch import Outputs
from photochrom.batch.outputs import choices_sha256
from photochrom.inference.options import Options
from photochrom.inference.weights import locate_weights

FORMAT = 1  # of everything that a run keeps; another is refused rather than guessed at
RECORD = f"{CONTROL}/run.json"

Form = Literal["tree", "parquet"]


@dataclass(frozen=True)
class Run:
    """One run, or one part of it; every actor has a copy.

    Raises: ValueError for a part that is none, or a form that cannot hold the outputs.
    """

    source: Store
    target: Store
    options: Options
    outputs: Outputs
    weights_sha256: str
    only: str = ""  # one file of the source, in place of all
    exclude: str = ""  # a folder of the source that is left out
    part: tuple[int, int] = (0, 1)  # which, counted from 0, of how many
    form: Form = "tree"
    limits: Limits = field(default_factory=Limits)
    at_once: int = 2  # photographs in one actor
    program: tuple[str, ...] = PROGRAM  # the command line of the process that colors

    def __post_init__(self) -> None:
        index, count = self.part
        if not 0 <= index < count:
            raise ValueError(f"there is no part {index + 1} of {count}; the first of four is 1/4")
        if self.form == "parquet" and self.outputs.extras:
            raise ValueError(
                "a Parquet target holds one picture of each photograph; take a tree for samples and layers"
            )

    @property
    def control(self) -> str:
        """The folder in the target for what this part needs to go on."""
        index, count = self.part
        return f"{CONTROL}/{index + 1}-of-{count}"

    def named(self, name: str, ending: str) -> str:
        """The name of a file about this part, at the target's root.

        Example:
            >>> run.named("photochrom-ledger", ".parquet")  # doctest: +SKIP
            'photochrom-ledger-1-of-4.parquet'
        """
        index, count = self.part
        return f"{name}{ending}" if count == 1 else f"{name}-{index + 1}-of-{count}{ending}"


def plan_run(
    source: str,
    target: str,
    options: Options | None = None,
    outputs: Outputs | None = None,
    *,
    part: tuple[int, int] = (0, 1),
    form: Form = "tree",
    limits: Limits | None = None,
    at_once: int = 2,
    program: tuple[str, ...] = PROGRAM,
) -> Run:
    """A run from one place to another.

    Args:
        source: a folder, a Parquet file, a WebDataset tar, or a folder of those, by path or URL.
        target: a folder, by path or URL; made where it is missing.
        options, outputs: how to color, and what to write of each photograph. A device of "auto" may be another one on
            each machine, and round otherwise.
        part, form, limits, at_once, program: as of a Run.
    Raises: ArchiveError for places that cannot be used; WeightsError; ValueError for a part that is none.

    Example:
        >>> run = plan_run("scans", "s3://colored/1931", Options(temperature=0.38))  # doctest: +SKIP
    """
    options = options or Options(device="cpu")
    weights = locate_weights(options.model)
    if weights.entry is None:
        options = replace(options, model=weights.path.absolute())  # actors work in folders of their own
    opened, only = open_store(source), ""
    if opened.kind() == "file":
        opened, only = opened.parent()
        if shard_of(only) is None:
            raise ArchiveError(f"{source} is one file, and no shard; color it with `photochrom colorize`")
    into = open_store(target)
    exclude = ""
    if into.url == opened.url:
        raise ArchiveError(f"{target} is the source itself, which is only read; name another target")
    if into.url.startswith(f"{opened.url}/"):
        exclude = into.url.removeprefix(f"{opened.url}/")
    run = Run(
        opened,
        into,
        options,
        outputs or Outputs(),
        weights.sha256,
        only,
        exclude,
        part,
        form,
        limits or Limits(),
        at_once,
        program,
    )
    return replace(run, target=replace(into, unfinished=str(PurePosixPath(run.control, "unfinished"))))


def begin(run: Run) -> None:
    """Write the record of a new target, or compare with that of one that is begun.

    Raises: ArchiveError when the target was begun from another source or with other choices: its results would differ
        from one another; or when there is no record, but something else.
    """
    record = _record(run)
    if run.target.exists(RECORD):
        _compare(run, _read(run), record)
        return
    if run.target.kind() == "file":
        raise ArchiveError(f"{shown(run.target)} is a file; name a folder or a prefix")
    if next(run.target.entries(), None) is not None:
        raise ArchiveError(
            f"{shown(run.target)} is not empty, and holds no run to go on with; name a new folder or prefix as target"
        )
    run.target.put(RECORD, json.dumps(record, indent=2).encode("ascii"))


def _record(run: Run) -> dict[str, Any]:
    options = run.options.to_json()
    for name in ("model", "threads", "max_megapixels"):  # the weights tell the model; the others change no picture
        del options[name]  # the device stays: its rounding shows in the bytes
    return {
        "photochrom": "archive",
        "format": FORMAT,
        "source": f"{run.source.url}/{run.only}".rstrip("/"),
        "form": run.form,
        "parts": run.part[1],
        "weights": run.weights_sha256,
        "options": options,
        "outputs": outputs_to_json(run.outputs),
        "choices": choices_sha256(run.options, run.outputs, run.weights_sha256),
    }


def _read(run: Run) -> dict[str, Any]:
    try:
        (content,) = run.target.read_all([RECORD])
        value: dict[str, Any] = json.loads(content)
    except ValueError:
        value = {}
    if value.get("photochrom") != "archive" or value.get("format") != FORMAT:
        raise ArchiveError(
            f"{shown(run.target)}: {RECORD} is no record of format {FORMAT}; name a new target, or go on with the "
            f"version of photochrom that began this one"
        )
    return value


def _compare(run: Run, before: dict[str, Any], now: dict[str, Any]) -> None:
    differences = [
        f"{name.replace('_', ' ')} was {_told(was)} and is now {_told(flat_now.get(name))}"
        for flat_now in [_flat(now)]
        for name, was in _flat(before).items()
        if flat_now.get(name) != was and name != "choices"
    ]
    if not differences and before.get("choices") != now["choices"]:
        differences = ["the mask has other content"]
    if differences:
        raise ArchiveError(
            f"{shown(run.target)} was begun otherwise: {'; '.join(differences)}; take the same to go on, or a new "
            f"target for the new choices"
        )


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in record.items() if name not in ("options", "outputs")}
    return {**plain, **record.get("options", {}), **record.get("outputs", {})}


def _told(value: Any) -> str:
    text = "the model's" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:25]}...{text[-50:]}"  # of places, the ends tell which
