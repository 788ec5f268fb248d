"""Colorizing without PyTorch: weights, the network on ONNX Runtime, and the way of a photograph."""

from photochrom.inference.colorizer import ColorizedPhoto, Colorizer, colorize
from photochrom.inference.model_card import ModelCard
from photochrom.inference.options import Options
from photochrom.inference.predictor import Prediction, Predictor
from photochrom.inference.weights import Weights, WeightsError, find_weights, registry

__all__ = [
    "ColorizedPhoto",
    "Colorizer",
    "ModelCard",
    "Options",
    "Prediction",
    "Predictor",
    "Weights",
    "WeightsError",
    "colorize",
    "find_weights",
    "registry",
]
