"""Recipes against the published protocol, their table against known sizes, and each smoke run through to a color."""

import numpy as np
import pytest
import torch

from photochrom.inference.predictor import Predictor
from photochrom.training.checkpoint import Run
from photochrom.training.export import export_run, noise_lightness
from photochrom.training.objectives import build_objective
from photochrom.training.recipes import RECIPES, count_costs, eccv16_full, recipe_table, smoke
from photochrom.training.systems import SYSTEMS, build_network

KINDS = {(recipe().system, recipe().objective): recipe for recipe in RECIPES.values()}
QUICK = {("eccv16", "regression")}  # to trace a graph of many layers takes PyTorch ten seconds and more


def test_every_system_has_a_recipe_and_every_name_is_its_functions():
    assert {recipe().system for recipe in RECIPES.values()} == set(SYSTEMS)
    assert all(recipe.__name__ == name.replace("-", "_") for name, recipe in RECIPES.items())


def test_the_papers_protocol_is_the_released_solvers():
    # Of the released solver and training prototxt, and the paper's section 3.
    told = eccv16_full()
    assert (told.crop, told.batch, told.target, told.neighbors, told.sigma) == (176, 40, "point", 10, 5.0)
    assert (told.optimizer, told.beta2, told.weight_decay, told.clip_norm) == ("adam", 0.99, 1e-3, 0)
    assert (told.rate, told.schedule, told.decay_every, told.decay_factor) == (3.16e-5, "steps", 215_000, 0.316)
    assert (told.uniform_share, told.gray_limit, told.loss_per) == (0.5, 5.0, "image")
    assert told.initialization == "kmeans"


def test_variants_differ_from_the_full_system_in_what_their_names_say():
    full, flat = eccv16_full(), RECIPES["eccv16-class"]()
    assert flat.uniform_share == 1.0
    assert {name for name in vars(full) if getattr(full, name) != getattr(flat, name)} == {"uniform_share"}
    assert RECIPES["eccv16-l2"]().objective == RECIPES["eccv16-l2-ft"]().objective == "regression"


def test_the_table_describes_every_recipe_in_a_line():
    rows = recipe_table()
    assert [row.name for row in rows] == list(RECIPES)
    assert all(row.description.endswith(".") and len(row.description) < 110 for row in rows)
    row = {row.name: row for row in rows}["eccv16-full"]
    # 41.8 G multiply-adds at 256x256 and 32,235,385 parameters, counted layer by layer from the paper's table.
    assert row.parameters == 32_235_385
    assert row.gflop / 2 == pytest.approx(41.8, abs=0.05)


def test_costs_are_counted_without_allocating_anything():
    parameters, gflop = count_costs(RECIPES["larsson16"]())
    network = build_network(RECIPES["larsson16"](), pretrained=False)
    assert parameters == sum(value.numel() for value in network.parameters())
    assert 1 < gflop < 10


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[] if kind in QUICK else pytest.mark.slow, id="-".join(kind)) for kind in KINDS],
)
def test_a_system_takes_a_step_is_exported_and_colors_as_pytorch_does(kind, tmp_path):
    settings = smoke(KINDS[kind])
    network = build_network(settings, pretrained=False).train()
    prior = np.full(313, 1 / 313)
    objective = build_objective(settings, prior, torch.device("cpu"))
    lightness = torch.from_numpy(noise_lightness(64)).repeat(2, 1, 1, 1)
    ab = torch.full((2, 2, 16, 16), 30.0)
    loss = objective.loss(network(lightness), lightness, ab)
    loss.backward()
    torch.optim.SGD(network.parameters(), lr=1e-6).step()
    assert loss.isfinite()
    assert all(value.isfinite().all() for value in network.state_dict().values() if value.is_floating_point())

    run = Run(tmp_path / "run")
    run.begin(settings, prior, {}, noise_lightness(64))
    run.save(network.state_dict(), {})
    written = export_run(run.folder, tmp_path / "system.onnx")
    assert written["float32"]["largest"] < 0.05
    predictor = Predictor(tmp_path / "system.onnx")
    assert predictor.card.system == settings.system
    assert predictor.card.output == ("point" if objective.is_point else "distribution")
    other_size = noise_lightness(96)[0, 0, :, :64]
    with torch.inference_mode():
        given = torch.from_numpy(other_size)[None, None]
        wanted = objective.colors(network.eval()(given), given, 0.38)[0]
    np.testing.assert_allclose(predictor.predict_ab(other_size), wanted, atol=0.05)
    np.testing.assert_allclose(predictor.predict(other_size).ab(0.38), wanted, atol=0.05)
