"""Losses, targets, recipes, the loop, checkpoints, and export to ONNX."""
