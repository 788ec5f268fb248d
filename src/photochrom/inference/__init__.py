"""Colorizing without PyTorch: weights, the network on ONNX Runtime, and the way of a photograph.

Names are looked up when they are used: a photograph that is colored the fast way needs none of the choices.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photochrom.inference.colorized_photo import ColorizedPhoto
    from photochrom.inference.colorizer import Colorizer, colorize
    from photochrom.inference.hint import Hint, read_hints
    from photochrom.inference.model_card import ModelCard
    from photochrom.inference.options import Options
    from photochrom.inference.predicted_photo import PredictedPhoto
    from photochrom.inference.predictor import Prediction, Predictor
    from photochrom.inference.weights import Weights, WeightsError, find_weights, registry

_HOMES = {
    "ColorizedPhoto": "colorized_photo",
    "Colorizer": "colorizer",
    "Hint": "hint",
    "ModelCard": "model_card",
    "Options": "options",
    "PredictedPhoto": "predicted_photo",
    "Prediction": "predictor",
    "Predictor": "predictor",
    "Weights": "weights",
    "WeightsError": "weights",
    "colorize": "colorizer",
    "find_weights": "weights",
    "read_hints": "hint",
    "registry": "weights",
}

__all__ = [
    "ColorizedPhoto",
    "Colorizer",
    "Hint",
    "ModelCard",
    "Options",
    "PredictedPhoto",
    "Prediction",
    "Predictor",
    "Weights",
    "WeightsError",
    "colorize",
    "find_weights",
    "read_hints",
    "registry",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'photochrom.inference' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"photochrom.inference.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
