"""The paper's loss: cross-entropy against a soft encoding, each place weighed by the rarity of its color."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from photochrom.training.fused_loss import FusedCrossEntropy, can_fuse, with_even_places
from photochrom.training.targets import Targets

BLOCK_PLACES = {"cpu": 4096, "cuda": 32768}  # worked on at once: 5 MB of 313 float32 stay in a processor's cache


def rebalanced_cross_entropy(logits: Tensor, targets: Targets, rarity: Tensor) -> Tensor:
    """The mean over all places of v times the cross-entropy of the predicted with the encoded distribution.

    v is the rarity weight of the place's nearest bin, 0 throughout a photograph without color. The gradient at the
    logits is v (softmax(logits) - Z), as in the released layers, which differ by constant factors only.

    On a GPU with Triton the work is done by `fused_loss`, elsewhere by `SparseCrossEntropy`.

    Args:
        logits: float [N, Q, h, w], any dtype, channels first or last; the work is done in float32.
        targets: the encoded batch.
        rarity: float32 [Q], the weight of each bin.
    Returns: a scalar, in nats.
    Source: Zhang, Isola and Efros 2016, equations 2 to 4.
    """
    neighbors = targets.indices.shape[-1]
    indices, weights = targets.indices.reshape(-1, neighbors), targets.weights.reshape(-1, neighbors)
    importance = (rarity[targets.indices[..., 0]] * targets.colored).reshape(-1)
    cross_entropy = FusedCrossEntropy if can_fuse(logits) else SparseCrossEntropy
    return cross_entropy.apply(logits, indices, weights, importance) / len(indices)


class SparseCrossEntropy(torch.autograd.Function):
    """The sum over places of v (logsumexp(x) - sum_k w_k x[i_k]), with its gradient written out.

    The gradient is made in the forward pass, block by block, while a block's logits are in the cache; it is all that is
    kept, and it is given away: the loss can be differentiated once. Autograd would keep the logits in float32, their
    log-probabilities, and a dense gradient of the gather.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, indices: Tensor, weights: Tensor, importance: Tensor) -> Tensor:
        """Logits [N, Q, h, w], indices int64 [P, k], weights [P, k] summing to 1, importance [P]; returns a scalar.

        P = N h w; the arguments are those of `fused_loss.FusedCrossEntropy`.
        """
        logits = with_even_places(logits)
        bins, area = logits.shape[1], logits.shape[2] * logits.shape[3]
        gradient = torch.empty_like(logits) if ctx.needs_input_grad[0] else None  # keeps the strides
        total = torch.zeros((), device=logits.device)
        size = max(1, BLOCK_PLACES.get(logits.device.type, len(indices)) // area)  # photographs in a block
        for first in range(0, len(logits), size):
            photos, places = slice(first, first + size), slice(first * area, (first + size) * area)
            near, shares, scale = indices[places], weights[places], importance[places]
            wide = rows_of(logits[photos]).reshape(-1, bins).float()  # no copy where the channels are last
            probabilities = torch.softmax(wide, dim=1)
            # The largest probability, at least 1/Q, gives the logsumexp without a second array of exponentials.
            normalizer = wide.amax(dim=1) - probabilities.amax(dim=1).log()
            expected = (wide.gather(1, near) * shares).sum(dim=1)
            total += ((normalizer - expected) * scale).sum()
            if gradient is not None:
                probabilities.scatter_add_(1, near, -shares)  # softmax(x) - Z
                rows_of(gradient[photos]).copy_(probabilities.mul_(scale[:, None]).view(-1, area, bins))
        ctx.gradient = gradient
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """V (softmax(x) - Z), times the incoming scalar. Raises RuntimeError when asked again."""
        if ctx.gradient is None:
            raise RuntimeError("this loss has been differentiated, and its gradient given away; compute the loss again")
        gradient, ctx.gradient = ctx.gradient, None
        return gradient.mul_(grads[0]), None, None, None


def rows_of(maps: Tensor) -> Tensor:
    """The same memory as [N, h w, Q], of [N, Q, h, w] whose places lie evenly (see `with_even_places`)."""
    return maps.flatten(2).transpose(1, 2)
