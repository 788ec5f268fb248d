"""Each objective against its formula in NumPy."""

import numpy as np
import pytest
import torch

from photochrom.color.ab_bins import ab_bins, rarity_weights, soft_encode
from photochrom.training.objectives import OBJECTIVES, OUTPUTS, build_objective
from photochrom.training.settings import CHOICES, Settings

CPU = torch.device("cpu")
RANDOM = np.random.default_rng(0)
PRIOR = RANDOM.dirichlet(np.full(313, 0.5))
# On the half units of the encoding's table, where its entries are exact.
AB = (np.round(RANDOM.normal(0, 25, (3, 2, 4, 5)).clip(-90, 90) * 2) / 2).astype(np.float32)
AB[2] = 2.0  # a gray photograph
LIGHTNESS = RANDOM.uniform(0, 100, (3, 1, 16, 20)).astype(np.float32)


def build(objective, **changes):
    return build_objective(Settings(system="lite", steps=200, objective=objective, **changes), PRIOR, CPU)


def loss_of(objective, output):
    return float(objective.loss(torch.from_numpy(output), torch.from_numpy(LIGHTNESS), torch.from_numpy(AB)))


def test_every_choice_of_the_settings_is_an_objective():
    assert set(OBJECTIVES) == set(CHOICES["objective"])
    assert OUTPUTS == {"classification": 313, "regression": 2, "hue-chroma": 64}


@pytest.mark.parametrize("per", ["pixel", "image"])
@pytest.mark.parametrize("limit", [5.0, 0.0, 200.0])
def test_regression_is_half_the_squared_distance(per, limit):
    output = RANDOM.normal(0, 0.3, AB.shape).astype(np.float32)
    halves = 0.5 * ((110 * output.astype(float) - AB) ** 2).sum(axis=1)
    halves *= (np.abs(AB).max(axis=(1, 2, 3)) > limit)[:, None, None] if limit else 1
    wanted = halves.mean() if per == "pixel" else halves.sum() / len(AB)
    np.testing.assert_allclose(loss_of(build("regression", loss_per=per, gray_limit=limit), output), wanted, rtol=1e-5)


def test_regression_colors_are_the_output_in_ab_units():
    output = torch.tensor([0.5, -0.25])[None, :, None, None]
    found = build("regression").colors(output, torch.zeros(1, 1, 4, 4), 0.38)
    torch.testing.assert_close(found.flatten(), torch.tensor([55.0, -27.5]))


def dense_cross_entropy(logits, *, uniform_share, limit):
    """v CE(softmax(x), Z) and v H(Z) at every place, [N, h, w] each."""
    encoded = soft_encode(np.moveaxis(AB, 1, -1), neighbors=5)
    x = np.moveaxis(logits, 1, -1).astype(float)
    log_shares = x - x.max(axis=-1, keepdims=True)
    log_shares -= np.log(np.exp(log_shares).sum(axis=-1, keepdims=True))
    importance = rarity_weights(PRIOR, uniform_share)[encoded.argmax(axis=-1)].astype(float)
    importance *= (np.abs(AB).max(axis=(1, 2, 3)) > limit)[:, None, None]
    entropy = -np.where(encoded > 0, encoded * np.log(np.where(encoded > 0, encoded, 1)), 0).sum(axis=-1)
    return -(encoded * log_shares).sum(axis=-1) * importance, entropy * importance


@pytest.mark.parametrize("uniform_share", [0.5, 1.0])
@pytest.mark.parametrize("limit", [5.0, 30.0])
def test_classification_is_the_weighed_cross_entropy_over_places(uniform_share, limit):
    logits = RANDOM.normal(0, 3, (3, 313, 4, 5)).astype(np.float32)
    cross, _ = dense_cross_entropy(logits, uniform_share=uniform_share, limit=limit)
    objective = build("classification", uniform_share=uniform_share, gray_limit=limit)
    np.testing.assert_allclose(loss_of(objective, logits), cross.mean(), rtol=1e-5)


def test_per_image_the_figure_is_the_released_layers_divergence():
    logits = RANDOM.normal(0, 3, (3, 313, 4, 5)).astype(np.float32)
    cross, entropy = dense_cross_entropy(logits, uniform_share=1.0, limit=5.0)
    objective = build("classification", uniform_share=1.0, loss_per="image")
    np.testing.assert_allclose(loss_of(objective, logits), (cross - entropy).sum() / 3, rtol=1e-5)


def test_a_perfect_prediction_has_a_divergence_of_nothing():
    encoded = np.moveaxis(soft_encode(np.moveaxis(AB, 1, -1), neighbors=5), -1, 1)
    logits = np.log(np.maximum(encoded, 1e-30)).astype(np.float32)
    assert abs(loss_of(build("classification", loss_per="image"), logits)) < 1e-3


def test_per_image_the_gradient_is_the_released_layers():
    # (softmax(x) - Z) v / N, of the released layers.
    logits = torch.from_numpy(RANDOM.normal(0, 3, (3, 313, 4, 5)).astype(np.float32)).requires_grad_()
    objective = build("classification", loss_per="image")
    objective.loss(logits, torch.from_numpy(LIGHTNESS), torch.from_numpy(AB)).backward()
    encoded = torch.from_numpy(np.moveaxis(soft_encode(np.moveaxis(AB, 1, -1), neighbors=5), -1, 1))
    v = torch.from_numpy(rarity_weights(PRIOR, 0.5))[encoded.argmax(dim=1)][:, None].double()
    v[2] = 0.0
    wanted = (torch.softmax(logits.detach().double(), dim=1) - encoded) * v / 3
    torch.testing.assert_close(logits.grad.double(), wanted, rtol=1e-4, atol=1e-6)


def test_a_gray_limit_of_nothing_lets_gray_photographs_teach():
    logits = torch.zeros(3, 313, 4, 5, requires_grad=True)
    build("classification", gray_limit=0.0).loss(logits, torch.from_numpy(LIGHTNESS), torch.from_numpy(AB)).backward()
    assert logits.grad[2].any()


def test_classification_colors_are_the_annealed_mean():
    logits = RANDOM.normal(0, 3, (1, 313, 2, 2)).astype(np.float32)
    scaled = logits.astype(float) / 0.38
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    found = build("classification").colors(torch.from_numpy(logits), torch.zeros(1, 1, 8, 8), 0.38)
    np.testing.assert_allclose(found, np.einsum("nqhw,qc->nchw", shares, ab_bins()), atol=1e-2)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_half_precision_outputs_give_a_finite_loss_in_float32(objective):
    kind = build(objective)
    output = torch.randn(3, kind.outputs, 4, 5, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
    loss = kind.loss(output, torch.from_numpy(LIGHTNESS), torch.from_numpy(AB))
    loss.backward()
    assert loss.dtype == torch.float32
    assert output.grad.isfinite().all()
