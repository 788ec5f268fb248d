"""A bound on the memory of uploads, counted while they arrive."""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from photochrom.web.problems import Overloaded


class MemoryBudget:
    """So many bytes for everything that is held at the same time; threads may share it.

    Example:
        >>> budget = MemoryBudget(100)
        >>> with budget.hold() as held:
        ...     held.more(60)
        ...     budget.used
        60
        >>> budget.used
        0
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = Lock()

    @property
    def used(self) -> int:
        """Bytes that are held now."""
        return self._used

    def hold(self) -> Held:
        """A share that grows by `more` and is given back at the end of its `with` block, or by `release`."""
        return Held(self)

    def _change(self, count: int) -> None:
        with self._lock:
            if count > 0 and self._used + count > self.limit:
                raise Overloaded("the server holds as many photographs as it may; try again later", 2)
            self._used += count


class Held:
    """One holder's share of a MemoryBudget."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self.bytes = 0

    def more(self, count: int) -> None:
        """Take so many bytes more. Raises: Overloaded where the budget has no more; nothing is taken then."""
        self._budget._change(count)
        self.bytes += count

    def less(self, count: int) -> None:
        """Give so many bytes back."""
        self._budget._change(-count)
        self.bytes -= count

    def release(self) -> None:
        """Give everything back."""
        self.less(self.bytes)

    def __enter__(self) -> Held:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
