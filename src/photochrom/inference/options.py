"""What can be chosen when a photograph is colorized: one dataclass for Python, the command line and the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from photochrom.color.distribution import check_temperature
from photochrom.inference.devices import Device, check_device
from photochrom.inference.hint import Hint, is_number
from photochrom.inference.working_size import SIZE_MULTIPLE

MAX_SATURATION = 3.0  # beyond it, gamut clipping leaves nothing to gain
MAX_WORKING_SIZE = 2048  # pixels


@dataclass(frozen=True)
class Options:
    """How to colorize; refused at once when a value cannot work.

    Raises:
        ValueError: for a value out of its range, in one line.

    Example:
        >>> Options(temperature=0.5).working_size
        256
    """

    model: str | Path = "lite"  # a name of `registry()`, or the path of an ONNX file
    temperature: float | None = None  # in (0, 1]: 1 the mean color (calm), towards 0 the mode; None: the model's
    working_size: int | Literal["auto"] = 256  # pixels of the short side that the network sees
    max_megapixels: float = 500.0  # larger photographs are refused before they are decoded
    threads: int | None = None  # of the network; None: as many as there are cores
    device: Device = "auto"  # what runs the network; "auto": the best that is installed, else the CPU
    saturation: float = 1.0  # times the chroma, 0..3
    white_balance: float | Literal["auto"] = 0.0  # -1 cool .. 1 warm; "auto": near-neutral areas become gray
    hints: tuple[Hint, ...] = ()  # colors given by hand
    mask: Path | None = None  # a picture stretched to the photograph: white is colored, black stays gray
    seed: int = 0  # of the samples
    keep_color: bool = False  # an already colored photograph keeps its colors
    provenance: bool = True  # a note in the file's metadata that the colors are estimated
    mark: bool = False  # a small visible mark

    def __post_init__(self) -> None:
        if not isinstance(self.model, str | Path) or not str(self.model):
            raise ValueError(f"model must be a name or a path, got {self.model!r}; try 'lite'")
        if self.temperature is not None:
            _check_number("temperature", self.temperature)
            check_temperature(self.temperature)
        check_working_size(self.working_size)
        if not (is_number(self.max_megapixels) and self.max_megapixels > 0):
            raise ValueError(f"max_megapixels must be a number above 0, got {self.max_megapixels!r}; try 500")
        if self.threads is not None and not (_is_whole(self.threads) and self.threads >= 1):
            raise ValueError(f"threads must be at least 1, got {self.threads!r}; None takes as many as there are cores")
        check_device(self.device)
        check_saturation(self.saturation)
        check_white_balance(self.white_balance)
        # Lists are taken too, as JSON gives them; what is kept cannot be changed.
        object.__setattr__(self, "hints", check_hints(self.hints))
        if self.mask is not None:
            if not isinstance(self.mask, str | Path) or not str(self.mask):
                raise ValueError(f"mask must be the path of a picture, got {self.mask!r}")
            object.__setattr__(self, "mask", Path(self.mask))
        if not (_is_whole(self.seed) and self.seed >= 0):
            raise ValueError(f"seed must be a whole number, 0 or above, got {self.seed!r}")
        for name in ("keep_color", "provenance", "mark"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, got {getattr(self, name)!r}")

    def to_json(self) -> dict[str, Any]:
        """Every field as JSON knows it: paths as texts, hints as objects.

        Example:
            >>> Options(saturation=1.2).to_json()["saturation"]
            1.2
        """
        value = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        value["model"] = str(self.model)
        value["mask"] = None if self.mask is None else str(self.mask)
        value["hints"] = [hint.to_json() for hint in self.hints]
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Options:
        """The options of a JSON object; what it leaves out is as by default.

        Raises: ValueError in one line, for a key that is no option, or a value that cannot work.

        Example:
            >>> Options.from_json({"colour": 1})
            Traceback (most recent call last):
            ...
            ValueError: there is no option 'colour'; there are model, temperature, ...
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"options are a JSON object, got {type(value).__name__}")
        names = [entry.name for entry in fields(cls)]
        if unknown := sorted(set(map(str, value)) - set(names)):
            raise ValueError(f"there is no option {unknown[0]!r}; there are {', '.join(names)}")
        return cls(**value)


def check_saturation(value: float) -> float:
    """Return a saturation in 0..3. Raises: ValueError."""
    if not (is_number(value) and 0 <= value <= MAX_SATURATION):
        raise ValueError(f"saturation must lie in 0..{MAX_SATURATION:g} (times the chroma), got {value!r}; try 1.2")
    return float(value)


def check_white_balance(value: float | str) -> float | Literal["auto"]:
    """Return a white balance in -1..1, or "auto". Raises: ValueError."""
    if value == "auto":
        return "auto"
    if isinstance(value, str) or not (is_number(value) and -1 <= value <= 1):
        raise ValueError(f"white_balance must lie in -1 (cool) .. 1 (warm) or be 'auto', got {value!r}")
    return float(value)


def check_working_size(value: int | str) -> int | Literal["auto"]:
    """Return a working size in pixels, or "auto". Raises: ValueError."""
    if value == "auto":
        return "auto"
    if isinstance(value, str) or not (_is_whole(value) and SIZE_MULTIPLE <= value <= MAX_WORKING_SIZE):
        raise ValueError(
            f"working_size must lie in {SIZE_MULTIPLE}..{MAX_WORKING_SIZE} pixels or be 'auto', got {value!r}; try 256"
        )
    return value


def check_hints(hints: Any) -> tuple[Hint, ...]:
    """Return hints as a tuple; JSON objects and texts become hints. Raises: ValueError."""
    if isinstance(hints, str | Mapping) or not hasattr(hints, "__iter__"):
        raise ValueError(f"hints must be a list of hints, got {hints!r}; try ['30%,45%,#a03020']")
    return tuple(hint if isinstance(hint, Hint) else Hint.from_json(hint) for hint in hints)


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number, got {value!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
