"""Data-dependent initialization: what every layer gives, to photographs that it was not fitted to."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from photochrom.data.crops import CropSampler
from photochrom.data.decoding import decode
from photochrom.data.sources import read_source
from photochrom.networks.eccv16 import ECCV16
from photochrom.networks.lite import Lite
from photochrom.training.gradient_balance import gradient_ratios
from photochrom.training.initialization import MEAN, fresh_modules, initialize, sample_patches
from photochrom.training.targets import lightness_and_ab

SHARD = Path(__file__).resolve().parents[3] / "shared" / "data" / "train" / "train-00000-of-00015.parquet"


def invented_photographs(count, seed, size=48):
    """Lightness with large shapes and fine grain, [count, 1, size, size] in 0..100."""
    dice = torch.Generator().manual_seed(seed)
    shapes = F.interpolate(20 * torch.randn(count, 1, 12, 12, generator=dice), size=(size, size), mode="bicubic")
    return (50 + shapes + 3 * torch.randn(count, 1, size, size, generator=dice)).clamp(0, 100)


def build_network():
    """Every kind of layer of eccv16 in its order: strided, dilated and transposed, batch norm after the ReLU."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(), nn.BatchNorm2d(16),
        nn.Conv2d(16, 32, 3, padding=2, dilation=2), nn.ReLU(), nn.BatchNorm2d(32),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 24, 1),
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    network = build_network()
    initialize(network, [invented_photographs(200, seed=1)], balance=False)
    return network.eval()


def outputs_of_layers(network, lightness):
    """What each convolution gives."""
    given = {}
    x = lightness
    with torch.no_grad():
        for index, layer in enumerate(network):
            x = layer(x)
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                given[index] = x
    return given


def test_on_other_photographs_every_channel_has_unit_variance_and_mean_a_tenth(fitted):
    given = outputs_of_layers(fitted, invented_photographs(200, seed=2))
    assert len(given) == 5
    for output in given.values():
        torch.testing.assert_close(output.mean(dim=(0, 2, 3)), torch.full((output.shape[1],), MEAN), rtol=0, atol=0.05)
        torch.testing.assert_close(output.var(dim=(0, 2, 3)), torch.ones(output.shape[1]), rtol=0, atol=0.1)


def test_batch_norms_know_the_statistics_of_the_photographs(fitted):
    seen = fitted[:5](invented_photographs(200, seed=3)).detach()  # after the first batch norm, in evaluation mode
    torch.testing.assert_close(seen.mean(dim=(0, 2, 3)), torch.zeros(16), rtol=0, atol=0.05)
    torch.testing.assert_close(seen.var(dim=(0, 2, 3)), torch.ones(16), rtol=0, atol=0.1)


def test_filters_look_like_the_patches():
    """The first layer of photographs with vertical stripes alone has filters that do not change from row to row."""
    stripes = 50 + 40 * torch.sin(torch.arange(48.0) * torch.rand(64, 1, 1, 1) * 2)
    network = nn.Sequential(nn.Conv2d(1, 8, 5))
    initialize(network, [stripes.expand(64, 1, 48, 48)], balance=False)
    filters = network[0].weight.detach()
    assert filters.std(dim=2).max() < 1e-3 * filters.abs().max()
    assert filters.std(dim=3).min() > 0.01 * filters.abs().max()


def test_the_same_seed_gives_the_same_weights_whatever_they_were():
    networks = [build_network(), build_network()]
    nn.init.ones_(networks[1][0].weight)
    for network in networks:
        initialize(network, [invented_photographs(20, seed=1)])
    for one, other in zip(*(network.state_dict().values() for network in networks), strict=True):
        assert torch.equal(one, other)


def test_modes_and_hooks_are_left_as_they_were():
    network = build_network().train()
    network[4].eval()
    initialize(network, [invented_photographs(8, seed=1)])
    assert [module.training for module in network] == [index != 4 for index in range(len(network))]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(6, 4, 3, padding=1),
        nn.Conv2d(6, 4, (3, 5), stride=(2, 1), padding=(2, 0), dilation=(2, 1)),
        nn.Conv2d(6, 4, 1, stride=2),
        nn.Linear(6, 4),
    ],
)
def test_the_product_of_patches_and_weights_is_what_the_layer_gives(layer):
    shape = (3, 9, 6) if isinstance(layer, nn.Linear) else (3, 6, 11, 12)
    seen = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    patches = sample_patches(layer, seen, 10_000, torch.Generator().manual_seed(0))
    product = patches.flatten(1) @ layer.weight.flatten(1).T + layer.bias
    output = layer(seen)
    wanted = output.flatten(0, -2) if isinstance(layer, nn.Linear) else output.permute(0, 2, 3, 1).flatten(0, 2)
    assert product.shape == wanted.shape
    # All places, in random order: each is found once, at no distance but that of rounding.
    distance, place = torch.cdist(product.double(), wanted.double()).min(dim=1)
    assert place.unique().tolist() == list(range(len(wanted)))
    assert distance.max() < 1e-4


