"""Photographs as they arrive: a raw body, or the parts of a multipart form, into memory and never onto a disk.

Starlette's own form parser would write larger parts to temporary files. This one counts every byte against the limits
before it keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from photochrom.web.budget import Held
from photochrom.web.problems import Problem, TooLarge

PHOTO_FIELD = "photo"  # the name of the part that holds a photograph
MASK_FIELD = "mask"  # of the one that holds a mask
MAX_FIELDS = 200  # parts that hold no photograph
MAX_FIELD_BYTES = 64 * 1024
MAX_NAME = 200  # characters of a file's name; longer ones are cut
RAW_TYPES = ("image/", "application/octet-stream")


@dataclass(frozen=True)
class Upload:
    """One photograph as a file. The name is the client's and serves to name the result in its ZIP, nothing else."""

    content: bytes = field(repr=False)
    name: str


@dataclass(frozen=True)
class Form:
    """What a request carries: its photographs, its fields as texts in their order, and perhaps a mask for all."""

    photographs: list[Upload]
    fields: list[tuple[str, str]]
    mask: bytes | None = field(default=None, repr=False)

    @property
    def file_bytes(self) -> int:
        """What its files take in memory."""
        return sum(len(upload.content) for upload in self.photographs) + len(self.mask or b"")


async def read_form(request: Request, held: Held, *, photo_bytes: int, photographs: int = 1) -> Form:
    """Read a request's photographs and fields.

    Args:
        request: with a multipart form, or one photograph as its whole body.
        held: the share of memory that grows with what is kept.
        photo_bytes: of one photograph, at most.
        photographs: in the request, at most.
    Raises: Problem, with 400 for a form that does not parse or has no photograph, 413, 415 for another content type,
        and 503 where the memory has no room.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "compressed bodies are not read; send the file as it is")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        form = await _read_multipart(request, options.get(b"boundary", b""), held, photo_bytes, photographs)
    elif kind.decode("latin-1").startswith(RAW_TYPES):
        content = bytearray()
        async for chunk in request.stream():
            if len(content) + len(chunk) > photo_bytes:
                raise TooLarge("the photograph", photo_bytes)
            held.more(len(chunk))
            content += chunk
        form = Form([Upload(bytes(content), "photograph")], [])
    else:
        raise Problem(415, "send multipart/form-data with a part named 'photo', or a photograph as image/*")
    if not form.photographs or not all(upload.content for upload in form.photographs):
        raise Problem(400, f"there is no photograph; send it as a part named {PHOTO_FIELD!r} or as the whole body")
    return form


async def _read_multipart(request: Request, boundary: bytes, held: Held, photo_bytes: int, photographs: int) -> Form:
    if not boundary:
        raise Problem(400, "the form has no boundary; let the client library write the Content-Type header")
    parts = _Parts(held.more, photo_bytes, photographs)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_field,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.headers_finished,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
                "on_end": parts.finish,
            },
        )
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise Problem(400, "the form does not parse; let the client library write it") from None
    if not parts.finished:
        raise Problem(400, "the form ends before its last boundary; send all of it")
    return Form(parts.photographs, parts.fields, parts.mask)


class _Parts:
    """Collects the parts of a form from the parser's callbacks."""

    def __init__(self, more: Callable[[int], None], photo_bytes: int, limit: int) -> None:
        self.photographs: list[Upload] = []
        self.fields: list[tuple[str, str]] = []
        self.mask: bytes | None = None
        self.finished = False
        self._more = more
        self._photo_bytes = photo_bytes
        self._limit = limit

    def begin(self) -> None:
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""
        self._content = bytearray()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._file = options.get(b"filename", b"").decode("utf-8", "replace")
        self._is_photo = self._name == PHOTO_FIELD
        self._is_file = self._name in (PHOTO_FIELD, MASK_FIELD)
        if self._is_photo and len(self.photographs) >= self._limit:
            raise Problem(413, f"more than {self._limit} photographs in one request; send fewer")
        if self._name == MASK_FIELD and self.mask is not None:
            raise Problem(422, f"{MASK_FIELD!r} is given twice; give it once")
        if not self._is_file and len(self.fields) >= MAX_FIELDS:
            raise Problem(413, f"more than {MAX_FIELDS} fields in one form; send fewer")
        if not self._is_file and self._file:
            raise Problem(422, f"a file must be in a part named {PHOTO_FIELD!r} or {MASK_FIELD!r}; rename the part")

    def data(self, data: bytes, start: int, end: int) -> None:
        count = end - start
        limit = self._photo_bytes if self._is_file else MAX_FIELD_BYTES
        if len(self._content) + count > limit:
            raise TooLarge("a photograph or mask" if self._is_file else "a field of the form", limit)
        self._more(count)
        self._content += data[start:end]

    def end(self) -> None:
        if self._is_photo:
            self.photographs.append(Upload(bytes(self._content), self._file[:MAX_NAME] or "photograph"))
        elif self._is_file:
            self.mask = bytes(self._content)
        else:
            try:
                self.fields.append((self._name, self._content.decode("utf-8")))
            except UnicodeDecodeError:
                raise Problem(400, "a field of the form is no UTF-8 text; send it as UTF-8") from None

    def finish(self) -> None:
        self.finished = True
