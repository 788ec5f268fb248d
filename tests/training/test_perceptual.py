"""The distance between a classifier's features against its formula, and what it makes a training do."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from photochrom.color.lab import lab_to_rgb
from photochrom.networks.efficientnet_lite import Features, load_imagenet
from photochrom.training.objectives import build_objective
from photochrom.training.perceptual import Perceptual, distance, with_perceptual
from photochrom.training.recipes import smoke
from photochrom.training.settings import Settings, SettingsError, override
from photochrom.training.train import train

CPU = torch.device("cpu")
RANDOM = np.random.default_rng(0)
SETTINGS = Settings(system="lite", steps=200, objective="regression", perceptual=2.0, precision="32-true")
LIGHTNESS = torch.from_numpy(RANDOM.uniform(30, 70, (2, 1, 32, 64)).astype(np.float32))
AB = torch.from_numpy(RANDOM.uniform(-15, 15, (2, 2, 8, 16)).astype(np.float32))


class Watcher(nn.Module):
    """In place of a classifier: hands on what it was shown, at five sizes."""

    def forward(self, images):
        """[N, 3, H, W] to features."""
        self.shown = images.detach()
        small = nn.functional.avg_pool2d(images, 4)
        return Features(small, 2 * small, -small, small.square(), small.exp())


def regression():
    return build_objective(SETTINGS, np.full(313, 1 / 313), CPU)


def test_the_distance_is_of_unit_vectors_at_every_place():
    ours = [RANDOM.normal(size=(2, 5, 3, 4)), RANDOM.normal(size=(2, 7, 2, 2))]
    wanted = [RANDOM.normal(size=each.shape) for each in ours]
    plain = 0.0
    for one, other in zip(ours, wanted, strict=True):
        unit, other_unit = (x / np.sqrt((x**2).sum(axis=1, keepdims=True)) for x in (one, other))
        plain += ((unit - other_unit) ** 2).sum(axis=1).mean() / 2
    found = distance([torch.from_numpy(x) for x in ours], [torch.from_numpy(x) for x in wanted])
    np.testing.assert_allclose(float(found), plain, rtol=1e-6)


def test_true_colors_cost_nothing_more_and_others_do():
    plain, taught = regression(), Perceptual(regression(), SETTINGS, CPU, Watcher())
    right = AB / 110
    for objective in (plain, taught):
        assert float(objective.loss(right, LIGHTNESS, AB)) < 1e-9  # of rounding
    wrong = -right
    more = float(taught.loss(wrong, LIGHTNESS, AB)) - float(plain.loss(wrong, LIGHTNESS, AB))
    with torch.no_grad():
        seen = taught.features(LIGHTNESS, -AB), taught.features(LIGHTNESS, AB)
    np.testing.assert_allclose(more, 2.0 * float(distance(*seen)), rtol=1e-4)
    assert more > 0.01


def test_the_classifier_sees_the_picture_as_it_is_written():
    flat = torch.tensor([20.0, -30.0])[None, :, None, None].expand(2, 2, 8, 16)
    watcher = Watcher()
    Perceptual(regression(), SETTINGS, CPU, watcher).features(LIGHTNESS, flat)
    lab = np.concatenate([LIGHTNESS.numpy(), np.full((2, 1, 32, 64), 20.0), np.full((2, 1, 32, 64), -30.0)], axis=1)
    written = lab_to_rgb(np.moveaxis(lab.astype(np.float32), 1, -1)).astype(float)
    shown = np.moveaxis(watcher.shown.numpy(), 1, -1) * 128 + 127
    np.testing.assert_allclose(shown, written, atol=0.6)  # 8 bits, and float32


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_imagenet_features_lead_away_from_gray(precision):
    settings = override(SETTINGS, [f"precision={precision}"])
    taught = Perceptual(regression(), settings, CPU)
    weights = {name: value.clone() for name, value in taught.classifier.state_dict().items()}
    output = torch.zeros_like(AB, requires_grad=True)
    optimizer = torch.optim.Adam([output], lr=0.01)
    costs = []
    for _ in range(12):
        away = distance(
            taught.features(LIGHTNESS, taught.colors(output, LIGHTNESS, 1.0)), taught.features(LIGHTNESS, AB)
        )
        costs.append(float(away.detach()))
        optimizer.zero_grad()
        away.backward()
        optimizer.step()
    assert costs[-1] < 0.8 * costs[0]
    for name, value in taught.classifier.state_dict().items():
        assert torch.equal(value, weights[name]), name
    published = load_imagenet("lite0").encoder.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in published.items())


def test_without_a_share_the_objective_is_the_very_one():
    plain = regression()
    assert with_perceptual(plain, override(SETTINGS, ["perceptual=0"]), CPU) is plain
    assert isinstance(with_perceptual(plain, SETTINGS, CPU), Perceptual)
    with pytest.raises(SettingsError, match="must not be negative"):
        override(SETTINGS, ["perceptual=-1"])


def test_a_run_is_trained_with_it_and_validated_without(photographs, tmp_path):
    settings = override(smoke(), ["perceptual=3", "precision=32-true", "steps=2", "ema=0", "rate=0", "encoder_rate=0"])
    records = {}
    for share in (0, 3):
        out = tmp_path / str(share)
        train(override(settings, [f"perceptual={share}"]), data=[photographs], out=out)
        lines = (out / "metrics.jsonl").read_text().splitlines()
        records[share] = [json.loads(line) for line in lines]
    plain, taught = ([record["loss"] for record in records[share] if "loss" in record] for share in (0, 3))
    assert all(with_it > without for with_it, without in zip(taught, plain, strict=True))
    # At a rate of 0 both networks are the one they began as, up to what batch norm has seen, which is the same.
    losses = [record["validation"]["loss"] for share in (0, 3) for record in records[share] if "validation" in record]
    assert len(losses) == 2
    assert losses[0] == losses[1]
