"""Batch norm over several processes; that two of them agree with one is tested with the whole loop, in test_train."""

import numpy as np
import pytest
import torch
from torch import distributed, nn

from photochrom.networks.lite import Lite
from photochrom.training.batch_norm import SynchronizedBatchNorm, follow_batches, set_training_mode, synchronize
from photochrom.training.settings import Settings


@pytest.fixture
def one_process(tmp_path):
    """A process group of this process alone."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'meeting'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("affine", "momentum"), [(True, 0.1), (False, None)])
def test_alone_it_is_the_batch_norm_of_pytorch_with_its_gradients(affine, momentum):
    torch.manual_seed(0)
    plain = nn.BatchNorm2d(3, affine=affine, momentum=momentum).double()
    ours = SynchronizedBatchNorm(3, affine=affine, momentum=momentum).double()
    if affine:
        nn.init.normal_(plain.weight)
        nn.init.normal_(plain.bias)
        ours.load_state_dict(plain.state_dict())
    weight = torch.randn(4, 3, 5, 6, dtype=torch.float64)
    for _ in range(3):
        x = 3 + 2 * torch.randn(4, 3, 5, 6, dtype=torch.float64)
        mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        torch.testing.assert_close(ours(mine), plain(theirs), rtol=1e-12, atol=1e-12)
        (ours(mine) * weight).sum().backward()
        (plain(theirs) * weight).sum().backward()
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-10, atol=1e-12)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-12, atol=0)
    x = torch.randn(1, 3, 2, 2, dtype=torch.float64)
    torch.testing.assert_close(ours.eval()(x), plain.eval()(x), rtol=1e-12, atol=0)


@pytest.mark.usefixtures("one_process")
def test_half_precision_is_normalized_in_floats_and_given_back_as_it_came():
    x = torch.randn(2, 3, 8, 8).bfloat16() + 100
    out = SynchronizedBatchNorm(3)(x).detach()
    assert out.dtype == torch.bfloat16
    assert out.float().mean().abs() < 0.01
    assert float(out.float().std()) == pytest.approx(1, abs=0.05)


def test_every_batch_norm_is_replaced_and_no_name_changes():
    network = Lite()
    names = list(network.state_dict())
    weight = network.head[1].weight
    network = synchronize(network, torch.device("cpu"))
    plain = [module for module in network.modules() if type(module) is nn.BatchNorm2d]
    assert plain == []
    assert list(network.state_dict()) == names
    assert network.head[1].weight is weight


@pytest.mark.parametrize("synchronized", [False, True])
def test_the_statistics_of_a_pretrained_encoder_stay(synchronized):
    network = synchronize(Lite(), torch.device("cpu")) if synchronized else Lite()
    set_training_mode(network)
    assert not network.encoder.blocks[5].depthwise.norm.training
    assert network.head[1].training


@pytest.mark.parametrize("momentum", [0.001, 0.1, 1.0])
def test_running_statistics_are_the_weighted_mean_of_all_batches_so_far(momentum):
    """What they were before has no say, and the weights fall by 1 - momentum from each batch to the one before it."""
    settings = Settings(system="eccv16", steps=1000, norm_momentum=momentum)
    norm, random = nn.BatchNorm2d(2).double(), np.random.default_rng(0)
    batches = random.normal(5, 3, size=(12, 4, 2, 3, 3))
    for step, batch in enumerate(batches):
        follow_batches(norm, step, settings)
        norm(torch.from_numpy(batch))
    weights = (1 - momentum) ** np.arange(len(batches) - 1, -1, -1.0)
    means = np.average(batches.mean(axis=(1, 3, 4)), axis=0, weights=weights)
    variances = np.average(
        [batch.swapaxes(0, 1).reshape(2, -1).var(axis=1, ddof=1) for batch in batches], axis=0, weights=weights
    )
    np.testing.assert_allclose(norm.running_mean, means, rtol=1e-9)
    np.testing.assert_allclose(norm.running_var, variances, rtol=1e-9)


def test_a_compiled_network_keeps_one_share():
    settings = Settings(system="eccv16", steps=1000, norm_momentum=0.02, compile=True)
    network = nn.Sequential(nn.BatchNorm2d(2), nn.BatchNorm2d(2))
    for step in (0, 5):
        follow_batches(network, step, settings)
        assert {norm.momentum for norm in network} == {0.02}
