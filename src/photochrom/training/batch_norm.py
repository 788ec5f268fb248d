"""How batch norm is treated in training, on one device and on several.

- A pretrained encoder keeps the batch statistics of ImageNet: its batch norms stay in eval mode.
- Every other batch norm uses the statistics of the whole batch, over all processes. So N processes with an Nth of the
  batch each compute what one process with all of it computes. On GPUs that is PyTorch's `SyncBatchNorm`, which needs
  one; processes on CPUs use `SynchronizedBatchNorm` below.
- Its running statistics, which evaluation uses, weigh every batch `1 - norm_momentum` times the one after it, with
  weights that sum to 1 from the first batch on, as Caffe's do (see `follow_batches`).

Parameters and buffers keep their names, so a checkpoint does not tell on how many devices it was made.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from photochrom.training.settings import Settings
from photochrom.training.systems import encoder_of


def set_training_mode(network: nn.Module) -> None:
    """Training mode, but a pretrained encoder keeps the batch statistics of ImageNet: they need no large batch."""
    network.train()
    encoder = encoder_of(network)
    if encoder is not None:
        for module in encoder.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


def follow_batches(network: nn.Module, step: int, settings: Settings) -> None:
    """Say how far a step moves the running statistics, m / (1 - (1 - m)^t) for batch t of momentum m.

    With m = 0.001, the paper's, PyTorch's own rule would hold on to its initial zeros and ones for thousands of steps;
    Caffe divides by the sum of the weights given so far, which this share comes to. A compiled network would be
    compiled anew at each change: there it is m throughout.

    Args:
        network: in training mode; layers in evaluation mode take no notice.
        step: counted from 0.
        settings: norm_momentum and compile are read.
    Source: Caffe's `BatchNorm` layer, `moving_average_fraction` = 1 - m.
    """
    kept = 1 - settings.norm_momentum
    share = settings.norm_momentum if settings.compile else settings.norm_momentum / (1 - kept ** (step + 1))
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = share


def synchronize(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with every batch norm over all processes' batches; for runs of more than one process."""
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, SynchronizedBatchNorm.of(child))
    return network


class SynchronizedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batches of all processes, which must be equally large; in eval mode an ordinary one."""

    @classmethod
    def of(cls, plain: nn.BatchNorm2d) -> SynchronizedBatchNorm:
        """One that shares the parameters and buffers of a plain batch norm."""
        made = cls(plain.num_features, plain.eps, plain.momentum, plain.affine, plain.track_running_stats)
        made.weight, made.bias = plain.weight, plain.bias
        made.running_mean, made.running_var = plain.running_mean, plain.running_var
        made.num_batches_tracked = plain.num_batches_tracked
        return made.train(plain.training)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape and type; statistics are computed in float32 at least.

        The variance is taken around the mean in a second pass: the mean of squares less the square of the mean would
        cancel, and N processes would no longer agree with one.
        """
        if not self.training:
            return super().forward(x)
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        count = wide.numel() // wide.shape[1] * distributed.get_world_size()
        mean = SumOverProcesses.apply(wide.sum(dim=(0, 2, 3))) / count
        centered = wide - mean[:, None, None]
        variance = SumOverProcesses.apply(centered.square().sum(dim=(0, 2, 3))) / count
        self.remember(mean.detach(), variance.detach() * count / max(1, count - 1))
        normal = centered * torch.rsqrt(variance + self.eps)[:, None, None]
        if self.affine:
            normal = normal * self.weight[:, None, None] + self.bias[:, None, None]
        return normal.to(x.dtype)

    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, as `nn.BatchNorm2d` does: towards the unbiased variance."""
        if not self.track_running_stats:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class SumOverProcesses(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:
        """The same shape on every process."""
        total = local.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Every process's loss depends on this process's part."""
        total = grads[0].clone()
        distributed.all_reduce(total)
        return total
