"""Believable color for black-and-white photographs.

Names are looked up when they are used: importing the package loads neither NumPy, libvips nor ONNX Runtime.

Example:
    >>> import photochrom
    >>> photochrom.colorize("old.jpg").save("new.jpg")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.inference import (
        ColorizedPhoto,
        Colorizer,
        Hint,
        Options,
        PredictedPhoto,
        Predictor,
        WeightsError,
        colorize,
        read_hints,
    )
    from photochrom.photos import PhotoError

# Also in pyproject.toml; a test compares. Asking the installed package for it takes a tenth of a cold start.
__version__ = "0.1.0"

__all__ = [
    "ColorizedPhoto",
    "Colorizer",
    "Hint",
    "Options",
    "PhotoError",
    "PredictedPhoto",
    "Predictor",
    "WeightsError",
    "__version__",
    "colorize",
    "read_hints",
]


def __getattr__(name: str) -> Any:
    if name == "PhotoError":
        from photochrom.photos import PhotoError

        return PhotoError
    if name in __all__:
        from photochrom import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'photochrom' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
