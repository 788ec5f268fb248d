"""The systems of the paper's table as PyTorch modules.

Every system maps `lightness` float32 [N, 1, H, W] in 0..100 to logits [N, 313, H/4, W/4] over the ab bins (or, for a
regression system, to ab [N, 2, H/4, W/4]).
"""
