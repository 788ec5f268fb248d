"""What a run over many photographs passes around: a photograph to color, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["file", "url", "stdin", "refused"]
State = Literal["colored", "copied", "done", "planned", "failed"]


class Work(NamedTuple):
    """One photograph to color.

    Attributes:
        source: the path of a file, an address, or "-" for standard input.
        relative: its place under the folder that was asked for, with "/" between the parts: results mirror it.
        root: that folder; None for an address and for standard input, whose results go to the working folder.
        kind: how it is read; "refused" when the listing found out already that it cannot be.
        refusal: why, in one line, without the source's name.
    """

    source: str
    relative: str
    root: str | None = None
    kind: Kind = "file"
    refusal: str = ""

    @property
    def shown(self) -> str:
        """What to call it in messages and records: an address without its query, which may hold a key."""
        return self.source.partition("?")[0] if self.kind == "url" else self.source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photograph.

    Attributes:
        source: as in its Work.
        target: the colored file, None when there is none.
        width, height: pixels of the result, None when it was not made by this run.
        seconds: it took, None when nothing was done.
        error: what went wrong and what to do, in one line; None when nothing did.
        state: "colored", "copied" (it was in color, and keeps it), "done" (by an earlier run), "planned" (of a dry
            run) or "failed".
        extras: further files beside the target: alternatives, layer, map of uncertainty.
        already_colored: the photograph had colors of its own.
        relative: as in its Work.
    """

    source: str
    target: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    error: str | None = None
    state: State = "colored"
    extras: tuple[str, ...] = ()
    already_colored: bool = False
    relative: str = ""
