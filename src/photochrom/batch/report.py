"""The report of a run: one HTML file with every photograph before and after, which needs nothing beside it.

The pictures are in the page, there is no script, and a content security policy forbids everything from elsewhere. Names
come from strangers' disks: each is escaped. No times are in it: the same photographs and choices give the same page.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from urllib.parse import quote

from photochrom.batch.errors import BatchError
from photochrom.batch.outputs import Outputs
from photochrom.batch.readable import readable
from photochrom.batch.thumbnails import Thumbnails
from photochrom.batch.work import Outcome
from photochrom.inference.options import Options

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = Path(__file__).with_name("report.css")


class ReportPage:
    """A page that is written as the run goes, and has its place when the run has ended.

    Args:
        path: of the page; one that is there is replaced.
        options, outputs: what was chosen, told in the page.

    Raises: BatchError for a page that cannot be written.

    Example:
        >>> with ReportPage(Path("report.html"), Options(), Outputs()) as page:  # doctest: +SKIP
        ...     page.add(outcome, thumbnails)
    """

    def __init__(self, path: Path, options: Options, outputs: Outputs) -> None:
        self._path = path
        self._options = options
        self._outputs = outputs
        self._colored = 0
        self._failures: list[Outcome] = []
        if not path.parent.is_dir() or path.is_dir():
            raise BatchError(f"{path}: the report cannot be written there; name a file in a folder that exists")

    def __enter__(self) -> ReportPage:
        self._articles = TemporaryFile("w+", encoding="utf-8", newline="\n")  # closed in __exit__
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An interrupted run has its page too, of what was done.
        with self._articles:
            self._finish()

    def add(self, outcome: Outcome, thumbnails: Thumbnails | None) -> None:
        """Add one photograph; one that failed is listed with its error."""
        if outcome.state == "failed":
            self._failures.append(outcome)
        else:
            # What an earlier run made is not told apart: a run that was interrupted has the same page in the end.
            self._colored += 1
            self._articles.writelines(_article(outcome, thumbnails, self._path))

    def _finish(self) -> None:
        part = self._path.with_name(f".{self._path.name}.part")  # one name: what a kill leaves is replaced next time
        try:
            with part.open("w", encoding="utf-8", newline="\n") as page:
                page.writelines(_head(self._options, self._outputs, self._colored, self._failures))
                self._articles.seek(0)
                while block := self._articles.read(1 << 20):
                    page.write(block)
                page.write("</div>\n</section>\n</main>\n</body>\n</html>\n")
            part.replace(self._path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise BatchError(f"{self._path}: the report cannot be written ({error.strerror}); name another") from None


def _head(options: Options, outputs: Outputs, colored: int, failures: list[Outcome]) -> Iterator[str]:
    title = f"{colored:,} photograph{'' if colored == 1 else 's'} in color"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{title} - photochrom</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
    yield f"<body>\n<header>\n<h1>{title}</h1>\n"
    if failures:
        yield f'<p class="failed">{len(failures):,} could not be colored.</p>\n'
    yield '<p class="quiet">The colors are estimated by photochrom: believable, not known.</p>\n'
    yield "<details>\n<summary>How they were colored</summary>\n<dl>\n"
    yield from (f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in _chosen(options, outputs))
    yield "</dl>\n</details>\n</header>\n<main>\n"
    if failures:
        yield '<section aria-labelledby="failures">\n<h2 id="failures">Not colored</h2>\n<ul class="failures">\n'
        for failure in failures:
            reason = (failure.error or "").removeprefix(f"{failure.source}: ")
            yield f"<li><strong>{_text(failure.source)}</strong>: {_text(reason)}</li>\n"
        yield "</ul>\n</section>\n"
    yield '<section aria-labelledby="colored">\n<h2 id="colored">Before and after</h2>\n<div class="photographs">\n'


def _article(outcome: Outcome, thumbnails: Thumbnails | None, page: Path) -> Iterator[str]:
    name = _text(outcome.relative or outcome.source)
    yield f"<article>\n<h3>{name}</h3>\n"
    if thumbnails is None:
        yield '<p class="quiet">There is no picture to show: one of the two files cannot be read any more.</p>\n'
    else:
        yield '<div class="pair">\n'
        if thumbnails.before is not None:
            yield _figure(thumbnails.before, thumbnails, f"{name}, before", "before")
        label = "after" if thumbnails.before is not None else "before and after"
        yield _figure(thumbnails.after, thumbnails, f"{name}, {label}", label)
        yield f'</div>\n<p class="quiet">{thumbnails.full_width:,} x {thumbnails.full_height:,} pixels</p>\n'
    results = [Path(path) for path in (outcome.target, *outcome.extras) if path is not None]
    links = (f'<a href="{_address(path, page)}">{_text(path.name)}</a>' for path in results)
    yield f'<p class="quiet">{", ".join(links)}</p>\n</article>\n'


def _figure(jpeg: bytes, thumbnails: Thumbnails, alt: str, caption: str) -> str:
    data = base64.b64encode(jpeg).decode("ascii")
    size = f'width="{thumbnails.width}" height="{thumbnails.height}"'
    picture = f'<img src="data:image/jpeg;base64,{data}" {size} alt="{alt}" decoding="async">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>\n"


def _chosen(options: Options, outputs: Outputs) -> Iterator[tuple[str, str]]:
    for name, value in options.to_json().items():
        if name not in ("threads", "max_megapixels"):  # which change no picture
            yield name.replace("_", " "), "as the model says" if value is None and name == "temperature" else str(value)
    yield "quality", str(outputs.quality)


def _address(path: Path, page: Path) -> str:
    """The way from the page to a file, as an address in an attribute."""
    way = Path(os.path.relpath(path, page.parent)).as_posix()
    return escape("./" + quote(os.fsencode(way)), quote=True)


def _text(value: str) -> str:
    return escape(readable(value), quote=True)
