"""The process that colors: photographs come in through a pipe, results go out through another.

A decoder that crashes, takes all memory or never ends takes this process with it, and nothing else. It is started by
`isolation`, as `python -m photochrom.archive.coloring_process`, and ends with whoever started it.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

from photochrom.archive.frames import Closed, read_frame, write_frame

if TYPE_CHECKING:
    from photochrom.batch import Outputs
    from photochrom.inference import Colorizer

HERE = Path()  # results are named from the target's root, wherever that lies
UNCERTAINTY = Path("uncertainty")  # the folder of the maps, in the target
_GIB = 1 << 30


def serve() -> None:
    """Color what comes on standard input until it ends; the first message says how."""
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the messages
    header, _ = read_frame(incoming)
    _limit_memory(header["memory"])
    lock = Lock()

    def reply(answer: dict[str, Any], blocks: list[bytes] | None = None) -> None:
        with lock:
            write_frame(outgoing, answer, blocks or ())

    from photochrom.inference import Colorizer, Options, WeightsError
    from photochrom.photos.untrusted import restrict_loaders

    restrict_loaders()
    try:
        colorizer = Colorizer.from_options(Options.from_json(header["options"]))
        colorizer.predictor  # noqa: B018 - loaded now: without a network nothing can be colored
    except WeightsError as error:
        reply({"fatal": str(error)})
        return
    outputs = outputs_from_json(header["outputs"])
    reply({"ready": True})
    with ThreadPoolExecutor(header["at_once"]) as pool:
        while True:
            try:
                asked, (content,) = read_frame(incoming)
            except Closed:
                os._exit(0)  # whoever asked has gone: nobody wants what is being made
            pool.submit(_answer, colorizer, outputs, asked, content, reply)


def outputs_to_json(outputs: Outputs) -> dict[str, Any]:
    """What is written of each photograph, without places: those are the target's."""
    return {
        "side_by_side": outputs.side_by_side,
        "layer": outputs.layer,
        "samples": outputs.samples,
        "uncertainty": outputs.uncertainty is not None,
        "quality": outputs.quality,
    }


def outputs_from_json(value: Mapping[str, Any]) -> Outputs:
    """The same with the places that results have in a target."""
    from photochrom.batch import Outputs

    return Outputs(
        HERE,
        value["side_by_side"],
        value["layer"],
        value["samples"],
        UNCERTAINTY if value["uncertainty"] else None,
        value["quality"],
    )


def _answer(colorizer: Colorizer, outputs: Outputs, asked: Mapping[str, Any], content: bytes, reply: Any) -> None:
    """Color one photograph and send what came of it; an error becomes an answer, too."""
    from photochrom.batch import BatchError
    from photochrom.photos import OutOfMemory, PhotoError

    blocks: list[bytes] = []
    try:
        answer, blocks = _color(colorizer, outputs, asked["path"], asked["distinct"], content)
    except OutOfMemory as error:
        answer = {"error": str(error), "again": True}
    except (PhotoError, BatchError, ValueError) as error:  # ValueError: a hint outside this picture
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "there is not enough memory", "again": True}
    except Exception as error:  # nobody foresaw it: one photograph's failure, told in its row
        answer = {"error": f"unexpected {type(error).__name__}: {error}; please report it"}
    reply({**answer, "id": asked["id"], "processor": time.process_time()}, blocks)


def _color(
    colorizer: Colorizer, outputs: Outputs, path: str, distinct: bool, content: bytes
) -> tuple[dict[str, Any], list[bytes]]:
    """The same steps as those of a folder's photograph, so that the same bytes come out."""
    import hashlib

    from photochrom.batch.outputs import targets_for
    from photochrom.batch.pictures import color_pictures
    from photochrom.batch.snapshot import Snapshot
    from photochrom.batch.stopping import Stop
    from photochrom.batch.work import Work
    from photochrom.photos import formats

    start = time.perf_counter()
    work = Work(path, path, None, "url")  # no file of this machine
    snapshot = Snapshot(Path(path).name, hashlib.sha256(content).hexdigest(), content)
    pages = snapshot.open(max_megapixels=colorizer.options.max_megapixels)
    extension = formats.natural_extension(pages[0].format)
    targets = targets_for(work, outputs, extension=extension, distinct=distinct)
    colored = color_pictures(colorizer, snapshot, pages, targets, outputs)
    looked = time.perf_counter()
    with TemporaryDirectory(prefix="photochrom-") as folder:
        files = [Path(folder) / f"{number}{picture.path.suffix}" for number, picture in enumerate(colored.pictures)]
        stop = Stop()
        sizes = [
            picture.write(file, quality=outputs.quality, stop=stop)
            for picture, file in zip(colored.pictures, files, strict=True)
        ]
        blocks = [file.read_bytes() for file in files]
    answer = {
        "targets": [picture.path.as_posix() for picture in colored.pictures],
        "state": "copied" if colored.kept else "colored",
        "width": sizes[0][0],
        "height": sizes[0][1],
        "source_sha256": snapshot.sha256,
        "looking": looked - start,
        "writing": time.perf_counter() - looked,
    }
    return answer, blocks


def _limit_memory(gib: float) -> None:
    """Let allocations beyond this fail, in all threads. Of data, not of addresses: those are reserved freely."""
    size = int(gib * _GIB)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file of gigabytes


if __name__ == "__main__":
    serve()
