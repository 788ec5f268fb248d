"""All photographs of a run: decoded into memory, some held out, with a record of where they came from."""

from __future__ import annotations

import hashlib
import logging
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np

import photochrom
from photochrom.data.decoding import THREADS, decode_each
from photochrom.data.ledger import LARGEST_UNREADABLE_SHARE, Ledger
from photochrom.data.locations import DataError, StoredFile, list_files
from photochrom.data.mixture import Mixture, WeightedSource, parse_sources
from photochrom.data.shards import EncodedPhotograph, shard_name
from photochrom.data.sources import hold_out, read_files
from photochrom.storage.addresses import public

log = logging.getLogger(__name__)

VALIDATION_COUNT = 256
HELD_OUT_EVERY = 50


@dataclass(frozen=True)
class Photographs:
    """What a run trains on and is validated on.

    Attributes:
        training: uint8 [h, w, 3] each.
        held_out: the same, never trained on.
        weights: how the sources of `training` are mixed; None where no weights were given.
        ledger: the photographs that could not be read.
        record: sources, validation, photographs, sha256, version, commit, and the shares of a mixture.
    """

    training: list[np.ndarray]
    held_out: list[np.ndarray]
    weights: Mixture | None
    ledger: Ledger
    record: dict[str, object]


@dataclass(frozen=True)
class _Part:
    """Sources that are held out from together: all of them, or one of a mixture."""

    sources: list[WeightedSource]
    files: list[StoredFile]
    held_files: list[StoredFile]  # of whole shards; empty where single photographs are held out
    weight: float

    @property
    def names(self) -> list[str]:
        whole = [short_name(source.location) for source in self.sources]
        return [shard_name(file) for file in self.files] if self.held_files else whole


def load(
    data: Sequence[str | Path],
    *,
    validation: Sequence[str | Path] | None = None,
    short_side: int,
    unreadable_share: float = LARGEST_UNREADABLE_SHARE,
    ledger: Path | None = None,
    validation_count: int = VALIDATION_COUNT,
    threads: int = THREADS,
) -> Photographs:
    """Decode every photograph of the sources, and hold some out.

    Args:
        data: sources as `read_source` takes them, all or none with a weight behind a colon: `photos/:0.4`.
        validation: sources to hold out instead. None holds out the last of several shards, or else every fiftieth
            photograph; of sources with weights, each on its own.
        short_side: photographs are kept at this size or their own, if smaller.
        unreadable_share: how many of the photographs may be damaged, in 0..1.
        ledger: where to name them, if there are any; written before an error is raised.
        validation_count: the most that is held out for measuring.
        threads: of decoding.

    Raises:
        DataError: a source cannot be used, too many photographs are damaged, or none is left.

    Example:
        >>> load(["photos/:0.7", "s3://bucket/shard.tar:0.3"], short_side=256)  # doctest: +SKIP
    """
    parts = _parts(parse_sources(data), whole=bool(validation))
    explicit = [file for source in validation or [] for file in list_files(source)]
    found, digest = Ledger(), hashlib.sha256()
    decoded = partial(decode_each, short_side=short_side, ledger=found, threads=threads)
    training: list[list[np.ndarray]] = []
    held_out: list[np.ndarray] = []
    try:
        for part in parts:
            photographs = list(decoded(_counted(part.files, digest)))
            count = max(1, round(validation_count * part.weight / sum(each.weight for each in parts)))
            if part.held_files:
                held_out += islice(decoded(read_files(part.held_files)), count)
            elif not explicit:
                held_out += photographs[::HELD_OUT_EVERY][:count]
                photographs = [each for place, each in enumerate(photographs) if place % HELD_OUT_EVERY] or photographs
            training.append(photographs)
        held_out += islice(decoded(read_files(explicit)), validation_count)
        found.check(unreadable_share)
    finally:
        if ledger is not None and found.unreadable:
            found.write(ledger)
    for part, photographs in zip(parts, training, strict=True):
        if not photographs:
            raise DataError(f"{', '.join(part.names)} has no photograph left to train on; check the source")
    if not held_out:
        raise DataError("no photograph is left to validate on; check the sources given for it")
    if found.unreadable:
        log.warning("%s", found.summary())

    weighted = parts[0].sources[0].weight is not None
    mixture = Mixture(tuple(map(len, training)), tuple(part.weight for part in parts)) if weighted else None
    held_shards = [shard_name(file) for part in parts for file in part.held_files]
    record: dict[str, object] = {
        "sources": [name for part in parts for name in part.names],
        "validation": held_shards or [short_name(source) for source in validation or []],
        "photographs": sum(map(len, training)),
        "sha256": digest.hexdigest(),  # of all bytes read for training, in order
        "version": photochrom.__version__,
        "commit": current_commit(),
    }
    if mixture is not None:
        record["shares"] = list(mixture.shares)
    return Photographs([each for photographs in training for each in photographs], held_out, mixture, found, record)


def short_name(source: str | Path) -> str:
    """The last part of a location, as a record keeps it.

    Example:
        >>> short_name("s3://bucket/2019/shard.tar")
        'shard.tar'
    """
    return PurePosixPath(public(source)).name or public(source)


def current_commit() -> str | None:
    """The commit of the checkout that this code lies in, or None outside of one."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _parts(sources: list[WeightedSource], *, whole: bool) -> list[_Part]:
    """The sources together, or each for itself when they have weights; whole: nothing is held out of them."""
    groups = [[source] for source in sources] if sources[0].weight is not None else [sources]
    parts = []
    for group in groups:
        files = [file for source in group for file in list_files(source.location)]
        kept, held = (files, []) if whole else hold_out(files)
        parts.append(_Part(group, kept, held, group[0].weight or 1.0))
    return parts


def _counted(files: list[StoredFile], digest: hashlib._Hash) -> Iterator[EncodedPhotograph]:
    """The photographs of the files; their bytes go into the digest on the way."""
    for photograph in read_files(files):
        digest.update(photograph.data)
        yield photograph
