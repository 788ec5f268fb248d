"""Measures of colorization, each usable alone on arrays, and the evaluation that takes them all."""

from photochrom.evaluation.evaluate import evaluate
from photochrom.evaluation.report import Report
from photochrom.evaluation.settings import EvaluationError, Settings

__all__ = ["EvaluationError", "Report", "Settings", "evaluate"]
