"""Pack photographs for training: small, in color, without near-duplicates, shuffled, in shards with a manifest.

Packing goes in three steps. Every photograph is screened and re-encoded, a block of them at a time, into a folder of
work; then near-duplicates are found among all; then shards are written in an order that the seed gives. Each file
appears under its name only when it is complete, so a pack that was killed goes on where it stopped, and ends with the
same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from photochrom.data.decoding import THREADS, decode, in_threads
from photochrom.data.ledger import LARGEST_UNREADABLE_SHARE, Ledger, Unreadable
from photochrom.data.locations import DataError, list_files
from photochrom.data.pack_work import BLOCK, Block, Record, Work, write_whole, writing
from photochrom.data.perceptual_hash import NEAR, NearDuplicates, difference_hash
from photochrom.data.screening import measure_coloring
from photochrom.data.shard_writing import SHARD_ENDINGS, write_shard
from photochrom.data.shards import EncodedPhotograph
from photochrom.data.sources import read_files
from photochrom.photos.arrays import photograph_from_array
from photochrom.photos.errors import PhotoError
from photochrom.photos.photograph import open_photograph
from photochrom.photos.saving import encode_photograph
from photochrom.storage.addresses import public

MANIFEST = "manifest.json"
LEFT_OUT = "left_out.jsonl"
FORMATS = {"webp": ".webp", "jpeg": ".jpg"}

Progress = Callable[[str, int], None]  # (what is being done, photographs so far)


@dataclass(frozen=True)
class PackSettings:
    """How photographs are packed.

    Raises: ValueError for values that cannot be.
    """

    short_side: int = 256  # pixels; smaller photographs keep their size
    long_side: int = 512  # the most that the other side may have
    smallest: int = 128  # photographs with a shorter short side are left out
    format: str = "webp"  # or jpeg
    quality: int = 80
    keep_gray: bool = False  # gray and toned photographs stay in
    near: int | None = NEAR  # bits of the hash in which near-duplicates may differ; None keeps them
    shards: str = "parquet"  # or tar, for WebDataset
    shard_size: int = 1000  # photographs
    seed: int = 0  # of the order

    def __post_init__(self) -> None:
        if self.format not in FORMATS or self.shards not in SHARD_ENDINGS:
            raise ValueError(
                f"format={self.format!r} and shards={self.shards!r} must be of {', '.join(FORMATS)} "
                f"and of {', '.join(SHARD_ENDINGS)}"
            )
        if not 16 <= self.smallest <= self.short_side <= self.long_side:
            raise ValueError(
                f"sides must rise from 16: smallest={self.smallest}, short_side={self.short_side}, "
                f"long_side={self.long_side}"
            )
        if self.shard_size < 1 or not 1 <= self.quality <= 100 or (self.near is not None and not 0 <= self.near < 64):
            raise ValueError(
                f"shard_size={self.shard_size} must be above 0, quality={self.quality} in 1..100, "
                f"near={self.near} in 0..63"
            )


def pack(
    sources: Sequence[str | Path],
    out: Path,
    settings: PackSettings | None = None,
    *,
    unreadable_share: float = LARGEST_UNREADABLE_SHARE,
    threads: int = THREADS,
    progress: Progress = lambda doing, count: None,
) -> dict[str, object]:
    """Pack the photographs of some sources into shards.

    Args:
        sources: as `read_source` takes them; only read.
        out: a folder for shards, `manifest.json` and `left_out.jsonl`. One with a pack of the same sources and
            settings that was not finished is gone on with.
        settings: None for the defaults.
        unreadable_share: how many of the photographs may be damaged, in 0..1.
        threads: of decoding and encoding.
        progress: is told how far it is.

    Returns: the manifest.

    Raises:
        DataError: a source cannot be used, too many photographs are damaged, `out` holds something else, or there is
            no room or no permission to write.

    Example:
        >>> pack(["photos/"], Path("packed"))["photographs"]  # doctest: +SKIP
        1234
    """
    settings = settings or PackSettings()
    order: dict[str, object] = {"settings": asdict(settings), "sources": [public(source) for source in sources]}
    finished = _finished(out, order)
    if finished is not None:
        return finished
    with writing(out):
        work = Work(out, order)
        photographs = chain.from_iterable(read_files(list_files(source)) for source in sources)
        blocks = list(_screened(photographs, work, settings, threads, progress))
        _check_readable(blocks, unreadable_share)
        records = [record for block in blocks for record in block.records]
        kept = _without_duplicates(records, settings.near)
        if not kept:
            raise DataError(f"none of the {len(records)} photographs passed; {_reasons(records)}")
        shards = list(_write_shards(kept, out, work, settings, progress))
        left_out = [record for record in records if record.reason]
        lines = [
            {"name": record.name, "source": record.source, "reason": record.reason, "detail": record.detail}
            for record in left_out
        ]
        write_whole(out / LEFT_OUT, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
        manifest: dict[str, object] = {
            **order,
            "read": len(records),
            "photographs": len(kept),
            "left_out": dict(sorted(Counter(record.reason for record in left_out).items())),
            "sha256": hashlib.sha256(
                "".join(block.digest for block in blocks).encode()
            ).hexdigest(),  # of what was read
            "shards": shards,
        }
        write_whole(out / MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
        shutil.rmtree(work.folder)
    return manifest


def _finished(out: Path, order: dict[str, object]) -> dict[str, object] | None:
    """The manifest of the same pack, where it is done. Raises: DataError where `out` holds anything else."""
    if (out / MANIFEST).is_file():
        try:
            manifest: dict[str, object] = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        except ValueError:
            raise DataError(f"{out / MANIFEST} is no manifest of a pack; choose another folder") from None
        if all(manifest.get(key) == value for key, value in order.items()):
            return manifest
        raise DataError(f"{out} holds a pack of other sources or settings; choose another folder")
    if out.is_dir() and any(out.iterdir()) and not Work.is_in(out):
        raise DataError(f"{out} is not empty and holds no unfinished pack; choose another folder")
    return None


def _screened(
    photographs: Iterator[EncodedPhotograph], work: Work, settings: PackSettings, threads: int, progress: Progress
) -> Iterator[Block]:
    """The photographs judged and re-encoded, block by block; blocks that are there already are not done again."""
    done = 0
    for number in range(10**9):
        items = list(islice(photographs, BLOCK))
        if not items:
            return
        digest = hashlib.sha256()
        for item in items:
            digest.update(f"{item.name}\0{item.problem}\0{len(item.data)}\0".encode() + item.data)
        block = work.block(number, digest.hexdigest())
        if block is None:
            screened = in_threads(lambda item: _screen(item, settings), items, threads=threads)
            block = work.write_block(number, digest.hexdigest(), [result for _, result in screened])
        done += len(items)
        progress("screened", done)
        yield block


def _screen(photograph: EncodedPhotograph, settings: PackSettings) -> tuple[Record, bytes]:
    """Judge one photograph; its new bytes where it stays in."""
    record = Record(photograph.name, photograph.source)
    try:
        header = open_photograph(photograph.data) if photograph.data else None
        if header is not None and min(header.width, header.height) < settings.smallest:
            return record.without("small", f"{header.width} x {header.height} pixels"), b""
        pixels = decode(photograph, settings.short_side, settings.long_side)
    except PhotoError as error:
        return record.without("unreadable", _told(error)), b""
    coloring = measure_coloring(pixels)
    if coloring.is_gray and not settings.keep_gray:
        return record.without("gray", f"mean chroma {coloring.chroma:.1f}"), b""
    if coloring.is_toned and not settings.keep_gray:
        return record.without(
            "toned", f"a single hue, {coloring.residual:.1f} ab units from a function of lightness"
        ), b""
    image = photograph_from_array(pixels).pixels()
    encoded = encode_photograph(image, FORMATS[settings.format], quality=settings.quality)
    height, width = pixels.shape[:2]
    return record.kept(width, height, difference_hash(pixels)), encoded


def _told(error: PhotoError) -> str:
    """What is wrong, without advice, and without libvips' own words in brackets.

    All threads write those into one buffer, so that they are not the same each time.
    """
    text = str(error).replace("the photograph: ", "").partition("; ")[0]
    return re.sub(r" \(.*\)$", "", text, flags=re.DOTALL)


def _check_readable(blocks: Sequence[Block], allowed_share: float) -> None:
    records = [record for block in blocks for record in block.records]
    unreadable = [Unreadable(each.name, each.source, each.detail) for each in records if each.reason == "unreadable"]
    Ledger(len(records), unreadable).check(allowed_share)


def _without_duplicates(records: list[Record], near: int | None) -> list[Record]:
    """Those that stay; of near-duplicates the first. The others are marked in `records`."""
    seen = NearDuplicates(near if near is not None else 0)
    for place, record in enumerate(records):
        if record.reason or near is None:
            continue
        twin = seen.find(record.hash)
        if twin is None:
            seen.add(record.hash, record.name)
        else:
            records[place] = record.without("near-duplicate", f"of {twin}")
    return [record for record in records if not record.reason]


def _write_shards(
    kept: list[Record], out: Path, work: Work, settings: PackSettings, progress: Progress
) -> Iterator[dict[str, object]]:
    """Write what is not there yet; a line of the manifest for each shard."""
    order = np.random.default_rng(settings.seed).permutation(len(kept))
    total = -(-len(kept) // settings.shard_size)
    for number in range(total):
        places = order[number * settings.shard_size : (number + 1) * settings.shard_size]
        file = out / f"photographs-{number:05d}-of-{total:05d}{SHARD_ENDINGS[settings.shards]}"
        if not file.exists():
            first = number * settings.shard_size
            samples = [
                (f"{first + place:08d}{FORMATS[settings.format]}", kept[index], work.read(kept[index]))
                for place, index in enumerate(places)
            ]
            write_whole(file, write_shard(samples, settings.shards))
        progress("written", min(len(kept), (number + 1) * settings.shard_size))
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield {"file": file.name, "photographs": len(places), "bytes": file.stat().st_size, "sha256": digest}


def _reasons(records: list[Record]) -> str:
    counted = Counter(record.reason for record in records).most_common()
    return ", ".join(f"{count} {reason}" for reason, count in counted) or "the sources are empty"
