"""Rules, rates and averages against independent formulas."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from photochrom.networks.lite import Lite
from photochrom.training.optimizers import Average, build_optimizer, freeze, schedule, set_rates
from photochrom.training.recipes import smoke
from photochrom.training.settings import Settings, SettingsError

RATE, DECAY, BETA1, BETA2, EPSILON = 0.01, 0.1, 0.9, 0.95, 1e-8


def by_hand(weight, gradients, *, coupled):
    """Adam as its paper writes it, and AdamW as its own does, in plain float64."""
    weight, first, second = np.array(weight), 0.0, 0.0
    for step, gradient in enumerate(gradients, start=1):
        gradient = gradient + DECAY * weight if coupled else gradient
        first = BETA1 * first + (1 - BETA1) * gradient
        second = BETA2 * second + (1 - BETA2) * gradient**2
        shrunk = weight if coupled else weight * (1 - RATE * DECAY)
        ratio = (first / (1 - BETA1**step)) / (np.sqrt(second / (1 - BETA2**step)) + EPSILON)
        weight = shrunk - RATE * ratio
    return weight


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_three_steps_are_those_of_the_formula(optimizer):
    random = np.random.default_rng(0)
    weight, gradients = random.normal(size=(2, 3)), random.normal(size=(3, 2, 3))
    network = nn.Linear(3, 2, bias=False).double()
    network.weight.data = torch.from_numpy(weight.copy())
    settings = Settings(
        system="lite", steps=1000, optimizer=optimizer, rate=RATE, weight_decay=DECAY, beta2=BETA2, gray_limit=0.0
    )
    rule = build_optimizer(network, settings)
    for gradient in gradients:
        network.weight.grad = torch.from_numpy(gradient.copy())
        rule.step()
    wanted = by_hand(weight, gradients, coupled=optimizer == "adam")
    np.testing.assert_allclose(network.weight.detach().numpy(), wanted, rtol=1e-10)


@pytest.mark.parametrize(("optimizer", "bias_decays"), [("adam", True), ("adamw", False)])
def test_biases_decay_only_where_decay_is_part_of_the_gradient(optimizer, bias_decays):
    settings = Settings(system="lite", steps=1000, optimizer=optimizer)
    rule = build_optimizer(nn.Linear(3, 2), settings)
    decay_of_shape = {value.ndim: group["weight_decay"] for group in rule.param_groups for value in group["params"]}
    assert decay_of_shape[2] == settings.weight_decay
    assert (decay_of_shape[1] > 0) == bias_decays


def test_frozen_blocks_take_no_gradient_and_the_encoder_has_a_rate_of_its_own():
    network = Lite()
    freeze(network, 3)
    assert not any(value.requires_grad for value in network.encoder.blocks[2].parameters())
    assert all(value.requires_grad for value in network.encoder.blocks[3].parameters())
    rule = build_optimizer(network, smoke())
    rates = {(group["peak"], group["weight_decay"] > 0) for group in rule.param_groups}
    assert rates == {(4e-5, True), (4e-5, False), (2e-3, True), (2e-3, False)}
    set_rates(rule, 0.5)
    assert {group["lr"] for group in rule.param_groups} == {2e-5, 1e-3}


def test_freezing_blocks_of_what_has_none_is_refused():
    network = nn.Module()
    network.encoder = nn.Conv2d(1, 1, 1)
    with pytest.raises(SettingsError, match="frozen_blocks=3 needs an encoder of blocks"):
        freeze(network, 3)


def test_the_cosine_warms_up_and_then_falls_to_its_last_share():
    settings = dataclasses.replace(smoke(), steps=1000, warmup_steps=10, final_rate=0.01)
    assert schedule(0, 0.0, settings) == pytest.approx(0.1)
    for done in (0.1, 0.25, 0.5, 0.9, 1.0):
        closed = 0.01 + 0.99 * math.cos(math.pi * done / 2) ** 2
        assert schedule(round(1000 * done), done, settings) == pytest.approx(closed)


def test_the_steps_of_the_paper_fall_by_half_an_order_of_magnitude():
    settings = Settings(system="eccv16", steps=450_000, warmup_steps=0, schedule="steps", rate=3.16e-5)
    rates = [settings.rate * schedule(step, step / 450_000, settings) for step in (0, 214_999, 215_000, 430_000)]
    assert rates == pytest.approx([3.16e-5, 3.16e-5, 1e-5, 3.16e-6], rel=2e-3)


def test_averaged_weights_follow_the_decay_and_counters_are_taken_over():
    network = nn.BatchNorm2d(2)
    average = Average(network, 0.75)
    with torch.no_grad():
        network.weight.fill_(5.0)
        network.running_mean.fill_(8.0)
        network.num_batches_tracked.fill_(7)
    average.update(step=1000)
    assert average.network.weight.tolist() == [2.0, 2.0]  # 0.75 * 1 + 0.25 * 5
    assert average.network.running_mean.tolist() == [2.0, 2.0]
    assert average.network.num_batches_tracked == 7
    assert not average.network.training
    assert not average.network.weight.requires_grad


def test_the_average_of_the_first_steps_forgets_faster():
    network = nn.Linear(1, 1, bias=False)
    average = Average(network, 0.999)
    start = float(network.weight.detach())
    with torch.no_grad():
        network.weight.fill_(10.0)
    average.update(step=0)
    assert float(average.network.weight) == pytest.approx(0.1 * start + 0.9 * 10, rel=1e-6)


def test_without_averaging_the_copy_is_the_network():
    network = nn.Linear(3, 3)
    average = Average(network, 0.0)
    with torch.no_grad():
        network.weight.normal_()
    average.update(step=0)
    assert torch.equal(average.network.weight, network.weight)
