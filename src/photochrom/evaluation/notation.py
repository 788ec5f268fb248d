"""How figures are written: digits of their measure, the interval behind them, a dash for what was not measured."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from photochrom.evaluation.measures import MEASURES, Measure
from photochrom.evaluation.report import Estimate

MISSING = "-"
MAIN = ("auc_raw", "auc_rebalanced", "top1", "labelled_real")  # the measures of the paper's table, in its order


def measure_of(name: str) -> Measure:
    """The measure of that name; one that `MEASURES` does not know is shown under its name, without a direction."""
    return MEASURES.get(name) or Measure(name, name, "", "none", 2, "Not described.")


def number(value: float | None, digits: int) -> str:
    """A figure with its digits, thousands apart.

    Example:
        >>> number(1234.5, 1), number(-0.004, 2), number(None, 2)
        ('1,234.5', '0.00', '-')
    """
    if value is None:
        return MISSING
    written = f"{value:,.{digits}f}"
    return written.lstrip("-") if not any(character in "123456789" for character in written) else written


def signed(value: float, digits: int) -> str:
    """A difference: with its sign, except for what rounds to 0.

    Example:
        >>> signed(1.234, 2), signed(-1.234, 1), signed(0.001, 2)
        ('+1.23', '-1.2', '0.00')
    """
    written = number(value, digits)
    return written if written.startswith("-") or not written.strip("0.") else f"+{written}"


def interval(estimate: Estimate | None, digits: int, *, sign: bool = False) -> str:
    """The interval in brackets; nothing where an end is not known, or where no resample moves the figure.

    The second is so by definition, such as the truth's error of 0: an interval of no width would only be noise.

    Example:
        >>> interval(Estimate(1, 0.5, 1.5), 1), interval(Estimate(1), 1), interval(Estimate(0, -1, 1), 1, sign=True)
        ('[0.5, 1.5]', '', '[-1.0, +1.0]')
    """
    if estimate is None or estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return ""
    write = signed if sign else number
    return f"[{write(estimate.low, digits)}, {write(estimate.high, digits)}]"


def with_interval(estimate: Estimate | None, digits: int, *, sign: bool = False) -> str:
    """The figure and its interval.

    Example:
        >>> with_interval(Estimate(1, 0.5, 1.5), 2), with_interval(None, 2)
        ('1.00 [0.50, 1.50]', '-')
    """
    if estimate is None:
        return MISSING
    value = signed(estimate.value, digits) if sign else number(estimate.value, digits)
    return f"{value} {interval(estimate, digits, sign=sign)}".rstrip()


def unit_words(measure: Measure, value: float) -> str:
    """The unit behind a difference in a sentence: points for a share, since "percent" would be of something.

    Example:
        >>> unit_words(measure_of("top1"), 1.2), unit_words(measure_of("psnr"), 2), unit_words(measure_of("ssim"), 2)
        (' points', ' dB', '')
    """
    if measure.unit == "%":
        return " point" if value == 1 else " points"
    return f" {measure.unit}" if measure.unit in ("dB", "bit", "ms") else ""


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them.

    Example:
        >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
        ('a', 'a and b', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def in_markdown(text: object) -> str:
    """Text that stays text in Markdown, whatever a file is called.

    Example:
        >>> in_markdown("a <b> of two  lines")
        'a &lt;b&gt; of two lines'
    """
    escaped = "".join(f"\\{sign}" if sign in "\\|`*_[]#~" else sign for sign in " ".join(str(text).split()))
    return html.escape(escaped, quote=False)


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Settings as lines: nested ones with their path, lists in one line.

    Example:
        >>> flat({"seed": 0, "classifier": {"name": "vgg16"}, "temperatures": [0.1, 1], "prior": None, "sweep": True})
        [('seed', '0'), ('classifier.name', 'vgg16'), ('temperatures', '0.1, 1'), ('prior', 'none'), ('sweep', 'yes')]
    """
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += flat(value, f"{prefix}{key}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            lines.append((f"{prefix}{key}", ", ".join(_plain(item) for item in value)))
        else:
            lines.append((f"{prefix}{key}", _plain(value)))
    return lines


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