def test_groups_get_centers_of_their_own_channels():
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 6, 3, groups=2, padding=1))
    lightness = invented_photographs(60, seed=4)
    initialize(network, [lightness], balance=False)
    output = network(invented_photographs(60, seed=5))
    torch.testing.assert_close(output.var(dim=(0, 2, 3)), torch.ones(6), rtol=0, atol=0.15)


def test_a_layer_with_fewer_patches_than_outputs_gets_random_weights_of_unit_variance():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 300))
    lightness = invented_photographs(40, seed=6)
    initialize(network, [lightness], balance=False)
    size = network[2].weight.abs()
    torch.testing.assert_close(size, size[:1].expand(300, 1))  # of one input the scale leaves only the sign
    assert 100 < (network[2].weight > 0).sum() < 200  # and that is random
    torch.testing.assert_close(network(lightness)[20:].var(dim=0, correction=0), torch.ones(300))


def test_a_pretrained_encoder_and_the_head_of_a_regression_are_left_alone():
    network = Lite(outputs=2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialize(network, [invented_photographs(4, seed=7, size=64)])
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert not [name for name in changed if name.startswith(("encoder", "predict"))]
    assert {"lateral4.weight", "merge8.0.weight", "merge8.1.running_var", "scene.bias"} <= changed


def test_frozen_layers_are_left_alone():
    network = build_network()
    network[2].requires_grad_(False)
    assert network[2] not in fresh_modules(network)
    before = network[2].weight.clone()
    initialize(network, [invented_photographs(8, seed=1)])
    assert torch.equal(network[2].weight, before)


def test_no_more_photographs_are_drawn_than_are_used(monkeypatch):
    monkeypatch.setattr("photochrom.training.initialization.PIXELS", 10 * 48 * 48)
    drawn = []

    def batches():
        for seed in range(100):
            drawn.append(seed)
            yield invented_photographs(4, seed)

    initialize(build_network(), batches())
    assert drawn == [0, 1, 2]


def test_without_photographs_it_says_what_it_needs():
    with pytest.raises(ValueError, match="needs photographs"):
        initialize(build_network(), [])


def test_padding_that_is_no_zeros_is_refused():
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"))
    with pytest.raises(ValueError, match="reflect"):
        initialize(network, [invented_photographs(4, seed=1)])


@pytest.fixture(scope="module")
def real_crops():
    """Two batches of lightness float32 [48, 1, 96, 96], of different photographs."""
    if not SHARD.exists():
        pytest.skip("the training photographs are not beside this repository (../shared/data/train)")
    photographs = [decode(photograph, 256) for photograph in islice(read_source(SHARD), 96)]
    samplers = [CropSampler(part, size=96, batch=48, seed=0) for part in (photographs[:48], photographs[48:])]
    return [lightness_and_ab(sampler.draw(0), target="point")[0] for sampler in samplers]


@pytest.mark.slow
def test_on_real_photographs_the_first_blocks_of_eccv16_give_unit_variance_and_learn_at_one_pace(real_crops):
    seen, other = real_crops
    torch.manual_seed(0)
    whole = ECCV16()
    network = nn.Sequential(whole.model1, whole.model2, whole.model3, whole.model4)
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    initialize(network, [seen / 100 - 0.5], balance=False)
    spreads = []
    handles = [
        layer.register_forward_hook(lambda layer, inputs, output: spreads.append(output.std(dim=(0, 2, 3))))
        for layer in layers
    ]
    with torch.no_grad():
        network.eval()(other / 100 - 0.5)
    for handle in handles:
        handle.remove()
    assert len(spreads) == 10
    for spread in spreads:  # of every channel; 48 photographs differ from 48 others, so single channels stray
        assert abs(float(spread.median()) - 1) < 0.2
        assert spread.min() > 0.4
        assert spread.max() < 2.5
    initialize(network, [seen / 100 - 0.5])
    few = seen[: 2**18 // 96**2] / 100 - 0.5  # the crops that the balance is found on
    ratios = [ratio for [ratio] in gradient_ratios(network, few, [[layer] for layer in layers], seed=0)]
    assert max(ratios) / min(ratios) < 1.021
