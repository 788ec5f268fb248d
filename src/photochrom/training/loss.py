"""The paper's loss: cross-entropy against a soft encoding, each place weighed by the rarity of its color."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from photochrom.training.targets import Targets


def rebalanced_cross_entropy(logits: Tensor, targets: Targets, rarity: Tensor) -> Tensor:
    """The mean over all places of v times the cross-entropy of the predicted with the encoded distribution.

    v is the rarity weight of the place's nearest bin, 0 throughout a photograph without color. The gradient at the
    logits is v (softmax(logits) - Z), as in the released layers, which differ by constant factors only.

    Args:
        logits: float [N, Q, h, w], any dtype; the work is done in float32.
        targets: the encoded batch.
        rarity: float32 [Q], the weight of each bin.
    Returns: a scalar, in nats.
    Source: Zhang, Isola and Efros 2016, equations 2 to 4.
    """
    count = logits.shape[1]
    rows = logits.permute(0, 2, 3, 1).reshape(-1, count)
    indices = targets.indices.reshape(len(rows), -1)
    weights = targets.weights.reshape(len(rows), -1)
    importance = (rarity[targets.indices[..., 0]] * targets.colored).reshape(-1)
    return SparseCrossEntropy.apply(rows, indices, weights, importance) / len(rows)


class SparseCrossEntropy(torch.autograd.Function):
    """The sum over rows of v (logsumexp(x) - sum_k w_k x[i_k]), with its gradient written out.

    Autograd would keep log-probabilities and fill a dense gradient for the gather: twice the time and memory of the
    rest of the loss at 313 columns.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, indices: Tensor, weights: Tensor, importance: Tensor) -> Tensor:
        """Rows [P, Q], indices int64 [P, k], weights [P, k] summing to 1, importance [P]; returns a scalar."""
        wide = rows.float()
        normalizer = torch.logsumexp(wide, dim=1)
        ctx.save_for_backward(wide, normalizer, indices, weights, importance)
        ctx.dtype = rows.dtype
        expected = (wide.gather(1, indices) * weights).sum(dim=1)
        return ((normalizer - expected) * importance).sum()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """V (softmax(x) - Z), times the incoming scalar."""
        rows, normalizer, indices, weights, importance = ctx.saved_tensors
        scale = (importance * grads[0])[:, None]
        gradient = rows.sub(normalizer[:, None]).exp_().mul_(scale)
        gradient.scatter_add_(1, indices, -weights * scale)
        return gradient.to(ctx.dtype), None, None, None
