"""From a loss at every place to one number: which photographs have a say, and what a sum is divided by."""

from __future__ import annotations

from torch import Tensor


def has_color(ab: Tensor, limit: float) -> Tensor:
    """Which photographs have a say: 1.0 where any |a| or |b| exceeds the limit, else 0.0.

    Args:
        ab: float [N, 2, h, w].
        limit: ab units; 0 lets every photograph in.
    Returns: float32 [N, 1, 1].
    Source: the layer NonGrayMask of the authors' release.
    """
    if limit == 0:
        return ab.new_ones(len(ab), 1, 1)
    return (ab.abs().amax(dim=(1, 2, 3)) > limit).float()[:, None, None]


def reduce_places(losses: Tensor, loss_per: str) -> Tensor:
    """One number of losses [N, h, w].

    Args:
        losses: of each place, 0 where it has no say.
        loss_per: `pixel` for the mean over all places; `image` for the sum over a photograph's places, averaged over
            the N photographs, as the released layers do.
    """
    return losses.mean() * scale_of(losses, loss_per)


def scale_of(places: Tensor, loss_per: str) -> int:
    """What the mean over places [N, h, w] is multiplied by: 1 for `pixel`, h w for `image`."""
    return places.shape[1] * places.shape[2] if loss_per == "image" else 1
