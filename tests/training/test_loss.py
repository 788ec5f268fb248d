"""The sparse loss against the paper's dense formula."""

import numpy as np
import pytest
import torch

from photochrom.color.ab_bins import rarity_weights, soft_encode
from photochrom.training.loss import BLOCK_PLACES, rebalanced_cross_entropy
from photochrom.training.targets import TargetEncoder


@pytest.fixture(params=[5, 10])
def case(request):
    random = np.random.default_rng(0)
    # On the table's grid of half units, where its entries are exact.
    ab = np.round(random.normal(0, 30, (3, 2, 4, 6)).clip(-100, 100) * 2) / 2
    ab[1] = 1.0  # a gray photograph
    encoder = TargetEncoder(neighbors=request.param, sigma=5.0, device=torch.device("cpu"))
    rarity = torch.from_numpy(rarity_weights(random.random(313) ** 4, 0.5))
    logits = torch.from_numpy(random.normal(0, 3, (3, 313, 4, 6)).astype(np.float32))
    dense = torch.from_numpy(soft_encode(np.moveaxis(ab, 1, -1), neighbors=request.param))  # [N, h, w, 313]
    return logits, encoder.encode(torch.from_numpy(ab.astype(np.float32))), rarity, dense


def dense_loss(logits, dense, rarity):
    log_shares = torch.log_softmax(logits.permute(0, 2, 3, 1).double(), dim=-1)
    importance = rarity[dense.argmax(dim=-1)].double()  # v = w[argmax Z]
    importance[1] = 0.0  # the gray photograph
    return -(importance * (dense.double() * log_shares).sum(dim=-1)).mean()


def test_the_loss_equals_the_dense_formula(case):
    logits, targets, rarity, dense = case
    wanted = dense_loss(logits, dense, rarity)
    torch.testing.assert_close(rebalanced_cross_entropy(logits, targets, rarity).double(), wanted, rtol=1e-5, atol=1e-5)


def test_the_gradient_equals_that_of_the_dense_formula(case):
    logits, targets, rarity, dense = case
    sparse_logits, dense_logits = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    (3 * rebalanced_cross_entropy(sparse_logits, targets, rarity)).backward()
    (3 * dense_loss(dense_logits, dense, rarity)).backward()
    torch.testing.assert_close(sparse_logits.grad, dense_logits.grad, rtol=1e-5, atol=1e-8)


def test_half_precision_logits_get_a_gradient_of_their_own_type(case):
    logits, targets, rarity, _ = case
    half = logits.bfloat16().requires_grad_()
    rebalanced_cross_entropy(half, targets, rarity).backward()
    assert half.grad.dtype == torch.bfloat16
    assert half.grad.isfinite().all()


def test_a_photograph_without_color_teaches_nothing(case):
    logits, targets, rarity, _ = case
    logits = logits.clone().requires_grad_()
    rebalanced_cross_entropy(logits, targets, rarity).backward()
    assert not logits.grad[1].any()
    assert logits.grad[0].any()


@pytest.mark.parametrize("places", [1, 48, 4096])  # a photograph has 24
def test_the_size_of_the_blocks_changes_nothing(case, monkeypatch, places):
    logits, targets, rarity, dense = case
    monkeypatch.setitem(BLOCK_PLACES, "cpu", places)
    leaf, dense_leaf = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    loss, wanted = rebalanced_cross_entropy(leaf, targets, rarity), dense_loss(dense_leaf, dense, rarity)
    torch.testing.assert_close(loss.double(), wanted, rtol=1e-5, atol=1e-5)
    loss.backward()
    wanted.backward()
    torch.testing.assert_close(leaf.grad, dense_leaf.grad, rtol=1e-5, atol=1e-8)


def test_channels_first_and_last_give_one_loss_and_one_gradient(case):
    logits, targets, rarity, _ = case
    first = logits.clone().requires_grad_()
    last = logits.clone().to(memory_format=torch.channels_last).requires_grad_()
    losses = [rebalanced_cross_entropy(leaf, targets, rarity) for leaf in (first, last)]
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(*losses)
    torch.testing.assert_close(first.grad, last.grad)


def test_logits_far_apart_do_not_overflow(case):
    logits, targets, rarity, dense = case
    loss = rebalanced_cross_entropy(1e4 * logits, targets, rarity)
    torch.testing.assert_close(loss.double(), dense_loss(1e4 * logits, dense, rarity), rtol=1e-5, atol=0)


def test_without_a_gradient_to_make_the_loss_is_the_same(case):
    logits, targets, rarity, _ = case
    with_gradient = rebalanced_cross_entropy(logits.clone().requires_grad_(), targets, rarity)
    assert torch.equal(rebalanced_cross_entropy(logits, targets, rarity), with_gradient.detach())


def test_a_second_differentiation_is_refused(case):
    logits, targets, rarity, _ = case
    loss = rebalanced_cross_entropy(logits.clone().requires_grad_(), targets, rarity)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="compute the loss again"):
        loss.backward()
