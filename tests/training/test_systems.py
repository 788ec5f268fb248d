"""Every system through one door: outputs, backbones, heads, and starting from another run."""

import dataclasses

import numpy as np
import pytest
import torch

from photochrom.networks.efficientnet_lite import load_imagenet
from photochrom.networks.vgg16 import WeightFileError
from photochrom.training.checkpoint import Run, RunError
from photochrom.training.objectives import OUTPUTS
from photochrom.training.recipes import lite_l2, smoke
from photochrom.training.systems import (
    SYSTEMS,
    BuildError,
    build_network,
    build_system,
    encoder_of,
    heads,
    load_run,
    prediction_layer,
    size_multiple,
    start_weights,
)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("objective", OUTPUTS)
def test_every_system_takes_every_objective_and_predicts_at_stride_4(system, objective):
    with torch.device("meta"):
        network = build_system(system, pretrained=False, objective=objective)
        side = 2 * size_multiple(system)
        assert network(torch.zeros(2, 1, side, 64)).shape == (2, OUTPUTS[objective], side // 4, 16)
    assert prediction_layer(network).out_channels == OUTPUTS[objective]


@pytest.mark.parametrize("system", ["dahl16", "larsson16"])
def test_the_baselines_build_on_vgg_too(system):
    with torch.device("meta"):
        network = build_system(system, objective="regression", backbone="vgg16", backbone_file="random")
        assert network(torch.zeros(1, 1, 64, 32)).shape == (1, 2, 16, 8)
    assert encoder_of(network).layers["conv1_1"].in_channels == 1


@pytest.mark.parametrize("system", ["lite", "dahl16", "larsson16"])
def test_pretrained_encoders_have_the_packages_weights(system):
    published = load_imagenet("lite0").encoder
    published.accept_lightness()
    wanted = published.state_dict()
    found = encoder_of(build_system(system, objective="regression")).state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in found.items())
    beyond_the_blocks = {name for name in wanted if name.startswith("top.")} if system != "lite" else set()
    assert set(wanted) - set(found) == beyond_the_blocks
    fresh = encoder_of(build_system(system, objective="regression", backbone_file="random")).state_dict()
    assert not torch.equal(fresh["blocks.3.expand.conv.weight"], wanted["blocks.3.expand.conv.weight"])


def test_fresh_layers_are_those_of_the_seed():
    first, again, other = (build_system("dahl16", pretrained=False, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["predict.0.weight"], other["predict.0.weight"])


@pytest.mark.parametrize("system", ["lite", "dahl16", "eccv16"])
def test_a_regression_begins_near_gray(system):
    network = build_system(system, objective="regression", pretrained=system != "eccv16").eval()
    lightness = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 100
    with torch.inference_mode():
        assert 110 * network(lightness).abs().mean() < 20


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"name": "dahl16", "backbone": "vgg16"}, "backbone_file=vgg16-397923af.pth"),
        ({"name": "larsson16", "backbone": "resnet"}, "lite0, lite1, lite2, vgg16"),
        ({"name": "lite", "backbone": "vgg16"}, "of lite must be one of lite0"),
        ({"name": "eccv16", "backbone": "lite0"}, "no backbone to choose"),
    ],
)
def test_a_backbone_that_cannot_be_is_refused_with_what_can(told, message):
    with pytest.raises(BuildError, match=message):
        build_system(**told)


def test_vgg_weights_of_unknown_origin_are_refused(tmp_path):
    torch.save({}, tmp_path / "vgg16.pth")
    with pytest.raises(WeightFileError, match="begins with 397923af"):
        build_system("dahl16", backbone="vgg16", backbone_file=tmp_path / "vgg16.pth")


def test_a_network_that_is_no_system_has_no_prediction_layer():
    with pytest.raises(TypeError, match="Conv2d is no system"):
        prediction_layer(torch.nn.Conv2d(1, 1, 1))


def test_the_same_system_starts_with_all_weights():
    source = build_system("dahl16", pretrained=False, seed=1, objective="regression")
    network = build_system("dahl16", pretrained=False, seed=2, objective="regression")
    assert start_weights(network, source.state_dict()) == []
    assert all(torch.equal(value, source.state_dict()[name]) for name, value in network.state_dict().items())


def test_a_regression_starts_from_a_classification_with_all_but_its_head():
    source = build_system("eccv16", seed=1)
    network = build_system("eccv16", seed=2, objective="regression")
    head = prediction_layer(network).weight.clone()
    assert start_weights(network, source.state_dict()) == ["model8.6.bias", "model8.6.weight"]
    assert torch.equal(prediction_layer(network).weight, head)
    assert torch.equal(network.model8[4].weight, source.model8[4].weight)
    assert torch.equal(network.model1[4].running_mean, source.model1[4].running_mean)


@pytest.mark.parametrize("other", [{"name": "dahl16"}, {"name": "lite", "backbone": "lite2"}])
def test_another_system_or_backbone_is_no_start_and_changes_nothing(other):
    network = build_system("lite", pretrained=False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(BuildError, match="same system and backbone"):
        start_weights(network, build_system(**other, pretrained=False).state_dict())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_all_heads_of_a_system_with_several_stay_fresh_together():
    network = build_system("dahl16", pretrained=False, objective="regression")
    state = build_system("dahl16", pretrained=False, objective="classification").state_dict()
    fresh = start_weights(network, state)
    assert len(fresh) == 2 * len(heads(network))


def test_a_run_is_loaded_with_its_weights_and_objective(tmp_path):
    settings = smoke(lite_l2)
    trained = build_network(dataclasses.replace(settings, seed=5))
    run = Run(tmp_path / "run")
    run.begin(settings, np.full(313, 1 / 313), {}, np.zeros((1, 1, 64, 64), np.float32))
    run.save(trained.state_dict(), {})
    network, objective = load_run(tmp_path / "run")
    assert not network.training
    assert objective.is_point
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in network.state_dict().items())


def test_a_run_whose_system_had_other_layers_is_refused_with_the_commit_that_knows_it(tmp_path):
    run = Run(tmp_path / "run")
    run.begin(smoke(), np.full(313, 1 / 313), {"commit": "c0ffee"}, np.zeros((1, 1, 64, 64), np.float32))
    run.save({"encoder.old": torch.zeros(1)}, {})
    with pytest.raises(RunError, match=r"other layers now than when this was trained \(commit c0ffee\)"):
        load_run(tmp_path / "run")
