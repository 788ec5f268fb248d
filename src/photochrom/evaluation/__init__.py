"""Measures of colorization, each usable alone on arrays."""
