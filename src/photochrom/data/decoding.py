"""From a photograph's bytes to its pixels, by libvips in threads, which shrinks JPEGs while it decodes them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from photochrom.data.ledger import LARGEST_UNREADABLE_SHARE, Ledger
from photochrom.data.sources import DataError, EncodedPhotograph
from photochrom.photos.errors import PhotoError, UnreadablePhoto
from photochrom.photos.photograph import open_photograph

THREADS = min(16, os.cpu_count() or 1)
WAITING = 4  # photographs waiting for each thread; more would only take memory

Item = TypeVar("Item")
Result = TypeVar("Result")


def decode(photograph: EncodedPhotograph, short_side: int, long_side: int | None = None) -> np.ndarray:
    """The photograph upright in sRGB, uint8 [h, w, 3], its short side at most `short_side` (never enlarged).

    Args:
        photograph: of a format that `photochrom.photos` reads; transparent parts are seen on white.
        short_side: pixels.
        long_side: the most that the other side may have, in pixels; None for any.

    Raises:
        PhotoError: the bytes are no photograph, or a damaged one, or one of a size or kind that is not used.

    Example:
        >>> decode(EncodedPhotograph(Path("cat.jpg").read_bytes(), "cat.jpg"), 256).shape  # doctest: +SKIP
        (256, 384, 3)
    """
    if photograph.problem:
        raise UnreadablePhoto(f"{photograph.name}: {photograph.problem}")
    try:
        opened = open_photograph(photograph.data)
        scale = min(1.0, short_side / min(opened.width, opened.height))
        if long_side is not None:
            scale = min(scale, long_side / max(opened.width, opened.height))
        small = opened.reduced(max(1, round(opened.width * scale)), max(1, round(opened.height * scale)))
    except PhotoError as error:  # of bytes, which have no name of their own
        raise type(error)(str(error).replace("the photograph", photograph.name, 1)) from None
    pixels: np.ndarray = small.numpy().reshape(small.height, small.width, small.bands)
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    return pixels if small.bands == 3 else np.repeat(pixels, 3, axis=2)


def decode_each(
    photographs: Iterable[EncodedPhotograph], *, short_side: int, ledger: Ledger, threads: int = THREADS
) -> Iterator[np.ndarray]:
    """Decode photographs in order, some ahead in threads; unreadable ones go into the ledger and are left out."""

    def attempt(photograph: EncodedPhotograph) -> np.ndarray | PhotoError:
        return attempted(decode, photograph, short_side)

    for photograph, result in in_threads(attempt, photographs, threads=threads):
        ledger.tried += 1
        if isinstance(result, PhotoError):
            ledger.add(photograph, result)
        else:
            yield result


def decode_all(
    photographs: Iterable[EncodedPhotograph],
    *,
    short_side: int,
    threads: int = THREADS,
    unreadable_share: float = LARGEST_UNREADABLE_SHARE,
) -> list[np.ndarray]:
    """Decode every photograph, in order; unreadable ones are left out.

    Raises:
        DataError: more than the allowed share cannot be read, or none is left.
    """
    ledger = Ledger()
    decoded = list(decode_each(photographs, short_side=short_side, ledger=ledger, threads=threads))
    ledger.check(unreadable_share)
    if not decoded:
        raise DataError("there are no photographs to decode; check the sources")
    return decoded


def attempted(
    work: Callable[[EncodedPhotograph, int], Result], photograph: EncodedPhotograph, size: int
) -> Result | PhotoError:
    """What the work makes of a photograph, or why the photograph cannot be read."""
    try:
        return work(photograph, size)
    except PhotoError as error:
        return error


def in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int = THREADS
) -> Iterator[tuple[Item, Result]]:
    """Each item with what the work makes of it, in order; only a few items are held at a time, however many come.

    Example:
        >>> list(in_threads(abs, [-1, -2], threads=2))
        [(-1, 1), (-2, 2)]
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > threads * WAITING:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
