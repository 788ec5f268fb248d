"""Colorizing without PyTorch: weights, the network on ONNX Runtime, and the way of a photograph."""

from photochrom.inference.colorized_photo import ColorizedPhoto
from photochrom.inference.colorizer import Colorizer, colorize
from photochrom.inference.hint import Hint, read_hints
from photochrom.inference.model_card import ModelCard
from photochrom.inference.options import Options
from photochrom.inference.predicted_photo import PredictedPhoto
from photochrom.inference.predictor import Prediction, Predictor
from photochrom.inference.weights import Weights, WeightsError, find_weights, registry

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
