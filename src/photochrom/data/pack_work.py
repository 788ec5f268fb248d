"""The unfinished part of a pack: blocks of screened photographs on disk, so that a killed pack can go on."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from photochrom.data.locations import DataError

FOLDER = ".work"
ORDER = "order.json"
BLOCK = 64  # photographs; the originals of one block are in memory at once


@dataclass(frozen=True)
class Record:
    """What became of one photograph.

    Attributes:
        name: in its source.
        source: as it may be printed.
        reason: why it is left out, one word; empty where it stays.
        detail: more about the reason.
        width: pixels, as packed.
        height: pixels, as packed.
        hash: difference hash, 64 bits.
        block: where its new bytes lie.
        offset: in the block's file.
        length: bytes.
    """

    name: str
    source: str
    reason: str = ""
    detail: str = ""
    width: int = 0
    height: int = 0
    hash: int = 0
    block: int = 0
    offset: int = 0
    length: int = 0

    def without(self, reason: str, detail: str) -> Record:
        """Return the same photograph, left out."""
        return replace(self, reason=reason, detail=detail)

    def kept(self, width: int, height: int, hash: int) -> Record:
        """Return the same photograph, to stay."""
        return replace(self, width=width, height=height, hash=hash)


@dataclass(frozen=True)
class Block:
    """Some photographs that follow each other in the sources.

    Attributes:
        digest: sha256 of what was read.
        records: one for each.
    """

    digest: str
    records: list[Record]


class Work:
    """The folder of work inside of a pack.

    Args:
        out: the pack's folder; made where it is missing.
        order: sources and settings.

    Raises: DataError where the folder holds work on another order.
    """

    def __init__(self, out: Path, order: dict[str, object]) -> None:
        self.folder = out / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / ORDER
        text = json.dumps(order, ensure_ascii=False)
        if file.exists() and file.read_text(encoding="utf-8") != text:
            raise DataError(f"{out} holds an unfinished pack of other sources or settings; choose another folder")
        write_whole(file, text.encode())

    @staticmethod
    def is_in(out: Path) -> bool:
        """Whether a folder holds an unfinished pack."""
        return (out / FOLDER).is_dir()

    def block(self, number: int, digest: str) -> Block | None:
        """A block that was finished before, if it was made of the same bytes."""
        described, pixels = self._files(number)
        if not described.is_file() or not pixels.is_file():
            return None
        content = json.loads(described.read_text(encoding="utf-8"))
        if content["digest"] != digest:
            return None
        return Block(digest, [Record(**record) for record in content["records"]])

    def write_block(self, number: int, digest: str, results: Sequence[tuple[Record, bytes]]) -> Block:
        """Write a block: the new bytes of all, then what became of them."""
        described, pixels = self._files(number)
        records, offset = [], 0
        for record, data in results:
            records.append(replace(record, block=number, offset=offset, length=len(data)))
            offset += len(data)
        write_whole(pixels, b"".join(data for _, data in results))
        content = {"digest": digest, "records": [asdict(record) for record in records]}
        write_whole(described, json.dumps(content, ensure_ascii=False).encode())
        return Block(digest, records)

    def read(self, record: Record) -> bytes:
        """The new bytes of a photograph."""
        with self._files(record.block)[1].open("rb") as file:
            file.seek(record.offset)
            return file.read(record.length)

    def _files(self, number: int) -> tuple[Path, Path]:
        return self.folder / f"block-{number:06d}.json", self.folder / f"block-{number:06d}.bin"


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that appears under its name only when all of it is on the disk."""
    partial = file.with_name(f".{file.name}.part")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Turn what keeps files from being written into one line. Raises: DataError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DataError(
                f"{out} has no room left ({reason}); free some space and give the same command again, it goes on"
            ) from None
        raise DataError(
            f"{out} cannot be written ({reason}); choose another folder or change its permissions"
        ) from None
