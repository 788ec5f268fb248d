"""The paper's loss as one Triton kernel each way, for logits on a GPU.

Forward reads the logits once (an online logsumexp, and the few bins of the soft encoding), backward once more, writing
the gradient in the logits' own type and layout. Nothing else of their size is ever made. `loss.SparseCrossEntropy` is
the same in plain PyTorch: the fallback, and what this is tested against.

Source: the online logsumexp is that of Milakov and Gimelshein 2018, arXiv:1805.02867.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

try:  # comes with PyTorch's builds for GPUs; there is none for every system
    import triton
    import triton.language as tl
except ImportError:
    triton = None

BLOCK_PLACES = 32  # places of the map that one program works on
BLOCK_BINS = 64  # logits of each that it holds at a time: five rounds for 313 bins, 2 % of them empty
WARPS = 4


def can_fuse(logits: Tensor) -> bool:
    """Whether these logits are where the kernel runs: on a GPU, with Triton installed."""
    return logits.is_cuda and triton is not None


class FusedCrossEntropy(torch.autograd.Function):
    """The sum over places of v (logsumexp(x) - sum_k w_k x[i_k]), from the logits as the network gave them."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, indices: Tensor, weights: Tensor, importance: Tensor) -> Tensor:
        """Add up the loss.

        Args:
            logits: float [N, Q, h, w], any type, channels first or last.
            indices: int64 [P, k], the bins of each of the P = N h w places.
            weights: float32 [P, k], sums to 1 over k.
            importance: float32 [P], v.
        Returns: a scalar, float32.
        """
        logits = with_even_places(logits)
        indices, weights, importance = indices.contiguous(), weights.contiguous(), importance.contiguous()
        places, count = len(indices), logits.shape[1]
        normalizer = torch.empty(places, dtype=torch.float32, device=logits.device)
        losses = torch.empty(places, dtype=torch.float32, device=logits.device)
        forward_kernel[grid(places)](
            logits, indices, weights, importance, normalizer, losses,
            places, logits.shape[2] * logits.shape[3], logits.stride(0), logits.stride(1), logits.stride(3),
            BINS=count, K=indices.shape[1], BLOCK_PLACES=BLOCK_PLACES, BLOCK_BINS=BLOCK_BINS, num_warps=WARPS,
        )  # fmt: skip
        ctx.save_for_backward(logits, normalizer, indices, weights, importance)
        return losses.sum()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """V (softmax(x) - Z), times the incoming scalar."""
        logits, normalizer, indices, weights, importance = ctx.saved_tensors
        gradient = torch.empty_like(logits)  # keeps the strides
        places = len(indices)
        backward_kernel[grid(places)](
            logits, indices, weights, importance, normalizer, grads[0].float(), gradient,
            places, logits.shape[2] * logits.shape[3], logits.stride(0), logits.stride(1), logits.stride(3),
            BINS=logits.shape[1], K=indices.shape[1], BLOCK_PLACES=BLOCK_PLACES, BLOCK_BINS=BLOCK_BINS,
            num_warps=WARPS,
        )  # fmt: skip
        return gradient, None, None, None


def grid(places: int) -> tuple[int]:
    """How many programs share the places."""
    return (-(-places // BLOCK_PLACES),)


def with_even_places(logits: Tensor) -> Tensor:
    """The logits themselves if one stride walks all places of a map and the memory has no gaps, else a copy."""
    width = logits.shape[3]
    dense = logits.is_contiguous() or logits.is_contiguous(memory_format=torch.channels_last)
    return logits if dense and logits.stride(2) == width * logits.stride(3) else logits.contiguous()


if triton is not None:

    @triton.jit
    def forward_kernel(
        logits, indices, weights, importance, normalizer, losses,
        places, area, stride_photo, stride_bin, stride_place,
        BINS: tl.constexpr, K: tl.constexpr, BLOCK_PLACES: tl.constexpr, BLOCK_BINS: tl.constexpr,
    ):  # fmt: skip
        """One program: the loss and logsumexp of BLOCK_PLACES places."""
        place = tl.program_id(0) * BLOCK_PLACES + tl.arange(0, BLOCK_PLACES)
        inside = place < places
        # int64, since a batch of logits may pass 2**31 values.
        start = (place // area).to(tl.int64) * stride_photo + (place % area).to(tl.int64) * stride_place
        highest = tl.full([BLOCK_PLACES], float("-inf"), tl.float32)
        total = tl.zeros([BLOCK_PLACES], tl.float32)  # of exp(x - highest)
        for first in range(0, BINS, BLOCK_BINS):
            column = first + tl.arange(0, BLOCK_BINS)
            wanted = inside[:, None] & (column < BINS)[None, :]
            at = logits + start[:, None] + column[None, :] * stride_bin
            # A place outside holds zeros, so that no infinity meets another.
            x = tl.load(at, mask=wanted, other=0.0).to(tl.float32)
            x = tl.where((column < BINS)[None, :], x, float("-inf"))
            raised = tl.maximum(highest, tl.max(x, axis=1))
            total = total * tl.exp(highest - raised) + tl.sum(tl.exp(x - raised[:, None]), axis=1)
            highest = raised
        logsumexp = highest + tl.log(total)
        expected = tl.zeros([BLOCK_PLACES], tl.float32)
        for entry in range(K):
            column = tl.load(indices + place.to(tl.int64) * K + entry, mask=inside, other=0)
            weight = tl.load(weights + place.to(tl.int64) * K + entry, mask=inside, other=0.0)
            x = tl.load(logits + start + column * stride_bin, mask=inside, other=0.0).to(tl.float32)
            expected += weight * x
        scale = tl.load(importance + place, mask=inside, other=0.0)
        tl.store(normalizer + place, logsumexp, mask=inside)
        tl.store(losses + place, scale * (logsumexp - expected), mask=inside)

    @triton.jit
    def backward_kernel(
        logits, indices, weights, importance, normalizer, incoming, gradient,
        places, area, stride_photo, stride_bin, stride_place,
        BINS: tl.constexpr, K: tl.constexpr, BLOCK_PLACES: tl.constexpr, BLOCK_BINS: tl.constexpr,
    ):  # fmt: skip
        """One program: the gradient at BLOCK_PLACES places; the logits and their gradient share their strides."""
        place = tl.program_id(0) * BLOCK_PLACES + tl.arange(0, BLOCK_PLACES)
        inside = place < places
        start = (place // area).to(tl.int64) * stride_photo + (place % area).to(tl.int64) * stride_place
        logsumexp = tl.load(normalizer + place, mask=inside, other=0.0)
        scale = tl.load(importance + place, mask=inside, other=0.0) * tl.load(incoming)
        for first in range(0, BINS, BLOCK_BINS):
            column = first + tl.arange(0, BLOCK_BINS)
            wanted = inside[:, None] & (column < BINS)[None, :]
            offset = start[:, None] + column[None, :] * stride_bin
            x = tl.load(logits + offset, mask=wanted, other=0.0).to(tl.float32)
            difference = tl.exp(x - logsumexp[:, None])
            # Comparing every bin with the K wanted ones costs registers, not memory, and needs no second write.
            for entry in range(K):
                near = tl.load(indices + place.to(tl.int64) * K + entry, mask=inside, other=-1)
                weight = tl.load(weights + place.to(tl.int64) * K + entry, mask=inside, other=0.0)
                difference -= tl.where(near[:, None] == column[None, :], weight[:, None], 0.0)
            tl.store(gradient + offset, (difference * scale[:, None]).to(gradient.dtype.element_ty), mask=wanted)
