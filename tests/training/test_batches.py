"""What a step learns from."""

from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric

from photochrom.data.loading import load
from photochrom.training.batches import Batches
from photochrom.training.recipes import smoke


@pytest.fixture(scope="module")
def batch_of(photographs):
    """batch_of(step, **settings) -> the batch of the smoke recipe with these settings."""
    loaded = load([photographs], short_side=256)
    fabric = Fabric(accelerator="cpu", devices=1)

    def draw(step=0, **changed):
        return Batches(loaded, replace(smoke(), **changed), fabric).at(step, done=0.0)

    return draw


def test_old_prints_change_what_is_seen_and_not_the_colors_to_be_learned(batch_of):
    today, old = batch_of(old_prints=0.0), batch_of(old_prints=1.0)
    torch.testing.assert_close(old.ab, today.ab, rtol=0, atol=0)
    changed = (old.lightness - today.lightness).abs().amax(dim=(1, 2, 3))
    assert (changed > 1).all()
    assert old.lightness.min() >= 0
    assert old.lightness.max() <= 100


def test_a_share_of_old_prints_leaves_the_other_photographs_alone(batch_of):
    today, mixed = batch_of(old_prints=0.0, batch=32), batch_of(old_prints=0.5, batch=32)
    same = (mixed.lightness == today.lightness).all(dim=(1, 2, 3))
    assert 4 < same.sum() < 28


def test_a_step_has_the_same_old_prints_again(batch_of):
    first, again = batch_of(step=3, old_prints=0.5), batch_of(step=3, old_prints=0.5)
    torch.testing.assert_close(first.lightness, again.lightness, rtol=0, atol=0)
