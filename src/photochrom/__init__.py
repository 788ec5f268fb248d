"""Believable color for black-and-white photographs.

Names are looked up when they are used: importing the package loads neither NumPy, libvips nor ONNX Runtime.

Example:
    >>> import photochrom
    >>> photochrom.colorize("old.jpg").save("new.jpg")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.inference import ColorizedPhoto, Colorizer, Options, Predictor, WeightsError, colorize
    from photochrom.photos import PhotoError

    __version__: str

__all__ = [
    "ColorizedPhoto",
    "Colorizer",
    "Options",
    "PhotoError",
    "Predictor",
    "WeightsError",
    "__version__",
    "colorize",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("photochrom")
    if name == "PhotoError":
        from photochrom.photos import PhotoError

        return PhotoError
    if name in __all__:
        from photochrom import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'photochrom' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
